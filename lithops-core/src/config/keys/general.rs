//! Keys that are about no single backend or storage.

use super::{Section, keys};

pub(super) const LITHOPS: Section = Section {
    name: "lithops",
    about: "all jobs",
    keys: keys! {
        backend: Text = "processes",
            "Where calls run: `processes` (or `localhost`), `threads`, `containers`, `code_engine`, `slurm`.";
        storage: Text = "",
            "Where jobs keep their objects: `file`, `memory`, `aws_s3` (or `s3`), `ibm_cos`, `minio`, `ceph`, `gcp_storage`, `azure_storage`, `redis`. Unless said, `memory` for threads and `file` for all others.";
        progress: Switch = "",
            "Whether long jobs show a bar. Unless said, they do where standard error is a terminal.";
        journal: Switch = "true",
            "Whether jobs that last or fail are written to the user's journal, which `lithops job` reads.";
        key_file: Path = "",
            "The file with the key that this user's clients know their jobs in storage by; made when it is needed. Unless said, the file `key` in the user's folder for state (`~/.local/state/lithops`).";
        retries: Count = "0",
            "How often a call is run again that failed of something that may pass. A job's `.retries(n)` goes before.";
        worker_deaths: Count = "3",
            "The most attempts at a call that may fail because its worker died.";
        backoff: Number = "0.05",
            "The wait before the first repetition, in seconds; it doubles with each one.";
        execution_timeout: Count = "3600",
            "How long an attempt at a call may take, in seconds. Unless said, less where the platform allows less. A job's `.timeout(..)` goes before.";
        start_bound: Count = "30",
            "How long a worker of this machine may take to say its first word, in seconds.";
        silence_bound: Count = "30",
            "How long a worker that has calls may say nothing before it counts as lost, in seconds.";
    },
};

pub(super) const LOCALHOST: Section = Section {
    name: "localhost",
    about: "the backends of this machine",
    keys: keys! {
        worker_processes: Count = "",
            "How many calls run at once, whatever the backend. Unless said, as many as the backend likes: here, one for each processor.";
    },
};

pub(super) const IBM: Section = Section {
    name: "ibm",
    about: "IBM Cloud, for `code_engine` and `ibm_cos` alike",
    keys: keys! {
        iam_api_key: Secret = "",
            "An API key, which is exchanged for tokens.";
        region: Text = "",
            "The region, such as `eu-de`.";
        resource_group_id: Text = "",
            "The resource group (its id) that new things belong to.";
        iam_endpoint: Text = "https://iam.cloud.ibm.com",
            "Where API keys are exchanged for tokens.";
    },
};
