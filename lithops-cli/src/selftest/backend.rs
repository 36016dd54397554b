//! The cases of the configured backend.

use std::any::Any;
use std::sync::Arc;

use lithops::Builder;
use lithops_core::ports::{Executor as _, Isolation};
use lithops_testkit::compute::{Setup, Subject};
use lithops_testkit::trials::{Case, Has};

use crate::settings::{Settings, executor};

/// The cases, each with an executor of its own.
pub(super) fn cases(settings: &Settings) -> anyhow::Result<Vec<Case>> {
    let mut config = settings.resolve()?;
    // Cases fail calls on purpose, which is nothing to keep.
    (config.progress, config.journal) = (Some(false), Some(false));
    let builder = Builder::new(config);
    // What can't be used is told before any case runs.
    let exec = lithops::block_on(executor(builder.clone()))?;
    let capability = exec.capability();
    drop(exec);
    let setup: Setup = Arc::new(move || {
        let builder = builder.clone();
        Box::pin(async move {
            let exec = builder.build().await;
            let exec = exec.unwrap_or_else(|error| panic!("there is no executor: {error}"));
            (exec.handle(), Box::new(()) as Box<dyn Any>)
        })
    });
    let subject = Subject {
        name: "backend",
        setup: Ok(setup),
        isolation: has(
            capability.isolation > Isolation::Thread,
            "calls share the client's process",
        ),
        memory_limit: has(capability.memory_limit, "the backend limits no memory"),
        environment: has(capability.environment, "calls share the client's environment"),
        output: has(capability.captures_output, "calls share the client's standard streams"),
    };
    Ok(subject.cases())
}

pub(super) fn has(it_has: bool, reason: &'static str) -> Has {
    if it_has { Ok(()) } else { Err(reason) }
}
