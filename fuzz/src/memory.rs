//! Memory that a decoder takes, counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// How many bytes each byte of an input may take. The least that the head of a message can say of a
/// report or a payload is a few bytes, and the structure it is read into has some hundred.
const EACH: usize = 256;
/// What may be taken whatever the input: serde believes the claimed length of a sequence up to 1 MiB,
/// at each of a few levels.
const ALWAYS: usize = 8 << 20;

thread_local! {
    static TAKEN: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Counts what this thread has, and the most that it had.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: all is done by the system's allocator; the counts are plain cells that allocate nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(at, layout, size) }
    }
}

fn count(more: usize, less: usize) {
    // Not counted at the end of a thread: its cells are gone before its last allocations are.
    let _ = TAKEN.try_with(|taken| {
        let (now, most) = taken.get();
        let now = now.saturating_add(more);
        taken.set((now.saturating_sub(less), most.max(now)));
    });
}

/// Runs `decode`, which may take a small multiple of `input` bytes on this thread.
///
/// # Panics
/// If it has taken more at once.
pub fn within<T>(input: usize, decode: impl FnOnce() -> T) -> T {
    let before = TAKEN.with(|taken| {
        let (now, _) = taken.get();
        taken.set((now, now));
        now
    });
    let decoded = decode();
    let most = TAKEN.with(Cell::get).1 - before;
    let allowed = ALWAYS + EACH * input;
    assert!(most <= allowed, "{most} bytes were taken for an input of {input}");
    decoded
}
