//! What clients have on a platform and in a storage.

/// Something that a client has left behind, or has for its jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// What kind of thing it is, such as `container`.
    pub kind: &'static str,
    /// What it is called there.
    pub name: String,
    /// How many things it consists of.
    pub count: usize,
    /// How many bytes it has, if that is known.
    pub bytes: Option<u64>,
    /// When it was made, or last written, in seconds since 1970; if that is known.
    pub changed: Option<u64>,
}

impl Leftover {
    /// One thing of which no more is known.
    pub fn named(kind: &'static str, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), count: 1, bytes: None, changed: None }
    }
}
