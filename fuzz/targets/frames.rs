//! Frames: read at once, and from a stream that comes in pieces.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use lithops_core::wire::{Frame, FrameDecoder, FrameError, Need};
use lithops_fuzz::within;

/// Reads as from a socket that gives `step` bytes at once.
fn streamed(mut rest: &[u8], step: usize) -> Result<(Vec<Frame>, bool), FrameError> {
    let (mut decoder, mut frames) = (FrameDecoder::new(), Vec::new());
    loop {
        while let Some(frame) = decoder.next_frame()? {
            frames.push(frame);
        }
        if rest.is_empty() {
            return Ok((frames, decoder.is_between_frames()));
        }
        let taken = match decoder.need() {
            Need::Any(buffer) => {
                let piece = &rest[..step.min(rest.len())];
                buffer.extend_from_slice(piece);
                piece.len()
            }
            Need::Exactly(body, missing) => {
                let piece = &rest[..step.min(missing).min(rest.len())];
                body.extend_from_slice(piece);
                piece.len()
            }
        };
        rest = &rest[taken..];
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((step, data)) = data.split_first() else { return };
    let whole = within(data.len(), || Frame::read_all(Bytes::copy_from_slice(data)));
    let pieces = within(data.len(), || streamed(data, usize::from(*step) * 97 + 1));
    match whole {
        Ok(frames) => {
            let mut again = Vec::new();
            for frame in &frames {
                Frame::write_head(&frame.head, frame.body.len() as u64, &mut again);
                again.extend_from_slice(&frame.body);
            }
            assert_eq!(again, data);
            assert_eq!(pieces, Ok((frames, true)));
        }
        Err(FrameError::Truncated) => assert!(matches!(pieces, Ok((_, false)))),
        Err(error) => assert_eq!(pieces, Err(error)),
    }
});
