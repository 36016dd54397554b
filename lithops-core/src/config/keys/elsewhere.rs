//! Sections that a crate of this library brings, which a program may be built without.

/// Each with the cargo feature of `lithops` that it comes with.
const SECTIONS: &[(&str, &str)] = &[("slurm", "slurm")];

/// The cargo feature of `lithops` that brings the section of this name; `None` for one of this crate, and
/// for one that this library does not have.
///
/// So a file that several programs read may say what only some of them can use.
pub fn feature_of(section: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|(name, _)| *name == section).map(|(_, feature)| *feature)
}

/// What the section of this name comes with, where this program was built without it.
pub(in crate::config) fn left_out(section: &str) -> Option<&'static str> {
    feature_of(section).filter(|_| super::section(section).is_none())
}
