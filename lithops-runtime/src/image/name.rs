//! The name of an image.

/// The name of the image of a program: lower case, and only what a registry takes.
pub(super) fn of_program(program: &str) -> String {
    let mut name = String::from("lithops/");
    let start = name.len();
    for letter in without_hash(program).chars() {
        let letter = letter.to_ascii_lowercase();
        let between = !letter.is_ascii_alphanumeric();
        let separator = if matches!(letter, '.' | '_') { letter } else { '-' };
        match (between, name.ends_with(['/', '.', '_', '-'])) {
            (false, _) => name.push(letter),
            (true, false) => name.push(separator),
            // Two separators in a row are not allowed, nor one at the start.
            (true, true) => {}
        }
    }
    let end = name.trim_end_matches(['.', '_', '-']).len();
    name.truncate(end.max(start));
    if name.len() == start {
        name.push_str("program");
    }
    name
}

/// Without the hash that cargo adds to the names of tests: each build would have another name.
fn without_hash(program: &str) -> &str {
    match program.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && is_hex(hash) && !name.is_empty() => name,
        _ => program,
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::of_program;

    #[test]
    fn a_name_has_only_what_a_registry_takes() {
        let names = [
            ("convert_images", "lithops/convert_images"),
            ("Word Count (2)", "lithops/word-count-2"),
            ("backends-0123456789abcdef", "lithops/backends"),
            ("-0123456789abcdef", "lithops/0123456789abcdef"),
            ("a..b__c", "lithops/a.b_c"),
            ("Übersicht.exe", "lithops/bersicht.exe"),
            ("ß", "lithops/program"),
            ("", "lithops/program"),
        ];
        for (program, name) in names {
            assert_eq!(of_program(program), name);
        }
    }
}
