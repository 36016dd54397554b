//! Whether a backend can meet a job's terms, before anything begins; and what the job will use.

use std::time::Duration;

use super::engine::Inner;
use crate::error::Error;
use crate::plan::{PlannedJob, Transport, shares};
use crate::ports::{Isolation, Usage};

impl Inner {
    /// Refuses terms that the backend can't meet, before anything begins; gives the limit of a call.
    pub(super) fn check(&self, job: &PlannedJob) -> Result<Option<Duration>, Error> {
        let capability = self.around.backend.capability();
        let backend = capability.backend;
        let refuse = |what, hint| Err(Error::Unsupported { backend, what, hint });
        if job.options.memory.is_some() && !capability.memory_limit {
            return refuse("limit of memory", "leave `.memory(..)` out, or use processes");
        }
        if !job.options.environment.is_empty() && !capability.environment {
            return refuse("environment of its own", "leave `.env(..)` out, or use processes");
        }
        let Ok(timeout) = job.options.timeout.within(capability.max_duration) else {
            let hint = "lower `.timeout(..)`, or `execution_timeout` of the configuration";
            return refuse("calls of that length", hint);
        };
        let storage_needed = self.goes_through_storage(job)
            || job.options.store_above.is_some()
            || job.options.writes_objects;
        let location = self.around.storage.location();
        let far = !capability.on_this_machine && !self.lent;
        if storage_needed && far && location.is_on_this_machine() {
            return refuse(
                "way to a storage of this machine",
                "use a storage that workers can reach over the network: `storage = \"ibm_cos\"` or \
                 another bucket, or a folder that the configuration says they share",
            );
        }
        let apart = capability.isolation > Isolation::Thread && !self.lent;
        if storage_needed && apart && location.is_in_process() {
            return refuse(
                "way to a storage in the client's memory",
                "use a storage that workers can reach: `storage = \"file\"`",
            );
        }
        Ok(timeout)
    }

    /// What a job is likely to use, if its platform has a price and its calls have a length.
    pub(super) fn estimate(&self, job: &PlannedJob) -> Option<Usage> {
        let capability = self.around.backend.capability();
        let (billing, each) = (capability.billing?, job.options.expected?);
        let dealt = shares(&job.chunks, capability.max_workers);
        let calls = dealt.iter().map(|share| share.iter().map(|chunk| chunk.count).sum());
        let calls: Vec<u32> = calls.collect();
        let longest =
            calls.chunks(capability.slots.max(1)).filter_map(|instance| instance.iter().max());
        let in_a_row: u64 = longest.map(|calls| u64::from(*calls)).sum();
        Some(billing.usage(in_a_row as f64 * each.as_secs_f64()))
    }

    pub(super) fn goes_through_storage(&self, job: &PlannedJob) -> bool {
        self.commands.is_none() || job.options.transport == Transport::Storage
    }
}
