//! Keys of containers on this machine.

use super::{Section, keys};

pub(super) const CONTAINERS: Section = Section {
    name: "containers",
    about: "the backend `containers` (feature `containers`)",
    keys: keys! {
        runtime: Text = "",
            "The runtime image, by name. Unless said, an image made of the program.";
        worker_processes: Count = "1",
            "How many calls share a container, each in a process of its own.";
        runtime_cpu: Number = "",
            "How many processors a container may use. Unless said, all.";
        runtime_memory: Count = "",
            "How much memory a container may use, in MiB. Unless said, no limit.";
        pids_limit: Count = "1024",
            "How many processes and threads a container may have.";
        network: Text = "none",
            "`none`, `bridge`, `host`, or a network that the engine has.";
        user: Text = "",
            "The user in containers, as `uid` or `uid:gid`. Unless said, one that is not root.";
        volumes: List = "",
            "Folders and volumes that containers see, as `SOURCE:TARGET` or `SOURCE:TARGET:ro`.";
        environment: Map = "",
            "Environment variables of all containers.";
        engine: Text = "",
            "Where the engine is, as `DOCKER_HOST` says it. Unless said, found as the Docker CLI does.";
    },
};
