//! One value with a lock of its own.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Permits;

/// One encoded value with a lock of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ValueState {
    pub(crate) lock: Permits,
    pub(crate) value: Bytes,
}
