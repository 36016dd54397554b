//! Texts of jobs inside a page: as text, whatever they hold.

/// The text for an element or for an attribute in double quotes. Characters that no reader would
/// see, or that turn the direction of writing, are shown as their escapes.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(character),
            hidden if hidden.is_control() || turns_direction(hidden) => {
                out.extend(hidden.escape_unicode());
            }
            plain => out.push(plain),
        }
    }
    out
}

/// JSON for an element `script`: it holds no `<`, so that nothing in it can end the element.
pub(crate) fn embedded(json: &serde_json::Value) -> String {
    json.to_string().replace('<', "\\u003c")
}

fn turns_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{embedded, escaped};

    #[test]
    fn no_character_of_a_text_is_markup() {
        assert_eq!(escaped("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
        assert_eq!(escaped("two\nlines\u{1b}[1m\u{202e}"), "two\nlines\\u{1b}[1m\\u{202e}");
    }

    #[test]
    fn embedded_json_can_not_end_its_element() {
        let json = serde_json::json!(["</script><!--"]);
        assert_eq!(embedded(&json), "[\"\\u003c/script>\\u003c!--\"]");
    }
}
