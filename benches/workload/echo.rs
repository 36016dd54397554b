//! A bare echo over a Unix socket: the least that a call in another process can cost.
//!
//! A child (this program again) reads frames, a length of 4 bytes and that many bytes, and sends
//! each back. The client keeps a window of frames under way, so that neither side waits for a round
//! trip. There is one child and one socket: with two processors, client and child fill them.
//!
//! Two kinds, because much depends on what a system call carries:
//! - [`Kind::EachFrame`]: one `write` and one `read` for each frame, on both sides. This is what a
//!   worker pool pays that sends each call by itself, as `chunk 1` asks.
//! - [`Kind::Batches`]: hundreds of frames share a `write` and a `read`. This is the floor: the cost
//!   of the socket all but vanishes, and what is left is little more than a copy.

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};

use bytes::Bytes;
use lithops_core::wire::{
    CallError, CallInput, FromWorker, Input, Payload, Report, Spent, Timing, ToWorker, ValueSink,
    encode_value,
};

/// First argument of the child.
pub(crate) const CHILD: &str = "bench-child-echo";

/// Frames under way at once, if each is sent by itself.
const WINDOW: usize = 64;
/// Frames in a batch; two batches are under way.
const BATCH: usize = 512;
/// Bytes of a frame's length.
const PREFIX: usize = 4;

/// How frames share system calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    EachFrame,
    Batches,
}

/// A child that echoes, and the way to it.
#[derive(Debug)]
pub(crate) struct Echo {
    child: Child,
    socket: UnixStream,
    kind: Kind,
    frame: Vec<u8>,
}

impl Echo {
    /// Starts a child for frames of `size` bytes, the length included.
    pub(crate) fn start(kind: Kind, size: usize) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let name = if kind == Kind::EachFrame { "each" } else { "batches" };
        let child = super::own_program()
            .args([CHILD, name, &size.to_string()])
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .spawn()
            .unwrap();
        let mut frame = vec![7; size];
        frame[..PREFIX].copy_from_slice(&prefix(size));
        let mut echo = Self { child, socket: ours, kind, frame };
        echo.run(1000);
        echo
    }

    /// Sends `frames` frames, and reads each back.
    pub(crate) fn run(&mut self, frames: u32) {
        let frames = frames as usize;
        match self.kind {
            Kind::EachFrame => self.run_each(frames),
            Kind::Batches => self.run_batches(frames),
        }
    }

    fn run_each(&mut self, frames: usize) {
        let mut back = vec![0; self.frame.len()];
        let mut sent = 0;
        for received in 0..frames {
            while sent < frames && sent - received < WINDOW {
                self.socket.write_all(&self.frame).unwrap();
                sent += 1;
            }
            self.socket.read_exact(&mut back).unwrap();
            assert_eq!(back[..PREFIX], self.frame[..PREFIX]);
        }
    }

    fn run_batches(&mut self, frames: usize) {
        let batch = self.frame.repeat(BATCH);
        let mut back = vec![0; batch.len()];
        let (mut sent, mut received) = (0, 0);
        while received < frames {
            while sent < frames && sent - received <= BATCH {
                let count = BATCH.min(frames - sent);
                self.socket.write_all(&batch[..count * self.frame.len()]).unwrap();
                sent += count;
            }
            let count = BATCH.min(frames - received);
            let bytes = &mut back[..count * self.frame.len()];
            self.socket.read_exact(bytes).unwrap();
            for frame in bytes.chunks(self.frame.len()) {
                assert_eq!(frame[..PREFIX], self.frame[..PREFIX]);
            }
            received += count;
        }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // The child ends when its input does.
        self.socket.shutdown(std::net::Shutdown::Both).unwrap();
        self.child.wait().unwrap();
    }
}

fn prefix(size: usize) -> [u8; PREFIX] {
    u32::try_from(size - PREFIX).unwrap().to_le_bytes()
}

/// The child: echoes until its input ends.
pub(crate) fn serve(mut arguments: impl Iterator<Item = String>) {
    let kind = arguments.next().unwrap();
    let size: usize = arguments.next().unwrap().parse().unwrap();
    let mut socket = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned().unwrap());
    if kind == "each" {
        let mut frame = vec![0; size];
        while socket.read_exact(&mut frame).is_ok() {
            assert_eq!(frame[..PREFIX], prefix(size));
            socket.write_all(&frame).unwrap();
        }
        return;
    }
    let mut buffer = vec![0; 64 * 1024];
    let mut filled = 0;
    loop {
        let read = socket.read(&mut buffer[filled..]).unwrap();
        if read == 0 {
            return;
        }
        filled += read;
        let whole = whole_frames(&buffer[..filled]);
        socket.write_all(&buffer[..whole]).unwrap();
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
    }
}

/// How many bytes the whole frames at the start of `bytes` take.
fn whole_frames(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some(prefix) = bytes[end..].first_chunk::<PREFIX>() {
        let next = end + PREFIX + u32::from_le_bytes(*prefix) as usize;
        if next > bytes.len() {
            break;
        }
        end = next;
    }
    end
}

/// Size of a frame with as many bytes as one of our calls has on the socket: the mean of the way
/// there and the way back, measured on the library's own messages.
pub(crate) fn bytes_of_a_call() -> usize {
    const CALLS: u32 = 1000;
    let mut sink = ValueSink::new();
    let mut value = |index: u32| {
        encode_value(u64::from(index), &mut sink).unwrap();
        Payload::Inline(sink.take())
    };
    let call = |index| CallInput { index, attempt: 1, input: Input::One(value(index)) };
    let there = ToWorker::Run { ticket: 1, calls: (0..CALLS).map(call).collect() }.encode();
    let report = |index| Report {
        outcome: Ok(value(index)),
        timing: Timing { started_ns: 1_700_000_000_000_000_000, busy_ns: 500 },
        spent: Spent { cpu_ns: 500, peak_bytes: None, argument_bytes: 2 },
        ..Report::without_value(index, 1, CallError::Cancelled)
    };
    let reports = (0..CALLS).map(report).collect();
    let back = FromWorker::Reports { ticket: 1, reports }.encode();
    let bytes: usize = there.iter().chain(&back).map(Bytes::len).sum();
    (bytes / 2).div_ceil(CALLS as usize)
}
