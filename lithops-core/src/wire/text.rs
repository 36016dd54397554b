//! Messages as text, for places that hold nothing else.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A message as hexadecimal digits.
pub(super) fn to_text(message: &impl Serialize) -> String {
    // As in `encode`, this can't fail.
    let bytes = rmp_serde::to_vec(message).unwrap_or_default();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads what [`to_text`] wrote; `None` if it is something else.
pub(super) fn from_text<T: DeserializeOwned>(text: &str) -> Option<T> {
    let digits = text.trim().as_bytes();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    rmp_serde::from_slice(&bytes?).ok()
}
