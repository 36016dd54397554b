//! What can be wrong with a real container engine.

use crate::patient::Patient;

/// The engine's address, or why there is none.
pub(crate) fn named() -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let engine = runtime.block_on(lithops_runtime::engine::Engine::connect(None));
    let engine = engine.map_err(|error| {
        error.to_string().lines().next().unwrap_or("no container engine").to_owned()
    })?;
    // `ADDRESS (ORIGIN)`
    Ok(engine.place().to_string().split(' ').next().unwrap_or_default().to_owned())
}

fn containers(host: &str, section: &str) -> Patient {
    let text = format!("[lithops]\nbackend = \"containers\"\n[containers]\n{section}");
    Patient::new(&text).with("DOCKER_HOST", host)
}

type Broken = (&'static str, fn(&str));

pub(crate) const TABLE: &[Broken] = &[
    ("an_engine_that_is_there_is_told", an_engine_that_is_there_is_told),
    ("more_memory_than_the_machine_has_is_told", more_memory_than_the_machine_has_is_told),
    ("an_image_that_is_not_there_is_pulled", an_image_that_is_not_there_is_pulled),
];

fn an_engine_that_is_there_is_told(host: &str) {
    let found = containers(host, "").findings();
    let engine = found.iter().find(|finding| finding.subject == "container engine").unwrap();
    assert!(engine.ok && engine.found.contains(host), "{engine:?}");
}

fn more_memory_than_the_machine_has_is_told(host: &str) {
    let problems = containers(host, "runtime_memory = 1000000000").problems();
    assert_eq!((problems.len(), problems[0].subject.as_str()), (1, "limits of containers"));
    let what = "`runtime_memory` is 1000000000 MiB, and the machine has ";
    assert!(problems[0].found.starts_with(what), "{problems:?}");
    assert!(problems[0].mend.starts_with("lower `runtime_memory`"), "{problems:?}");
}

fn an_image_that_is_not_there_is_pulled(host: &str) {
    let found = containers(host, "runtime = \"no.such.host/no/such:image\"").findings();
    let image = found.iter().find(|finding| finding.subject == "runtime image").unwrap();
    assert_eq!(image.found, "no.such.host/no/such:image is pulled at the first job");
}
