//! The kinds of requests, to tell them apart in counts and faults.

/// A kind of request, named after the method of
/// [`StorageBackend`](lithops_core::ports::StorageBackend).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the method of that name")]
pub enum Verb {
    Put,
    PutStream,
    Get,
    GetRange,
    GetStream,
    Head,
    List,
    Delete,
    Copy,
}

impl Verb {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Put,
        Self::PutStream,
        Self::Get,
        Self::GetRange,
        Self::GetStream,
        Self::Head,
        Self::List,
        Self::Delete,
        Self::Copy,
    ];

    /// The name of the method.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::PutStream => "put_stream",
            Self::Get => "get",
            Self::GetRange => "get_range",
            Self::GetStream => "get_stream",
            Self::Head => "head",
            Self::List => "list",
            Self::Delete => "delete",
            Self::Copy => "copy",
        }
    }
}
