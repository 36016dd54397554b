//! Programs that a launcher is to become: whether this machine can run them.

#![no_main]

use std::fs::File;
use std::io::Write;

use libfuzzer_sys::fuzz_target;
use lithops_fuzz::within;
use lithops_worker::fuzzing::check_program;

fuzz_target!(|data: &[u8]| {
    let memory = rustix::fs::memfd_create("program", rustix::fs::MemfdFlags::CLOEXEC);
    let mut file = File::from(memory.expect("memory can be had"));
    file.write_all(data).expect("memory can be had");
    // Whatever it says: an input of no more than some KiB is a small loop.
    let checked = within(data.len(), || check_program(&file));
    if checked.is_ok() {
        assert!(data.starts_with(b"\x7fELF"));
    }
});
