//! The cache of libraries that `ldconfig` writes.

use std::collections::HashMap;
use std::path::PathBuf;

/// What a cache in the form of glibc 2.2 or later begins with.
const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER: usize = 48;
const ENTRY: usize = 24;

/// Reads where libraries are, by name; `None` if the cache has another form.
///
/// The layout is that of `struct cache_file_new` in glibc's `dl-cache.h`, in the byte order of this
/// machine: 48 bytes of header, then 24 for each library, then texts.
pub(super) fn parse(file: &[u8]) -> Option<HashMap<String, Vec<PathBuf>>> {
    // In a cache for old loaders too, their part comes first. Offsets count from the magic word.
    let start = file.windows(MAGIC.len()).position(|window| window == MAGIC)?;
    let cache = file.get(start..)?;
    let count = u32_at(cache, MAGIC.len())? as usize;
    let mut found: HashMap<String, Vec<PathBuf>> = HashMap::new();
    for number in 0..count {
        let entry = cache.get(HEADER + number * ENTRY..)?.get(..ENTRY)?;
        let only_on_some_processors = entry.get(16..)?.iter().any(|byte| *byte != 0);
        if only_on_some_processors {
            continue;
        }
        let name = text_at(cache, u32_at(entry, 4)?)?;
        let path = text_at(cache, u32_at(entry, 8)?)?;
        found.entry(name).or_default().push(path.into());
    }
    Some(found)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

fn text_at(bytes: &[u8], at: u32) -> Option<String> {
    let text = bytes.get(at as usize..)?;
    let end = text.iter().position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(text.get(..end)?).into_owned())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    /// A cache with these libraries: name, path, and for which processors.
    fn cache(libraries: &[(&str, &str, u64)]) -> Vec<u8> {
        let mut texts = Vec::new();
        let mut entries = Vec::new();
        let start = HEADER + libraries.len() * ENTRY;
        for (name, path, processors) in libraries {
            let mut place = |text: &str| {
                let at = (start + texts.len()) as u32;
                texts.extend(text.bytes().chain([0]));
                at
            };
            let (name, path) = (place(name), place(path));
            for word in [0x303, name, path, 0] {
                entries.extend(word.to_ne_bytes());
            }
            entries.extend(processors.to_ne_bytes());
        }
        let mut file = MAGIC.to_vec();
        file.extend((libraries.len() as u32).to_ne_bytes());
        file.resize(HEADER, 0);
        [file, entries, texts].concat()
    }

    #[test]
    fn a_library_is_found_in_the_order_of_the_cache_without_special_processors() {
        let file = cache(&[
            ("libm.so.6", "/lib/glibc-hwcaps/x86-64-v3/libm.so.6", 1 << 62),
            ("libm.so.6", "/lib/libm.so.6", 0),
            ("libm.so.6", "/lib32/libm.so.6", 0),
        ]);
        let found = parse(&file).unwrap();
        assert_eq!(found["libm.so.6"], ["/lib/libm.so.6", "/lib32/libm.so.6"].map(PathBuf::from));
        let old = [b"ld.so-1.7.0\0\0\0\0\0".as_slice(), &file].concat();
        assert_eq!(parse(&old), Some(found));
    }

    #[test]
    fn a_cache_that_is_cut_off_or_of_another_form_is_none() {
        let file = cache(&[("libm.so.6", "/lib/libm.so.6", 0)]);
        assert_eq!(parse(&file[..file.len() - 1]), None);
        assert_eq!(parse(b"ld.so-1.7.0\0"), None);
    }
}
