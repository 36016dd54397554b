//! What the server answers.

use bytes::Bytes;

use crate::{MultiprocessingError, Result};

/// What the server answers.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "without a server nobody answers"))]
pub(crate) enum Reply {
    Nil,
    Int(i64),
    Bytes(Bytes),
    List(Vec<Reply>),
}

impl Reply {
    pub(crate) fn int(self, operation: &'static str) -> Result<i64> {
        match self {
            Self::Int(number) => Ok(number),
            _ => Err(MultiprocessingError::Answer { operation }),
        }
    }

    pub(crate) fn len(self, operation: &'static str) -> Result<usize> {
        let number = self.int(operation)?;
        usize::try_from(number).map_err(|_| MultiprocessingError::Answer { operation })
    }

    /// The bytes, if there are any.
    pub(crate) fn bytes(self, operation: &'static str) -> Result<Option<Bytes>> {
        match self {
            Self::Nil => Ok(None),
            Self::Bytes(bytes) => Ok(Some(bytes)),
            _ => Err(MultiprocessingError::Answer { operation }),
        }
    }

    pub(crate) fn list(self, operation: &'static str) -> Result<Vec<Reply>> {
        match self {
            Self::List(list) => Ok(list),
            _ => Err(MultiprocessingError::Answer { operation }),
        }
    }
}
