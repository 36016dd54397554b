//! How the two ends of a connection that anybody could open show each other that they have one key.
//!
//! The listener sends a challenge, the caller an answer, the listener a proof; each has a fixed length.
//! What follows on the connection is neither sealed nor hidden: the handshake tells who has opened it,
//! not who could read or change it on its way.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Length in bytes of the key, of either side's random bytes, and of a code.
const LENGTH: usize = 32;

/// What the listener sends first: 32 random bytes, never the same again.
pub type Challenge = [u8; LENGTH];
/// What the caller answers: random bytes of its own, and the code that only the key makes of both.
pub type Answer = [u8; 2 * LENGTH];
/// What the listener sends last: the code by which the caller knows it.
pub type Proof = [u8; LENGTH];

/// Each side's code says whose it is, so that none can be sent back to who has made it.
const CALLER: &[u8] = b"lithops caller 1";
const LISTENER: &[u8] = b"lithops listener 1";

/// The key that both ends of a connection have; shown nowhere, and in no message.
///
/// ```
/// use lithops_core::wire::LinkKey;
///
/// let key = LinkKey::new([7; 32]);
/// let challenge = [1; 32]; // random, as the caller's bytes are
/// let answer = key.answer(&challenge, [2; 32]);
/// let proof = key.admit(&challenge, &answer).ok_or("a stranger")?;
/// assert!(key.confirms(&challenge, &answer, &proof));
/// # Ok::<(), &str>(())
/// ```
///
/// ```compile_fail
/// # use lithops_core::wire::LinkKey;
/// fn payload<T: serde::Serialize>(_: T) {}
/// payload(LinkKey::new([0; 32]));
/// ```
#[derive(Clone)]
pub struct LinkKey([u8; LENGTH]);

impl LinkKey {
    /// A key of these bytes, which nobody should be able to guess.
    pub fn new(key: [u8; LENGTH]) -> Self {
        Self(key)
    }

    /// Reads what a file of a key holds: its 32 bytes, or 64 hexadecimal digits and the end of a
    /// line; `None` if it is neither.
    pub fn read(held: &[u8]) -> Option<Self> {
        if let Ok(raw) = held.try_into() {
            return Some(Self(raw));
        }
        let digits = held.trim_ascii_end();
        let digit = |place: usize| char::from(*digits.get(place)?).to_digit(16);
        let mut key = [0; LENGTH];
        for (place, byte) in key.iter_mut().enumerate() {
            *byte = u8::try_from(digit(2 * place)? * 16 + digit(2 * place + 1)?).ok()?;
        }
        (digits.len() == 2 * LENGTH).then_some(Self(key))
    }

    /// The key itself, for the one file that the other side reads it from.
    pub fn expose(&self) -> &[u8; LENGTH] {
        &self.0
    }

    fn mac(&self, side: &[u8], challenge: &Challenge, nonce: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("this code takes keys of any length");
        mac.update(side);
        mac.update(challenge);
        mac.update(nonce);
        mac
    }

    /// The caller's answer to a challenge; `nonce` is random.
    pub fn answer(&self, challenge: &Challenge, nonce: [u8; LENGTH]) -> Answer {
        let mut answer = [0; 2 * LENGTH];
        let (own, code) = answer.split_at_mut(LENGTH);
        own.copy_from_slice(&nonce);
        code.copy_from_slice(&self.mac(CALLER, challenge, &nonce).finalize().into_bytes());
        answer
    }

    /// The listener's proof for a caller whose answer is right; `None` if it is not of this key, or
    /// to another challenge. Takes as long for any wrong answer.
    pub fn admit(&self, challenge: &Challenge, answer: &Answer) -> Option<Proof> {
        let (nonce, code) = answer.split_at(LENGTH);
        self.mac(CALLER, challenge, nonce).verify_slice(code).ok()?;
        Some(self.mac(LISTENER, challenge, nonce).finalize().into_bytes().into())
    }

    /// Whether the listener that was given `answer` has this key too.
    pub fn confirms(&self, challenge: &Challenge, answer: &Answer, proof: &Proof) -> bool {
        let (nonce, _) = answer.split_at(LENGTH);
        self.mac(LISTENER, challenge, nonce).verify_slice(proof).is_ok()
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(..)")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    const CHALLENGE: Challenge = [1; LENGTH];

    fn key() -> LinkKey {
        LinkKey::new([7; LENGTH])
    }

    #[test]
    fn an_answer_is_good_for_its_key_its_challenge_and_its_bytes_only() {
        let answer = key().answer(&CHALLENGE, [2; LENGTH]);
        assert!(key().admit(&CHALLENGE, &answer).is_some());
        assert_eq!(LinkKey::new([8; LENGTH]).admit(&CHALLENGE, &answer), None);
        // Heard on another connection, and said again.
        assert_eq!(key().admit(&[3; LENGTH], &answer), None);
        for place in 0..answer.len() {
            let mut changed = answer;
            changed[place] ^= 1;
            assert_eq!(key().admit(&CHALLENGE, &changed), None, "byte {place}");
        }
    }

    #[test]
    fn a_proof_is_good_for_its_key_and_the_answer_that_it_was_given_for_only() {
        let answer = key().answer(&CHALLENGE, [2; LENGTH]);
        let proof = key().admit(&CHALLENGE, &answer).unwrap();
        assert!(key().confirms(&CHALLENGE, &answer, &proof));
        assert!(!LinkKey::new([8; LENGTH]).confirms(&CHALLENGE, &answer, &proof));
        let later = key().answer(&CHALLENGE, [4; LENGTH]);
        assert!(!key().confirms(&CHALLENGE, &later, &proof));
        assert!(!key().confirms(&[3; LENGTH], &answer, &proof));
        for place in 0..proof.len() {
            let mut changed = proof;
            changed[place] ^= 1;
            assert!(!key().confirms(&CHALLENGE, &answer, &changed), "byte {place}");
        }
    }

    #[test]
    fn what_one_side_says_can_not_be_said_back_to_it() {
        let answer = key().answer(&CHALLENGE, [2; LENGTH]);
        let (_, code) = answer.split_at(LENGTH);
        assert!(!key().confirms(&CHALLENGE, &answer, code.try_into().unwrap()));
        let proof = key().admit(&CHALLENGE, &answer).unwrap();
        let mut back = answer;
        back[LENGTH..].copy_from_slice(&proof);
        assert_eq!(key().admit(&CHALLENGE, &back), None);
    }

    #[test]
    fn the_codes_are_those_that_other_versions_make() {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let answer = key().answer(&CHALLENGE, [2; LENGTH]);
        let proof = key().admit(&CHALLENGE, &answer).unwrap();
        assert_eq!(hex(&answer[..LENGTH]), "02".repeat(LENGTH));
        assert_eq!(
            hex(&answer[LENGTH..]),
            "aa07b179185530f0beccedad8473475b2115da0e3c361ada49097e4af3c19983"
        );
        assert_eq!(hex(&proof), "6be4c5bacc3a5c15b7594f5f952a979aca81a83bffa4034535c3275f22fdcc28");
    }

    #[test]
    fn a_file_of_a_key_holds_its_bytes_or_its_digits() {
        let digits = "0A".repeat(LENGTH);
        let lines = format!("{digits}\n");
        let (short, long) = (&digits[1..], format!("{digits}0"));
        let other = digits.replacen('A', "g", 1);
        let cases: [(&[u8], Option<[u8; LENGTH]>); 8] = [
            (&[10; LENGTH], Some([10; LENGTH])),
            (digits.as_bytes(), Some([10; LENGTH])),
            (lines.as_bytes(), Some([10; LENGTH])),
            (short.as_bytes(), None),
            (long.as_bytes(), None),
            (other.as_bytes(), None),
            (&[10; LENGTH + 1], None),
            (b"", None),
        ];
        for (held, expected) in cases {
            let read = LinkKey::read(held);
            assert_eq!(read.as_ref().map(LinkKey::expose), expected.as_ref(), "{held:?}");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        assert_eq!(format!("{:?}", key()), "LinkKey(..)");
    }
}
