//! The settings of a cluster, as files.

use std::fs;
use std::path::Path;

use super::NODES;
use super::cgroups::Cgroups;

/// What the settings of a cluster depend on.
pub(super) struct Settings<'a> {
    pub(super) folder: &'a Path,
    /// Ports of the controller, and of each node.
    pub(super) controller: u16,
    pub(super) nodes: [u16; NODES.len()],
    /// Whether the kernel's control groups can be had.
    pub(super) cgroups: Cgroups,
}

impl Settings<'_> {
    /// Writes them, and makes the folders that they name.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        let host = fs::read_to_string("/proc/sys/kernel/hostname")?;
        fs::write(super::conf(self.folder), self.slurm_conf(host.trim()))?;
        if self.cgroups == Cgroups::V1 {
            fs::write(self.folder.join("cgroup.conf"), CGROUP_CONF)?;
        }
        fs::create_dir(self.folder.join("state"))?;
        for node in NODES {
            fs::create_dir(self.folder.join(node))?;
        }
        Ok(())
    }

    /// Three nodes on one machine, with processors and memory that it need not have.
    ///
    /// Times are short that tests wait for: until a node is given up, and from the request to end a
    /// job to its kill. Those that say how soon a job starts are Slurm's own. Arrays are small, so
    /// that a test needs several.
    fn slurm_conf(&self, host: &str) -> String {
        let folder = self.folder.display();
        let controller = self.controller;
        let memory = match self.cgroups {
            Cgroups::V1 => MEMORY_BY_CGROUPS,
            Cgroups::None => MEMORY_BY_LOOKING,
        };
        // A control group is named after node and job, and another cluster has nodes of these names.
        let first_job = u32::from(controller) * 1000;
        let mut text = format!(
            "ClusterName=lithops
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdSpoolDir={folder}/%n
SlurmdPidFile={folder}/%n/slurmd.pid
SlurmdLogFile={folder}/%n/slurmd.log
SlurmdParameters=config_overrides
SlurmdTimeout=10
ReturnToService=2
KillWait=2
UnkillableStepTimeout=10
OverTimeLimit=0
FirstJobId={first_job}
MaxArraySize=101
MailProg=/bin/true
{memory}
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=400
AccountingStorageType=accounting_storage/none
PreemptType=preempt/partition_prio
PreemptMode=CANCEL
"
        );
        for (node, port) in NODES.iter().zip(self.nodes) {
            text.push_str(&format!(
                "NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=16 \
                 RealMemory=7000\n"
            ));
        }
        for (partition, rest) in [
            ("main", "Default=YES PriorityTier=5 PreemptMode=OFF"),
            ("high", "PriorityTier=10"),
            ("low", "PriorityTier=1 GraceTime=0"),
        ] {
            text.push_str(&format!(
                "PartitionName={partition} Nodes=ALL MaxTime=INFINITE State=UP {rest}\n"
            ));
        }
        text
    }
}

/// The kernel refuses more memory than a job has, and Slurm tells it as most clusters do.
const MEMORY_BY_CGROUPS: &str = "ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup
JobAcctGatherType=jobacct_gather/cgroup
JobAcctGatherFrequency=1";

/// Each second Slurm looks at what jobs have taken. The control groups of version 2 that Debian's
/// Slurm can do with are systemd's, which a container lacks.
const MEMORY_BY_LOOKING: &str = "ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherParams=OverMemoryKill
JobAcctGatherFrequency=1";

const CGROUP_CONF: &str = "CgroupPlugin=cgroup/v1
CgroupAutomount=no
ConstrainRAMSpace=yes
ConstrainCores=no
ConstrainDevices=no
";
