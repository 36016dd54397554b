//! Whether a program can run in an image.

use std::collections::BTreeMap;

use oci_spec::image::ImageConfiguration;

use crate::closure::is_loader_itself;
use crate::image::label;
use crate::{Architecture, GlibcVersion, Needs, NotAVersion};

/// What a runtime image offers to programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeFacts {
    /// The processor that it is for.
    pub architecture: Architecture,
    /// The version of its glibc; `None` if it has none.
    pub glibc: Option<GlibcVersion>,
    /// The names of the libraries that its loader finds, and of the loader itself.
    pub libraries: Vec<String>,
}

/// Labels say nothing of what an image has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FactsError {
    /// It was not made by Lithops.
    #[error(
        "the image has no label `{}`, so it is no runtime image of Lithops: build one, with this \
         image as its base",
        label::RUNTIME
    )]
    NotARuntime,
    /// A label is no version.
    #[error("the label `{}` of the image can't be understood: {source}", label::GLIBC)]
    Glibc {
        /// What is wrong with it.
        #[from]
        source: NotAVersion,
    },
}

impl RuntimeFacts {
    /// Reads what an image's labels say, as an engine or a registry shows them.
    ///
    /// # Errors
    /// [`FactsError::NotARuntime`] if Lithops has not made the image.
    ///
    /// ```
    /// use lithops_runtime::RuntimeFacts;
    ///
    /// let labels = [
    ///     ("dev.lithops.runtime", "program"),
    ///     ("dev.lithops.glibc", "2.36"),
    ///     ("dev.lithops.libraries", "ld-linux-x86-64.so.2 libc.so.6"),
    /// ];
    /// let facts = RuntimeFacts::from_labels("amd64", labels)?;
    /// assert_eq!(facts.glibc, Some("2.36".parse()?));
    /// assert_eq!(facts.libraries, ["ld-linux-x86-64.so.2", "libc.so.6"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_labels<K: AsRef<str>, V: AsRef<str>>(
        architecture: &str,
        labels: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, FactsError> {
        let labels = labels.into_iter();
        let labels: BTreeMap<String, String> =
            labels.map(|(key, value)| (key.as_ref().into(), value.as_ref().into())).collect();
        if !labels.contains_key(label::RUNTIME) {
            return Err(FactsError::NotARuntime);
        }
        let said = |name| labels.get(name).map_or("", String::as_str);
        let glibc = match said(label::GLIBC) {
            "" | label::NONE => None,
            version => Some(version.parse()?),
        };
        let libraries = said(label::LIBRARIES).split_whitespace().map(str::to_owned).collect();
        Ok(Self { architecture: architecture.into(), glibc, libraries })
    }

    /// Reads the same from an image's configuration.
    ///
    /// # Errors
    /// [`FactsError::NotARuntime`] if Lithops has not made the image.
    pub fn from_config(config: &ImageConfiguration) -> Result<Self, FactsError> {
        let labels = config.labels_of_config().into_iter().flatten();
        Self::from_labels(&config.architecture().to_string(), labels)
    }
}

/// Why a program can't run in an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Incompatible {
    /// It is for another processor.
    #[error(
        "the program is for {needed}, and the runtime for {has}: build it for the runtime, or a \
         runtime for it"
    )]
    Architecture {
        /// What the program was built for.
        needed: Architecture,
        /// What the runtime is for.
        has: Architecture,
    },
    /// Its loader is not there.
    #[error("the program needs the loader {needed}, which the runtime lacks; {advice}", advice = ADVICE)]
    Interpreter {
        /// The loader's path.
        needed: String,
    },
    /// It needs glibc, or a newer one.
    #[error(
        "the program needs glibc {needed}, and the runtime has {}; {advice}",
        shown(*has), advice = ADVICE
    )]
    Glibc {
        /// The version that it needs at least.
        needed: GlibcVersion,
        /// What the runtime has.
        has: Option<GlibcVersion>,
    },
    /// A library is not there.
    #[error("the program needs the library {needed}, which the runtime lacks; {advice}", advice = ADVICE)]
    Library {
        /// Its name.
        needed: String,
    },
}

/// What helps against all that a dynamic program may lack.
const ADVICE: &str = "link it statically (`RUSTFLAGS=-Ctarget-feature=+crt-static cargo build \
     --target x86_64-unknown-linux-gnu`), build it for an older glibc (`cargo zigbuild --target \
     x86_64-unknown-linux-gnu.2.17`), or build the runtime on this machine";

fn shown(has: Option<GlibcVersion>) -> String {
    has.map_or("none".to_owned(), |version| version.to_string())
}

/// Says whether a program with these needs can run in an image with these facts.
///
/// A static program fits into each image for its architecture. Libraries are judged by the names
/// that the program itself asks for, and glibc by its version.
///
/// # Errors
/// The first need that is not met; its text says how to build a program that fits.
pub fn check(needs: &Needs, runtime: &RuntimeFacts) -> Result<(), Incompatible> {
    if needs.architecture != runtime.architecture {
        let (needed, has) = (needs.architecture.clone(), runtime.architecture.clone());
        return Err(Incompatible::Architecture { needed, has });
    }
    let lacks = |name: &str| !runtime.libraries.iter().any(|library| library == name);
    if let Some(needed) = needs.glibc
        && runtime.glibc.is_none_or(|has| has < needed)
    {
        return Err(Incompatible::Glibc { needed, has: runtime.glibc });
    }
    let loader = needs.interpreter.as_deref().and_then(|path| path.file_name());
    let loader = loader.map(|name| name.to_string_lossy()).unwrap_or_default();
    if let Some(path) = &needs.interpreter
        && lacks(&loader)
    {
        return Err(Incompatible::Interpreter { needed: path.display().to_string() });
    }
    let mut libraries = needs.libraries.iter().filter(|name| !is_loader_itself(&loader, name));
    match libraries.find(|name| lacks(name)) {
        Some(name) => Err(Incompatible::Library { needed: name.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    fn needs() -> Needs {
        Needs {
            architecture: Architecture::X86_64,
            interpreter: Some("/lib64/ld-linux-x86-64.so.2".into()),
            libraries: vec!["libgcc_s.so.1".into(), "libc.so.6".into()],
            glibc: Some("2.34".parse().unwrap()),
            build_id: Vec::new(),
        }
    }

    fn runtime() -> RuntimeFacts {
        let labels = [
            (label::RUNTIME, "program"),
            (label::GLIBC, "2.36"),
            (label::LIBRARIES, "ld-linux-x86-64.so.2 libc.so.6 libgcc_s.so.1"),
        ];
        RuntimeFacts::from_labels("amd64", labels).unwrap()
    }

    #[test]
    fn a_program_fits_where_all_that_it_needs_is() {
        assert_eq!(check(&needs(), &runtime()), Ok(()));
    }

    #[test]
    fn a_program_that_needs_a_newer_glibc_is_told_three_ways_out() {
        let runtime = RuntimeFacts { glibc: Some("2.31".parse().unwrap()), ..runtime() };
        let error = check(&needs(), &runtime).unwrap_err();
        let (needed, has) = ("2.34".parse().unwrap(), runtime.glibc);
        assert_eq!(error, Incompatible::Glibc { needed, has });
        let text = error.to_string();
        assert!(text.starts_with("the program needs glibc 2.34, and the runtime has 2.31; "));
        for way in ["+crt-static", "cargo zigbuild", "build the runtime on this machine"] {
            assert!(text.contains(way), "{text}");
        }
    }

    #[test]
    fn a_dynamic_program_does_not_fit_into_an_image_without_glibc() {
        let runtime = RuntimeFacts { glibc: None, libraries: Vec::new(), ..runtime() };
        let error = check(&needs(), &runtime).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("the program needs glibc 2.34, and the runtime has none; "));
    }

    #[test]
    fn a_library_that_is_not_there_is_named() {
        let mut needs = needs();
        needs.libraries.push("libssl.so.3".into());
        let error = check(&needs, &runtime()).unwrap_err();
        assert_eq!(error, Incompatible::Library { needed: "libssl.so.3".into() });
    }

    #[test]
    fn a_loader_that_is_not_there_is_named() {
        let needs = Needs { interpreter: Some("/lib/ld-musl-x86_64.so.1".into()), ..needs() };
        let error = check(&needs, &runtime()).unwrap_err();
        assert_eq!(error, Incompatible::Interpreter { needed: "/lib/ld-musl-x86_64.so.1".into() });
    }

    #[test]
    fn the_loader_of_musl_is_its_c_library() {
        let needs = Needs {
            interpreter: Some("/lib/ld-musl-x86_64.so.1".into()),
            libraries: vec!["libc.so".into()],
            glibc: None,
            ..needs()
        };
        let libraries = vec!["ld-musl-x86_64.so.1".into()];
        assert_eq!(check(&needs, &RuntimeFacts { glibc: None, libraries, ..runtime() }), Ok(()));
    }

    #[test]
    fn a_version_of_glibc_that_is_none_is_shown() {
        let labels = [(label::RUNTIME, "program"), (label::GLIBC, "new")];
        let error = RuntimeFacts::from_labels("amd64", labels).unwrap_err();
        assert!(
            error.to_string().starts_with("the label `dev.lithops.glibc` of the image can't be")
        );
        let labels = [(label::RUNTIME, "program"), (label::GLIBC, "none")];
        assert_eq!(RuntimeFacts::from_labels("amd64", labels).unwrap().glibc, None);
    }

    #[test]
    fn a_static_program_fits_everywhere_but_on_another_processor() {
        let needs = Needs { interpreter: None, libraries: Vec::new(), glibc: None, ..needs() };
        let bare = RuntimeFacts { glibc: None, libraries: Vec::new(), ..runtime() };
        assert_eq!(check(&needs, &bare), Ok(()));
        let arm = RuntimeFacts { architecture: Architecture::Aarch64, ..bare };
        let error = check(&needs, &arm).unwrap_err();
        let (needed, has) = (Architecture::X86_64, Architecture::Aarch64);
        assert_eq!(error, Incompatible::Architecture { needed, has });
    }

    #[test]
    fn an_image_of_somebody_else_is_no_runtime() {
        let labels: [(&str, &str); 0] = [];
        let facts = RuntimeFacts::from_labels("amd64", labels);
        assert_eq!(facts, Err(FactsError::NotARuntime));
    }
}
