//! Programs of real compilers, made into images.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod base;
mod closure;
mod image;
mod program;
mod sources;
