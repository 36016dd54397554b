//! How many instances a project may have.

use serde::{Deserialize, Serialize};

/// What the instances of one project may take, all runs together.
///
/// Work beyond it is accepted and waits. The defaults are those of Code Engine, as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstanceQuota {
    /// Instances that are being started or run.
    pub active: u64,
    /// Those, and the finished ones of runs that were not deleted.
    pub total: u64,
    /// Thousandths of a vCPU.
    pub cpu_milli: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// Bytes of ephemeral storage.
    pub ephemeral: u64,
}

impl Default for InstanceQuota {
    fn default() -> Self {
        Self {
            active: 250,
            total: 2500,
            cpu_milli: 128_000,
            memory: 512_000_000_000,
            ephemeral: 512_000_000_000,
        }
    }
}

/// What the instances of a project take of its quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InstanceCounts {
    /// Instances that are being started or run.
    pub active: u64,
    /// Those, and the finished ones of runs that were not deleted.
    pub total: u64,
    /// Instances that wait for room.
    pub waiting: u64,
    /// Thousandths of a vCPU that active instances take.
    pub cpu_milli: u64,
    /// Bytes of memory that active instances take.
    pub memory: u64,
    /// Bytes of ephemeral storage that active instances take.
    pub ephemeral: u64,
}
