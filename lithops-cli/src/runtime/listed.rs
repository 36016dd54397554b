//! One line of a list of images.

use lithops_runtime::engine::StoredImage;
use lithops_runtime::label;
use lithops_runtime::registry::RemoteImage;
use serde_json::{Value, json};

use crate::size;
use crate::table::Table;

/// An image under one name.
#[derive(Debug)]
pub(super) struct Listed {
    reference: String,
    digest: String,
    program: String,
    kind: String,
    size: u64,
    glibc: Option<String>,
    loaded: Option<String>,
}

impl Listed {
    /// The names of an image in an engine; its id, if it has none any more.
    pub(super) fn stored(image: &StoredImage) -> Vec<Self> {
        let named = |reference: &String| {
            let listed = Self::of(reference, &image.id, image.size, |name| {
                image.labels.get(name).map(String::as_str)
            });
            Self { loaded: image.loaded.clone(), ..listed }
        };
        match image.references.as_slice() {
            [] => vec![named(&image.id)],
            references => references.iter().map(named).collect(),
        }
    }

    /// An image in a registry.
    pub(super) fn remote(reference: &str, image: &RemoteImage) -> Self {
        let labels = image.labels();
        Self::of(reference, image.digest.as_ref(), image.size, |name| labels.get(name).copied())
    }

    fn of<'a>(
        reference: &str,
        digest: &str,
        size: u64,
        label: impl Fn(&str) -> Option<&'a str>,
    ) -> Self {
        let said = |name| label(name).unwrap_or_default().to_owned();
        let glibc = label(label::GLIBC).filter(|version| *version != label::NONE);
        Self {
            reference: reference.to_owned(),
            digest: digest.to_owned(),
            program: said(label::PROGRAM),
            kind: said(label::RUNTIME),
            size,
            glibc: glibc.map(str::to_owned),
            loaded: None,
        }
    }

    fn json(&self) -> Value {
        json!({
            "reference": self.reference,
            "digest": self.digest,
            "program": self.program,
            "kind": self.kind,
            "size": self.size,
            "glibc": self.glibc,
            "loaded": self.loaded,
        })
    }
}

/// All of them as JSON, in a line each.
pub(super) fn json(images: &[Listed]) -> String {
    let lines: Vec<String> = images.iter().map(|image| format!("\n  {}", image.json())).collect();
    let end = if lines.is_empty() { "" } else { "\n" };
    format!("[{}{end}]\n", lines.join(","))
}

/// All of them for the terminal.
pub(super) fn table(images: &[Listed]) -> String {
    let mut table = Table::new(["reference", "program", "size", "glibc", "loaded"]);
    for image in images {
        let glibc = image.glibc.as_deref().unwrap_or(label::NONE);
        table.add([
            image.reference.clone(),
            image.program.clone(),
            size::shown(image.size),
            glibc.to_owned(),
            image.loaded.as_deref().map_or("-".to_owned(), minute),
        ]);
    }
    table.shown()
}

/// The minute of a time as RFC 3339 writes it, without its zone.
fn minute(time: &str) -> String {
    time.get(..16).unwrap_or(time).replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Listed {
        let label = |name: &str| match name {
            label::PROGRAM => Some("words"),
            label::RUNTIME => Some("launcher"),
            label::GLIBC => Some("none"),
            _ => None,
        };
        Listed::of("lithops/words:1", "sha256:0a", 3_900_000, label)
    }

    #[test]
    fn an_image_without_glibc_says_so() {
        let loaded = Some("2026-01-02T03:04:05.678901234Z".to_owned());
        let images = [Listed { loaded, ..image() }];
        assert_eq!(
            table(&images),
            "REFERENCE        PROGRAM  SIZE    GLIBC  LOADED\n\
             lithops/words:1  words    3.9 MB  none   2026-01-02 03:04\n"
        );
    }

    #[test]
    fn json_has_what_is_known_and_null_for_the_rest() {
        assert_eq!(
            json(&[image()]),
            "[\n  {\"digest\":\"sha256:0a\",\"glibc\":null,\"kind\":\"launcher\",\"loaded\":null,\
             \"program\":\"words\",\"reference\":\"lithops/words:1\",\"size\":3900000}\n]\n"
        );
        assert_eq!(json(&[]), "[]\n");
    }
}
