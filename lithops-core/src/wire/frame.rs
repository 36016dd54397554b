//! Frames: a head, a body, and the lengths of both before them.

use bytes::{Buf, Bytes, BytesMut};

/// Bytes before each frame: the head's length (4) and the body's (8), little-endian.
const PREFIX: usize = 12;
/// Bodies from this size on are read into a buffer of their own, which a `Vec<u8>` can take over.
const LARGE: u64 = 64 * 1024;
/// How many bytes are allocated for what has not come yet, at the most, or as many as have come: a
/// claimed length costs its sender as much as its reader.
const AHEAD: usize = 1 << 20;
/// The longest head that is believed.
const MAX_HEAD: u32 = 256 * 1024 * 1024;
/// The longest body that is believed: 1 TiB.
const MAX_BODY: u64 = 1 << 40;
/// The longest head that is believed where bodies are limited.
const MAX_LIMITED_HEAD: u32 = 16 * 1024 * 1024;

/// One message: a MessagePack head and the raw bytes it speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// What is meant.
    pub head: Bytes,
    /// The values, one after another.
    pub body: Bytes,
}

/// A frame that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A length that no frame has.
    #[error("a frame claims a head of {head} and a body of {body} bytes")]
    TooLong {
        /// Length of the head as claimed.
        head: u32,
        /// Length of the body as claimed.
        body: u64,
    },
    /// The head is not the message that is expected.
    #[error("a frame's head can't be decoded: {0}")]
    Head(String),
    /// The body is shorter than its head says, or should not be there.
    #[error("a frame's body is not as long as its head says")]
    Body,
    /// The bytes end inside a frame.
    #[error("the bytes end inside a frame")]
    Truncated,
}

impl Frame {
    /// Appends the lengths and the head of a frame to `out`; its body must follow.
    pub fn write_head(head: &[u8], body_len: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&(head.len() as u32).to_le_bytes());
        out.extend_from_slice(&body_len.to_le_bytes());
        out.extend_from_slice(head);
    }

    /// Reads the frames that `bytes` hold, which must end with the last of them.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] if the bytes end inside a frame; [`FrameError::TooLong`].
    pub fn read_all(bytes: Bytes) -> Result<Vec<Self>, FrameError> {
        let mut rest = bytes;
        let mut frames = Vec::new();
        while !rest.is_empty() {
            let (head, body) = lengths(&rest, MAX_HEAD, MAX_BODY)?.ok_or(FrameError::Truncated)?;
            let total = PREFIX as u64 + u64::from(head) + body;
            if (rest.len() as u64) < total {
                return Err(FrameError::Truncated);
            }
            rest.advance(PREFIX);
            let head = rest.split_to(head as usize);
            let body = rest.split_to(body as usize);
            frames.push(Self { head, body });
        }
        Ok(frames)
    }
}

fn lengths(bytes: &[u8], max_head: u32, max_body: u64) -> Result<Option<(u32, u64)>, FrameError> {
    let Some(prefix) = bytes.first_chunk::<PREFIX>() else { return Ok(None) };
    let [h0, h1, h2, h3, body @ ..] = *prefix;
    let head = u32::from_le_bytes([h0, h1, h2, h3]);
    let body = u64::from_le_bytes(body);
    if head > max_head || body > max_body {
        return Err(FrameError::TooLong { head, body });
    }
    Ok(Some((head, body)))
}

/// Takes bytes as they arrive and gives frames; does no I/O itself.
///
/// Ask [`next_frame`](Self::next_frame) until it gives none, then read into
/// [`need`](Self::need).
///
/// ```
/// use lithops_core::wire::{Frame, FrameDecoder, FrameError, Need};
///
/// let mut decoder = FrameDecoder::with_limit(2);
/// if let Need::Any(buffer) = decoder.need() {
///     let mut frame = Vec::new();
///     Frame::write_head(b"head", 3, &mut frame);
///     buffer.extend_from_slice(&frame);
/// }
/// assert_eq!(decoder.next_frame(), Err(FrameError::TooLong { head: 4, body: 3 }));
/// ```
#[derive(Debug)]
pub struct FrameDecoder {
    buffer: BytesMut,
    large: Option<(Bytes, Vec<u8>, usize)>,
    max_head: u32,
    max_body: u64,
}

impl Default for FrameDecoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the next bytes belong.
#[derive(Debug)]
pub enum Need<'a> {
    /// Any number of bytes, appended here.
    Any(&'a mut BytesMut),
    /// The rest of a large body: at most this many bytes, appended here.
    Exactly(&'a mut Vec<u8>, usize),
}

impl FrameDecoder {
    /// A decoder at the start of a stream that is trusted: with bodies of up to 1 TiB, and heads of
    /// up to 256 MiB.
    pub fn new() -> Self {
        Self { max_head: MAX_HEAD, ..Self::with_limit(MAX_BODY) }
    }

    /// A decoder that believes in no body of more than `max_body` bytes, and in no head of more than
    /// 16 MiB.
    pub fn with_limit(max_body: u64) -> Self {
        Self { buffer: BytesMut::new(), large: None, max_head: MAX_LIMITED_HEAD, max_body }
    }

    /// Sets the limit for the bodies of further frames, in bytes. It does not hold for one whose
    /// lengths have been read.
    pub fn limit(&mut self, max_body: u64) {
        self.max_body = max_body;
    }

    /// The next whole frame, if it is here.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] beyond a limit; the stream can't be read any further then.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if let Some((_, body, len)) = &self.large
            && body.len() < *len
        {
            return Ok(None);
        }
        if let Some((head, body, _)) = self.large.take() {
            return Ok(Some(Frame { head, body: Bytes::from(body) }));
        }
        let lengths = lengths(&self.buffer, self.max_head, self.max_body)?;
        let Some((head_len, body_len)) = lengths else { return Ok(None) };
        let head_end = PREFIX + head_len as usize;
        if self.buffer.len() < head_end {
            self.reserve(head_end);
            return Ok(None);
        }
        if body_len >= LARGE {
            let mut head = self.buffer.split_to(head_end);
            head.advance(PREFIX);
            let mut body = Vec::new();
            let here = self.buffer.len().min(body_len as usize);
            body.reserve_exact(AHEAD.max(here).min(body_len as usize));
            body.extend_from_slice(&self.buffer.split_to(here));
            self.large = Some((head.freeze(), body, body_len as usize));
            return self.next_frame();
        }
        let total = head_end + body_len as usize;
        if self.buffer.len() < total {
            self.reserve(total);
            return Ok(None);
        }
        let mut frame = self.buffer.split_to(total).freeze();
        frame.advance(PREFIX);
        let head = frame.split_to(head_len as usize);
        Ok(Some(Frame { head, body: frame }))
    }

    /// Makes room for `wanted` bytes in all, as far as the claim is believed.
    fn reserve(&mut self, wanted: usize) {
        let here = self.buffer.len();
        self.buffer.reserve((wanted - here).min(AHEAD.max(here)));
    }

    /// Whether no byte of a further frame has arrived.
    pub fn is_between_frames(&self) -> bool {
        self.buffer.is_empty() && self.large.is_none()
    }

    /// Where to put the next bytes that arrive.
    pub fn need(&mut self) -> Need<'_> {
        match &mut self.large {
            Some((_, body, len)) => {
                let missing = *len - body.len();
                if body.len() == body.capacity() {
                    // Exact: the buffer may become a user's `Vec` as it is.
                    body.reserve_exact(missing.min(AHEAD.max(body.len())));
                }
                Need::Exactly(body, missing)
            }
            None => {
                if self.buffer.capacity() - self.buffer.len() < 4096 {
                    self.buffer.reserve(LARGE as usize);
                }
                Need::Any(&mut self.buffer)
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(frames: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        let mut out = Vec::new();
        for (head, body) in frames {
            Frame::write_head(head, body.len() as u64, &mut out);
            out.extend_from_slice(body);
        }
        out
    }

    /// Feeds `bytes` in pieces of `step`, as a socket might deliver them.
    fn decoded(bytes: &[u8], step: usize) -> Vec<Frame> {
        let mut decoder = FrameDecoder::new();
        let mut frames = Vec::new();
        let mut rest = bytes;
        loop {
            while let Some(frame) = decoder.next_frame().unwrap() {
                frames.push(frame);
            }
            if rest.is_empty() {
                return frames;
            }
            let take = step.min(rest.len());
            let (piece, after) = match decoder.need() {
                Need::Any(buffer) => {
                    buffer.extend_from_slice(&rest[..take]);
                    (take, &rest[take..])
                }
                Need::Exactly(body, missing) => {
                    let take = take.min(missing);
                    body.extend_from_slice(&rest[..take]);
                    (take, &rest[take..])
                }
            };
            assert!(piece > 0);
            rest = after;
        }
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in_however_the_stream_is_cut(
            sizes in proptest::collection::vec((0usize..300, prop_oneof![0usize..200, 65_000usize..70_000]), 0..5),
            step in 1usize..80_000,
        ) {
            let frames: Vec<_> = sizes
                .iter()
                .map(|(head, body)| (vec![1u8; *head], vec![2u8; *body]))
                .collect();
            let bytes = encoded(&frames);
            let expected: Vec<_> = frames
                .into_iter()
                .map(|(head, body)| Frame { head: head.into(), body: body.into() })
                .collect();
            prop_assert_eq!(&decoded(&bytes, step), &expected);
            prop_assert_eq!(Frame::read_all(Bytes::from(bytes)).unwrap(), expected);
        }
    }

    #[test]
    fn an_absurd_length_is_refused_before_memory_is_taken() {
        let mut decoder = FrameDecoder::new();
        if let Need::Any(buffer) = decoder.need() {
            buffer.extend_from_slice(&[0xff; PREFIX]);
        }
        assert_eq!(
            decoder.next_frame(),
            Err(FrameError::TooLong { head: u32::MAX, body: u64::MAX })
        );
    }

    /// What `decoder` makes of a frame of which no more than the lengths have come.
    fn claimed(mut decoder: FrameDecoder, head: u32, body: u64) -> Result<bool, FrameError> {
        let Need::Any(buffer) = decoder.need() else { panic!("a large body is under way") };
        buffer.extend_from_slice(&head.to_le_bytes());
        buffer.extend_from_slice(&body.to_le_bytes());
        decoder.next_frame().map(|frame| frame.is_some())
    }

    #[test]
    fn a_limit_is_the_longest_body_that_is_believed() {
        let limited = || FrameDecoder::with_limit(100_000);
        assert_eq!(claimed(limited(), 1, 100_000), Ok(false));
        let error = FrameError::TooLong { head: 1, body: 100_001 };
        assert_eq!(claimed(limited(), 1, 100_001), Err(error));
        let error = FrameError::TooLong { head: 0, body: 1 };
        assert_eq!(claimed(FrameDecoder::with_limit(0), 0, 1), Err(error));
        assert_eq!(claimed(FrameDecoder::new(), 1, 1 << 40), Ok(false));
        assert_eq!(claimed(FrameDecoder::default(), 256 << 20, 0), Ok(false));
    }

    #[test]
    fn where_bodies_are_limited_a_head_has_16_mebibytes_at_most() {
        let limited = || FrameDecoder::with_limit(u64::MAX);
        assert_eq!(claimed(limited(), 16 << 20, 0), Ok(false));
        let error = FrameError::TooLong { head: (16 << 20) + 1, body: 0 };
        assert_eq!(claimed(limited(), (16 << 20) + 1, 0), Err(error));
    }

    #[test]
    fn another_limit_holds_from_the_next_frame_on() {
        let bytes = encoded(&[(vec![1], vec![2; 70_000]), (vec![3], vec![4; 11])]);
        let mut decoder = FrameDecoder::with_limit(70_000);
        if let Need::Any(buffer) = decoder.need() {
            buffer.extend_from_slice(&bytes[..100]);
        }
        assert_eq!(decoder.next_frame(), Ok(None));
        decoder.limit(10);
        if let Need::Exactly(body, missing) = decoder.need() {
            body.extend_from_slice(&bytes[100..100 + missing]);
        }
        assert_eq!(decoder.next_frame().unwrap().unwrap().body.len(), 70_000);
        if let Need::Any(buffer) = decoder.need() {
            buffer.extend_from_slice(&bytes[bytes.len() - 24..]);
        }
        assert_eq!(decoder.next_frame(), Err(FrameError::TooLong { head: 1, body: 11 }));
    }

    #[test]
    fn bytes_that_end_inside_a_frame_are_an_error() {
        let mut bytes = encoded(&[(vec![1], vec![2, 3])]);
        bytes.pop();
        assert_eq!(Frame::read_all(Bytes::from(bytes)), Err(FrameError::Truncated));
    }

    #[test]
    fn a_claimed_length_takes_no_more_memory_than_has_come() {
        for (head, body) in [(256 << 20, 0), (1, 1 << 40), (1, 60_000)] {
            let mut decoder = FrameDecoder::new();
            let Need::Any(buffer) = decoder.need() else { panic!("a large body is under way") };
            buffer.extend_from_slice(&u32::to_le_bytes(head));
            buffer.extend_from_slice(&u64::to_le_bytes(body));
            buffer.extend_from_slice(b"h");
            assert_eq!(decoder.next_frame(), Ok(None));
            let large = decoder.large.as_ref().map_or(0, |(_, body, _)| body.capacity());
            assert!(decoder.buffer.capacity() + large <= AHEAD + 2 * LARGE as usize);
        }
    }

    #[test]
    fn a_large_body_stands_alone_in_its_buffer() {
        let frames = decoded(&encoded(&[(vec![1], vec![9; 100_000])]), 1000);
        assert!(frames[0].body.is_unique());
    }
}
