//! The page in which a worker notes what it does, and the end of what it has printed, as its parent
//! reads them after its death.

#![no_main]

use std::fs::File;
use std::io::Write;

use libfuzzer_sys::fuzz_target;
use lithops_fuzz::within;
use lithops_worker::{PAGE_SIZE, Status, tail};

fuzz_target!(|data: &[u8]| {
    let memory = rustix::fs::memfd_create("page", rustix::fs::MemfdFlags::CLOEXEC);
    let mut file = File::from(memory.expect("memory can be had"));
    file.write_all(data).expect("memory can be had");
    let length = data.len() as u64;
    within(data.len(), || match Status::in_file(&file) {
        Ok(status) => {
            assert!(length >= PAGE_SIZE);
            let text = tail(&file, status.stderr_start(), length, 4096);
            // What is no UTF-8 becomes a character of three bytes.
            assert!(text.len() <= 3 * 4096);
            if let Some((running, _)) = status.running() {
                let ours = Status::on_heap();
                ours.begin(running, 1, 2);
                assert_eq!(ours.running(), Some((running, 1)));
            }
        }
        Err(_) => assert!(length < PAGE_SIZE),
    });
});
