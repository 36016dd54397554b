//! The results of a job as lines of JSON, one a call.

use std::io::{self, BufWriter, ErrorKind, Stdout, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytes::Bytes;
use lithops_core::wire::{CallError, ValueError, self_described};
use serde_json::json;

use super::json::to_json;
use crate::output::Closed;
use crate::written::{Link, NewFile, OWNERS};

/// Where results go.
#[derive(Debug)]
pub(super) enum Results {
    Shown(BufWriter<Stdout>),
    /// Takes its place when it is whole.
    Kept {
        file: BufWriter<NewFile>,
        path: PathBuf,
    },
}

impl Results {
    /// Begins to write to this file, or to standard output.
    pub(super) fn begin(output: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = output else { return Ok(Self::Shown(BufWriter::new(io::stdout()))) };
        let file = NewFile::begin(path, OWNERS, Link::Followed);
        let file = file.with_context(|| unwritten(path))?;
        Ok(Self::Kept { file: BufWriter::new(file), path: path.to_owned() })
    }

    /// Writes the line of one call; gives whether it has a value.
    pub(super) fn add(
        &mut self,
        call: usize,
        result_type: &str,
        outcome: Result<Bytes, CallError>,
    ) -> anyhow::Result<bool> {
        let (line, is_value) = line(call, result_type, outcome);
        let written = match self {
            Self::Shown(out) => out.write_all(line.as_bytes()),
            Self::Kept { file, .. } => file.write_all(line.as_bytes()),
        };
        self.told(written)?;
        Ok(is_value)
    }

    /// Has whoever reads standard output see what is written so far.
    pub(super) fn show(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Shown(out) => {
                let shown = out.flush();
                self.told(shown)
            }
            Self::Kept { .. } => Ok(()),
        }
    }

    /// Puts the file into its place.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.show()?;
        let Self::Kept { file, path } = self else { return Ok(()) };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error);
        file.and_then(NewFile::finish).with_context(|| unwritten(&path))
    }

    fn told(&self, written: io::Result<()>) -> anyhow::Result<()> {
        match (written, self) {
            (Err(error), Self::Shown(_)) if error.kind() == ErrorKind::BrokenPipe => {
                Err(Closed.into())
            }
            (written, Self::Shown(_)) => written.context("the results can't be written"),
            (written, Self::Kept { path, .. }) => written.with_context(|| unwritten(path)),
        }
    }
}

fn unwritten(path: &Path) -> String {
    format!("`{}` can't be written", path.display())
}

/// The line of a call, and whether it has a value.
fn line(call: usize, result_type: &str, outcome: Result<Bytes, CallError>) -> (String, bool) {
    let read = |bytes| {
        let value = self_described(result_type, bytes)?;
        to_json(&value).map_err(|error| ValueError {
            type_name: result_type.to_owned(),
            path: String::new(),
            message: error.to_string(),
        })
    };
    match outcome.and_then(|bytes| read(bytes).map_err(CallError::Output)) {
        Ok(value) => (format!("{{\"call\":{call},\"value\":{value}}}\n"), true),
        Err(cause) => {
            let failed = json!({ "kind": cause.kind(), "message": cause.to_string() });
            (format!("{{\"call\":{call},\"failed\":{failed}}}\n"), false)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::any::type_name;

    use lithops_core::wire::{ValueSink, encode_value};

    use super::*;

    fn written<T: serde::Serialize + 'static>(value: T) -> (String, bool) {
        let mut sink = ValueSink::new();
        #[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
        encode_value(value, &mut sink).unwrap();
        line(3, type_name::<T>(), Ok(sink.take()))
    }

    #[test]
    fn each_type_has_its_line() {
        let value = |text: &str| (format!("{{\"call\":3,\"value\":{text}}}\n"), true);
        assert_eq!(written(vec![1.5f64, 2.0]), value("[1.5,2.0]"));
        assert_eq!(written("a \"b\"\n".to_owned()), value(r#""a \"b\"\n""#));
        assert_eq!(written(vec![1u8, 2, 255]), value(r#"{"base64":"AQL/"}"#));
        assert_eq!(written(()), value("null"));
    }

    #[test]
    fn what_has_no_value_says_why() {
        let (text, is_value) = line(0, "u32", Err(CallError::Cancelled));
        let failed = r#"{"kind":"cancelled","message":"the call was cancelled"}"#;
        assert_eq!(
            (text.as_str(), is_value),
            (&*format!("{{\"call\":0,\"failed\":{failed}}}\n"), false)
        );
        // Half an array.
        let (text, is_value) = line(1, "(u8, u8)", Ok(Bytes::from_static(&[0x92, 1])));
        assert!(text.starts_with(r#"{"call":1,"failed":{"kind":"output","#), "{text}");
        assert!(!is_value);
    }
}
