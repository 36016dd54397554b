//! Whether there is an engine, and whether it can do what the settings want of it.

use std::time::Duration;

use lithops_core::ports::Finding;
use lithops_runtime::engine::{Engine, EngineError, Facts};

use super::config::ContainerConfig;

const ENGINE: &str = "container engine";
const LIMITS: &str = "limits of containers";
const IMAGE: &str = "runtime image";

/// How long the engine may take for all that it is asked.
const BOUND: Duration = Duration::from_secs(45);

pub(super) async fn examine(config: &ContainerConfig) -> Vec<Finding> {
    match tokio::time::timeout(BOUND, look(config)).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => vec![because(&error)],
        Err(_) => {
            let what = format!("the engine did not answer within {BOUND:?}");
            vec![Finding::bad(ENGINE, what, "start it anew: `systemctl restart docker`")]
        }
    }
}

async fn look(config: &ContainerConfig) -> Result<Vec<Finding>, EngineError> {
    let engine = Engine::connect(config.engine.as_deref()).await?;
    let facts = engine.facts().await?;
    let mut found = vec![is_here(&engine, facts)];
    found.push(limits(config, facts));
    if let Some(reference) = &config.image {
        found.push(match engine.find(reference).await? {
            Some(image) if image.is_ours() => Finding::good(IMAGE, format!("{reference} is there")),
            Some(_) => Finding::bad(
                IMAGE,
                format!("{reference} holds no program of Lithops"),
                format!("make one: `lithops runtime build PROGRAM --base-image {reference}`"),
            ),
            None => Finding::good(IMAGE, format!("{reference} is pulled at the first job")),
        });
    }
    Ok(found)
}

fn is_here(engine: &Engine, facts: &Facts) -> Finding {
    let told =
        format!("{} {}, API {}, at {}", facts.make, facts.version, facts.api, engine.place());
    if facts.same_machine {
        return Finding::good(ENGINE, told);
    }
    Finding::bad(
        ENGINE,
        format!("{told}, runs on another machine: its containers can't be called from here"),
        "use an engine of this machine: unset DOCKER_HOST, or set `engine` in the section \
         `[containers]`",
    )
}

fn limits(config: &ContainerConfig, facts: &Facts) -> Finding {
    let bad = |what: String, mend: &str| Finding::bad(LIMITS, what, mend);
    const NO_LIMIT: &str = "leave the key out, or run an engine over the second version of control \
                            groups";
    if config.memory.is_some() && !facts.limits.memory {
        return bad("`runtime_memory` is set, and the engine limits no memory".into(), NO_LIMIT);
    }
    if config.cpu.is_some() && !facts.limits.processors {
        return bad("`runtime_cpu` is set, and the engine limits no processors".into(), NO_LIMIT);
    }
    if let Some(memory) = config.memory
        && memory > facts.memory
        && facts.memory > 0
    {
        let (wanted, there) = (memory >> 20, facts.memory >> 20);
        let what = format!("`runtime_memory` is {wanted} MiB, and the machine has {there} MiB");
        return bad(what, "lower `runtime_memory` in the section `[containers]`");
    }
    let ignored = if facts.limits.all_work() { "all work" } else { "some are ignored" };
    let (processors, memory) = (facts.processors, facts.memory >> 20);
    Finding::good(LIMITS, format!("{ignored}; {processors} processors, {memory} MiB of memory"))
}

/// What an error of the engine means, and the next step.
fn because(error: &EngineError) -> Finding {
    let mend = match error {
        EngineError::Discovery(_) => {
            "set DOCKER_HOST, or `engine` in the section `[containers]`, to the socket of an engine, as \
             in `unix:///var/run/docker.sock`; or unset both"
        }
        EngineError::Absent { tried }
            if tried
                .iter()
                .any(|(_, why)| matches!(why, lithops_runtime::engine::Unreachable::Forbidden)) =>
        {
            "let this user use the engine: `sudo usermod -aG docker $USER`, and log in anew; or run a \
             rootless engine"
        }
        EngineError::Absent { .. } => {
            "start an engine (`systemctl start docker`, or `systemctl --user start podman.socket`), or \
             say by DOCKER_HOST where one is"
        }
        _ => "look at the engine's own log: `journalctl -u docker`",
    };
    let text = error.to_string();
    // The last line of some says what to do, which `mend` says more exactly.
    let what: Vec<&str> = text.lines().filter(|line| !line.starts_with("start Docker")).collect();
    Finding::bad(ENGINE, what.join(" ").split_whitespace().collect::<Vec<_>>().join(" "), mend)
}
