//! The table of every function that this program can call remotely, made by the linker.
//!
//! A `static` can't be generic, so attribute-based tables (`linkme`, `inventory`) can't hold a
//! generic function's instances. An `asm!` block can: it is emitted with each instance of
//! [`register`], and puts one pointer into the section `lithops_fns`. The linker gives the section's
//! bounds as `__start_lithops_fns` and `__stop_lithops_fns`.

use super::{Entry, Kernel};
use crate::wire::FunctionId;

/// A function that the table does not give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// No entry has this name and signature; the names that the table has, the likely ones first.
    #[error("no such function")]
    Unknown(Vec<String>),
    /// Several entries have this name and signature: closures of one parent in another build.
    #[error("{0} closures are called `{1}`: another build can't tell them apart; use a named `fn`")]
    Ambiguous(usize, String),
}

/// Puts `K` into the table and gives its entry.
///
/// Costs nothing at run time but the call: the table is part of the executable.
#[inline(never)]
pub fn register<K: Kernel>() -> Entry {
    section::emit::<K>();
    K::entry()
}

/// Finds a function that a client named.
///
/// `same_build` says that the client runs the very same executable: then the identity decides, and
/// closures are found too. Otherwise path and signature must name exactly one entry.
///
/// # Errors
/// [`LookupError`] with what the table has.
pub fn find(id: &FunctionId, same_build: bool) -> Result<Entry, LookupError> {
    let table = section::table();
    if same_build {
        let found =
            table.iter().find(|entry| entry.id.type_id == id.type_id && entry.id.path == id.path);
        if let Some(entry) = found {
            return Ok(entry.clone());
        }
    }
    let same_name: Vec<&Entry> = table
        .iter()
        .filter(|entry| entry.id.path == id.path && entry.id.signature == id.signature)
        .collect();
    match same_name.as_slice() {
        [entry] => Ok((*entry).clone()),
        [] => Err(LookupError::Unknown(likely(&table, id))),
        several => Err(LookupError::Ambiguous(several.len(), id.path.clone())),
    }
}

/// Names to show a user whose function was not found: at most a handful, the like-named first.
fn likely(table: &[Entry], id: &FunctionId) -> Vec<String> {
    const SHOWN: usize = 12;
    let last = |path: &str| path.rsplit("::").next().unwrap_or_default().to_owned();
    let wanted = last(&id.path);
    let mut names: Vec<(bool, String)> = table
        .iter()
        .map(|entry| {
            (last(&entry.id.path) != wanted, format!("{} {}", entry.id.path, entry.id.signature))
        })
        .collect();
    names.sort();
    names.dedup();
    names.into_iter().map(|(_, name)| name).take(SHOWN).collect()
}

/// The table without the copies that the compiler may make of an asm block.
fn unique(mut table: Vec<Entry>) -> Vec<Entry> {
    table.sort_by(|a, b| (a.id.type_id, &a.id.path).cmp(&(b.id.type_id, &b.id.path)));
    table.dedup_by(|a, b| a.id == b.id);
    table
}

#[cfg(all(target_os = "linux", target_pointer_width = "64", not(miri)))]
#[expect(unsafe_code, reason = "a linker section can only be filled and read in this way")]
mod section {
    use std::arch::asm;
    use std::borrow::Cow;
    use std::sync::OnceLock;

    use super::{Entry, Kernel, unique};

    type Describe = fn() -> Entry;

    fn describe<K: Kernel>() -> Entry {
        K::entry()
    }

    /// Emits one pointer to `describe::<K>` into the section.
    #[inline(never)]
    pub(super) fn emit<K: Kernel>() {
        // SAFETY: the block runs no instruction; it only writes data into another section, and the
        // directives it uses are among those that Rust guarantees. `R` keeps the linker's garbage
        // collection away from entries that no code refers to.
        unsafe {
            asm!(
                ".pushsection lithops_fns,\"awR\",%progbits",
                ".balign 8",
                ".quad {describe}",
                ".popsection",
                describe = sym describe::<K>,
                options(nomem, nostack, preserves_flags)
            );
        }
    }

    /// The table, read at the first look-up.
    pub(super) fn table() -> Cow<'static, [Entry]> {
        static TABLE: OnceLock<Vec<Entry>> = OnceLock::new();
        Cow::Borrowed(TABLE.get_or_init(|| unique(entries())))
    }

    /// Calls every pointer of the section.
    fn entries() -> Vec<Entry> {
        unsafe extern "C" {
            #[link_name = "__start_lithops_fns"]
            static START: u8;
            #[link_name = "__stop_lithops_fns"]
            static STOP: u8;
        }
        // SAFETY: as above. One null entry makes the section exist, so that the linker defines its
        // bounds in a program that registers nothing.
        unsafe {
            asm!(
                ".pushsection lithops_fns,\"awR\",%progbits",
                ".balign 8",
                ".quad 0",
                ".popsection",
                options(nomem, nostack, preserves_flags)
            );
        }
        let (start, stop) = (&raw const START, &raw const STOP);
        let start = start.cast::<Option<Describe>>();
        let len = (stop.addr() - start.addr()) / size_of::<Option<Describe>>();
        // SAFETY: the linker lays the section out between the two symbols, and every word in it was
        // put there by one of the two blocks above: null, or a `fn() -> Entry`. `Option` of a
        // function pointer is null for `None`. Nothing writes to it after the program has started.
        let pointers = unsafe { std::slice::from_raw_parts(start, len) };
        pointers.iter().flatten().map(|describe| describe()).collect()
    }
}

/// Without a linker section only this process's own registrations are known: threads work,
/// processes do not. Miri runs this one.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64", not(miri))))]
mod section {
    use std::borrow::Cow;
    use std::sync::{Mutex, PoisonError};

    use super::{Entry, Kernel, unique};

    static SEEN: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

    pub(super) fn emit<K: Kernel>() {
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).push(K::entry());
    }

    pub(super) fn table() -> Cow<'static, [Entry]> {
        Cow::Owned(unique(SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}
