//! Messages as text, for places that hold nothing else.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec;

/// A message as hexadecimal digits.
pub(super) fn to_text(message: &impl Serialize) -> String {
    // As in `encode`, this can't fail.
    let bytes = rmp_serde::to_vec(message).unwrap_or_default();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads what [`to_text`] wrote; `None` if it is something else.
pub(super) fn from_text<T: DeserializeOwned>(text: &str) -> Option<T> {
    let (pairs, []) = text.trim().as_bytes().as_chunks::<2>() else { return None };
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| Some((digit(*high)? << 4 | digit(*low)?) as u8);
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    codec::head(&bytes?).ok()
}
