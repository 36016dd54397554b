//! What Code Engine says of runs. Its files are taken as they are: their crate would bring an HTTP
//! client into each build.

#![no_main]
#![allow(dead_code, reason = "what is written is not looked at here")]

#[path = "../../lithops-backend-codeengine/src/array.rs"]
mod array;
#[path = "../../lithops-backend-codeengine/src/status/index.rs"]
mod index;
#[path = "../../lithops-backend-codeengine/src/resource.rs"]
mod resource;

use libfuzzer_sys::fuzz_target;
use lithops_fuzz::within;

fuzz_target!(|data: &[u8]| {
    if let Ok(run) = within(data.len(), || serde_json::from_slice::<resource::Run>(data)) {
        within(data.len(), || {
            let read = index::read(&run);
            (0..20).for_each(|place| drop(read.of(place)));
            index::held_up(&run).map(str::len)
        });
    }
    within(data.len(), || {
        drop(serde_json::from_slice::<resource::ProjectFound>(data));
        drop(serde_json::from_slice::<resource::Definition>(data));
    });
    let Some(indices) = std::str::from_utf8(data).ok().and_then(array::parse) else { return };
    let mut sorted = indices;
    sorted.sort_unstable();
    sorted.dedup();
    let written = array::array_specifications(sorted.iter().copied());
    let again = written.iter().flat_map(|text| array::parse(text).expect("it was written here"));
    assert_eq!(again.collect::<Vec<_>>(), sorted);
});
