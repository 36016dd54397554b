//! The seal of a dispatch: whoever only writes to the storage can't make one.

use std::fmt;

use bytes::{Bytes, BytesMut};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::JobId;

/// Length in bytes of the seal at the end of a dispatch's object.
pub const SEAL: usize = 32;

/// The key that a client seals its dispatches with; shown nowhere, and in no message.
///
/// ```compile_fail
/// # use lithops_core::wire::SealKey;
/// fn payload<T: serde::Serialize>(_: T) {}
/// payload(SealKey::new([0; 32]));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// A key of these bytes, which nobody should be able to guess.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    fn mac(&self, job: &JobId, wave: u32, object: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("this code takes keys of any length");
        // The place is part of it: a dispatch that is moved to another place is none.
        mac.update(b"lithops dispatch\0");
        mac.update(job.as_str().as_bytes());
        mac.update(&[0]);
        mac.update(&wave.to_le_bytes());
        mac.update(object);
        mac
    }

    /// Appends the seal of dispatch `wave` of `job` to its object.
    pub fn seal(&self, job: &JobId, wave: u32, object: &mut BytesMut) {
        let seal = self.mac(job, wave, object).finalize().into_bytes();
        object.extend_from_slice(&seal);
    }

    /// Takes the seal off the object of dispatch `wave` of `job`; `None` if it is not of this key, of
    /// another place, or the object has been changed.
    pub fn unseal(&self, job: &JobId, wave: u32, mut object: Bytes) -> Option<Bytes> {
        let seal = object.split_off(object.len().checked_sub(SEAL)?);
        self.mac(job, wave, &object).verify_slice(&seal).ok()?;
        Some(object)
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(job: &JobId) -> Bytes {
        let mut object = BytesMut::from(&b"object"[..]);
        SealKey::new([7; 32]).seal(job, 1, &mut object);
        object.freeze()
    }

    #[test]
    fn a_seal_is_good_for_its_key_its_place_and_its_bytes_only() {
        let (job, other) = (JobId::new("ab12cd", 3), JobId::new("ab12cd", 4));
        let (key, foreign) = (SealKey::new([7; 32]), SealKey::new([8; 32]));
        let object = sealed(&job);
        assert_eq!(key.unseal(&job, 1, object.clone()), Some(Bytes::from_static(b"object")));
        assert_eq!(foreign.unseal(&job, 1, object.clone()), None);
        assert_eq!(key.unseal(&other, 1, object.clone()), None);
        assert_eq!(key.unseal(&job, 2, object.clone()), None);
        for place in 0..object.len() {
            let mut changed = BytesMut::from(&object[..]);
            changed[place] ^= 1;
            assert_eq!(key.unseal(&job, 1, changed.freeze()), None, "byte {place}");
        }
        for length in 0..object.len() {
            assert_eq!(key.unseal(&job, 1, object.slice(..length)), None, "{length} bytes");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        assert_eq!(format!("{:?}", SealKey::new([7; 32])), "SealKey(..)");
    }
}
