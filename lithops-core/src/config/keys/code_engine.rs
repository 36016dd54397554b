//! Keys of IBM Cloud Code Engine.

use super::{Section, keys};

pub(super) const CODE_ENGINE: Section = Section {
    name: "code_engine",
    about: "the backend `code_engine` (feature `code-engine`)",
    keys: keys! {
        region: Text = "",
            "The region. Unless said, that of `[ibm]`.";
        project_name: Text = "",
            "The project, by name; made if there is none. Unless said, a name made of region and resource group.";
        project_id: Text = "",
            "The project, by id; goes before its name.";
        namespace: Text = "",
            "Read for the sake of those who have a file of Lithops; nothing here needs it.";
        runtime: Text = "",
            "The runtime image, by the name that Code Engine pulls it by. Unless said, made of the program and pushed to the registry below.";
        runtime_cpu: Number = "0.125",
            "How many processors an instance has.";
        runtime_memory: Count = "256",
            "How much memory an instance has, in steps of 1024 for each decimal gigabyte: 256 is 0.25 GB.";
        runtime_timeout: Count = "7200",
            "How many seconds a run may take as a whole, from 1 to 86400.";
        max_workers: Count = "",
            "How many instances may run at once. Unless said, as many as the quotas allow.";
        worker_processes: Count = "",
            "How many calls share an instance, each in a process of its own. Unless said, one for each processor of it.";
        docker_server: Text = "docker.io",
            "The registry that images are pushed to.";
        docker_user: Text = "",
            "The user there, whom Code Engine pulls as too.";
        docker_password: Secret = "",
            "The user's password, or a token.";
        docker_namespace: Text = "",
            "The namespace there. Unless said, the user.";
        endpoint: Text = "",
            "Where Code Engine is. Unless said, the service of the region.";
        iam_endpoint: Text = "",
            "Where API keys are exchanged for tokens. Unless said, as `[ibm]` says it.";
        private_endpoint: Switch = "false",
            "Whether to use the addresses that are reached from inside IBM Cloud alone.";
        trusted_profile: Text = "",
            "The trusted profile, by name or id, by which workers reach storage without a key.";
        image_delivery: Text = "registry",
            "Where images go: to a `registry`, or to the container `engine` of this machine, for a Code Engine that runs on it too.";
        engine: Text = "",
            "Where that engine is, as `DOCKER_HOST` says it. Unless said, found as the Docker CLI does.";
        launcher: Switch = "false",
            "Whether the image in `runtime` is a launcher, which takes the program from storage.";
        start_bound: Count = "900",
            "How many seconds may pass without any instance of a job starting or ending, while some wait.";
        retry_bound: Count = "60",
            "How many seconds a request may be tried for.";
        project_bound: Count = "600",
            "How many seconds a project may take to become active.";
        quota_instances: Count = "250",
            "How many instances the project may have at once.";
        quota_cpu: Number = "128",
            "How many processors they may have together.";
        quota_memory: Number = "512",
            "How many decimal gigabytes they may have together.";
        price_vcpu_second: Number = "",
            "What a processor costs for a second. Unless said, IBM's published price.";
        price_gb_second: Number = "",
            "What a decimal gigabyte of memory costs for a second. Unless said, IBM's published price.";
        price_currency: Text = "USD",
            "The currency of both.";
        price_as_of: Text = "",
            "The day of both, such as `2026-01-31`. Unless said, that of IBM's published prices.";
    },
};
