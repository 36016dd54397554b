//! MessagePack, read from bytes that anybody may have written.
//!
//! What is allocated stays near what has arrived: strings and bytes are borrowed before they are
//! copied, and serde believes the claimed length of a sequence up to 1 MiB only.

use rmp_serde::Deserializer;
use rmp_serde::decode::Error;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How deep the head of a message nests. Each level is a call on the stack, and ours have ten.
const HEAD_DEPTH: usize = 64;
/// How deep a user's value nests: as `serde_json` has it. Threads with 2 MiB of stack can decode as much
/// in programs that are not optimised too, also where an error's place in it is looked for.
pub(super) const VALUE_DEPTH: usize = 128;

/// Why bytes are not the message that is expected.
#[derive(Debug, thiserror::Error)]
pub(super) enum CodecError {
    #[error(transparent)]
    Malformed(#[from] Error),
    #[error("more bytes follow than belong to it")]
    Trailing,
}

/// Decodes the head of a message, which takes all of `bytes`.
pub(super) fn head<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    whole(bytes, HEAD_DEPTH)
}

/// Decodes a value, which takes all of `bytes`.
pub(super) fn value<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    whole(bytes, VALUE_DEPTH)
}

fn whole<T: DeserializeOwned>(bytes: &[u8], depth: usize) -> Result<T, CodecError> {
    let mut decoder = Deserializer::from_read_ref(bytes);
    decoder.set_max_depth(depth);
    let value = T::deserialize(&mut decoder)?;
    // The decoder does not tell how far it has read; at the end there is no marker to read.
    match bool::deserialize(&mut decoder) {
        Err(Error::InvalidMarkerRead(_)) => Ok(value),
        _ => Err(CodecError::Trailing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_message_is_no_part_of_it() {
        assert!(matches!(head::<u8>(&[7]), Ok(7)));
        for more in [[0x91].as_slice(), &[0xc0], &[0xc7], &[0xcd], &[0xc1], &[1, 2], &[0xc3]] {
            let bytes = [&[7], more].concat();
            assert!(matches!(head::<u8>(&bytes), Err(CodecError::Trailing)), "{more:?}");
        }
    }

    #[test]
    fn a_list_with_more_than_is_wanted_is_refused() {
        let error = head::<(u8, u8)>(&[0x93, 1, 2, 3]);
        assert!(matches!(error, Err(CodecError::Malformed(Error::LengthMismatch(2)))), "{error:?}");
    }

    #[test]
    fn a_head_that_nests_without_end_is_refused() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only decoded")]
        struct Nest(Vec<Nest>);
        let nested = |depth| [vec![0x91; depth], vec![0x90]].concat();
        assert!(head::<Nest>(&nested(HEAD_DEPTH / 2)).is_ok());
        let error = head::<Nest>(&nested(100_000));
        assert!(matches!(error, Err(CodecError::Malformed(Error::DepthLimitExceeded))));
    }

    #[test]
    fn a_value_as_deep_as_is_believed_fits_on_the_stack_of_any_thread() {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Chain {
            name: String,
            next: Option<Box<Chain>>,
        }
        let mut chain = Chain { name: "end".to_owned(), next: None };
        for _ in 0..VALUE_DEPTH - 2 {
            chain = Chain { name: "link".to_owned(), next: Some(Box::new(chain)) };
        }
        let decoded = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
            let mut bytes = Vec::new();
            rmp_serde::encode::write_named(&mut bytes, &chain).map(|()| {
                let deep = value::<Chain>(&bytes).is_ok();
                // One level more.
                let bytes = [&[0x91], bytes.as_slice()].concat();
                let deeper = value::<(Chain,)>(&bytes);
                (deep, matches!(deeper, Err(CodecError::Malformed(Error::DepthLimitExceeded))))
            })
        });
        let decoded = decoded.map(std::thread::JoinHandle::join);
        assert!(matches!(decoded, Ok(Ok(Ok((true, true))))));
    }
}
