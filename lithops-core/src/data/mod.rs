//! What calls read and write: objects, parts of them, their records, and values kept in storage.
//!
//! Reading is exact: the parts of an object, put together, are the object, and an object that is
//! another than the one that was planned with is an error. Everything comes in two forms: for plain
//! functions, which block their thread, and for `async` ones.

mod cloud_object;
mod error;
mod find;
mod gzip;
mod part;
mod reader;
mod records;
mod referenced;
mod scan;
mod source;
mod stored;
mod writer;

pub use error::DataError;
pub use reader::PartReader;
pub use records::RecordIter;
pub use referenced::{get_referenced, put_referenced};
pub use writer::ObjectWriter;

pub(crate) use cloud_object::{put, unique_key};
pub(crate) use find::find_objects;
pub(crate) use gzip::index_blocks;
#[cfg(fuzzing)]
pub(crate) use gzip::{unpack, walk_blocks};
pub(crate) use scan::scan_states;

/// Runs a future on the thread of a plain function, which may stand anywhere, also inside async code.
///
/// What it waits for is driven by the library's own runtime.
fn wait<F: Future>(future: F) -> F::Output {
    let _runtime = crate::run::runtime().enter();
    futures::executor::block_on(future)
}
