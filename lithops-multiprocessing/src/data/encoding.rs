//! Values as bytes.

use bytes::Bytes;
use lithops_core::function::Data;
use lithops_core::wire::{append_value, append_value_of, decode_value};

use crate::Result;

pub(super) fn encoded<T: Data>(value: T) -> Result<Bytes> {
    let mut bytes = Vec::new();
    let whole = append_value(value, &mut bytes)?;
    Ok(whole.unwrap_or_else(|| bytes.into()))
}

pub(super) fn encoded_key<K: Data>(key: &K) -> Result<Bytes> {
    let mut bytes = Vec::new();
    append_value_of(key, &mut bytes)?;
    Ok(bytes.into())
}

pub(super) fn decoded<T: Data>(bytes: Bytes) -> Result<T> {
    Ok(decode_value(bytes)?)
}
