//! Instances as processes of this machine: no images, no limits, started within milliseconds.

mod descriptors;
mod room;
mod spawner;

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::process::Child;
use tokio::task::JoinHandle;

use super::{End, Instance, InstanceSpec, Log, Platform, StartFailure};
use room::Room;
use spawner::{SpawnError, Spawned, Spawner};

/// How long output may come from a process that has ended, and whose group was killed.
const DRAIN: Duration = Duration::from_secs(1);

/// What a container is said to have ended with that the system refuses to start.
const REFUSED: i32 = 128;

/// Runs instances as processes of this machine.
///
/// Whatever image an instance names, it runs one program of this machine; the instance's own
/// commands stand above it. As against a container:
///
/// - Its limits of processors, memory and storage, and its user are not enforced.
/// - Its environment holds nothing of the emulator's, and `PATH` is the usual one.
/// - Mounted folders can't be at their paths. They are below a private folder that
///   `CE_EMULATOR_ROOT` names, which is also the working folder and `HOME`; a variable that the job's
///   or run's definition gives as a literal, and that is a mount's path or begins with one, names the
///   place there instead.
///
/// Processes have a process group of their own, which is killed as a whole. They are killed too when
/// the emulator dies, but what they have started then is not.
#[derive(Debug)]
pub struct Processes {
    program: Option<PathBuf>,
    /// Private folders of instances.
    folder: Arc<TempDir>,
    spawner: Spawner,
}

impl Processes {
    /// Takes every image for `program`. Without one, only instances with commands can run. Must be
    /// called within a tokio runtime.
    ///
    /// Raises the number of files that this process may open to what it may be raised to; instances
    /// have the one of before.
    ///
    /// # Errors
    /// If there can't be a temporary folder, a thread or more open files.
    pub fn new(program: Option<PathBuf>) -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("lithops-codeengine-").tempdir()?;
        Ok(Self { program, folder: Arc::new(folder), spawner: Spawner::start()? })
    }
}

#[async_trait]
impl Platform for Processes {
    async fn start(&self, spec: InstanceSpec) -> Result<Box<dyn Instance>, StartFailure> {
        let (program, folder) = (self.program.clone(), Arc::clone(&self.folder));
        let log = spec.log.clone();
        let spawned = self.spawner.spawn(move |files| {
            let room = Room::furnish(folder.path(), &spec)?;
            let (program, arguments) = match (spec.commands.split_first(), program) {
                (Some((first, others)), _) => (PathBuf::from(first), others),
                (None, Some(program)) => (program, &[][..]),
                (None, None) => return Err(SpawnError::NoProgram),
            };
            let mut command = room.command(&program, &spec);
            command.args(arguments).args(&spec.arguments);
            spawner::spawn(command, room, files)
        });
        match spawned.await {
            Ok(Spawned { child, output, room }) => {
                let reading = tokio::spawn(read(output, log));
                Ok(Box::new(Process { child, reading, ended: None, _room: room }))
            }
            Err(SpawnError::Missing { program, source }) => {
                log.note(&format!("{} can't be run: {source}", program.display()));
                Err(StartFailure::Ended(End::ExecutableNotFound))
            }
            Err(SpawnError::NoProgram) => {
                log.note(
                    "the emulator was given no program for images, and the run has no commands",
                );
                Err(StartFailure::Ended(End::ExecutableNotFound))
            }
            Err(SpawnError::TooLong(source)) => {
                log.note(&format!("the system refuses it: {source}"));
                Err(StartFailure::Ended(End::Exited(REFUSED)))
            }
            Err(SpawnError::System(source)) => Err(StartFailure::Platform(source.into())),
        }
    }

    async fn shutdown(&self) {}
}

/// A process and what it has.
#[derive(Debug)]
struct Process {
    child: Child,
    reading: JoinHandle<()>,
    ended: Option<End>,
    _room: Room,
}

#[async_trait]
impl Instance for Process {
    async fn ended(&mut self) -> End {
        if let Some(end) = self.ended {
            return end;
        }
        let group = self.child.id();
        let end = match self.child.wait().await {
            Ok(status) => end(status),
            // Only if somebody else has waited for it.
            Err(error) => {
                tracing::warn!(%error, "it can't be told how a process has ended");
                End::Exited(REFUSED)
            }
        };
        // An instance takes what it has started with it.
        kill_group(group);
        if tokio::time::timeout(DRAIN, &mut self.reading).await.is_err() {
            self.reading.abort();
        }
        self.ended = Some(end);
        end
    }

    async fn kill(&mut self) {
        kill_group(self.child.id());
        self.ended().await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        kill_group(self.child.id());
    }
}

fn end(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Exited(128 + signal.unwrap_or(0)),
    }
}

/// Kills the processes of a group, unless its leader was waited for. A group that is gone is what is
/// wanted.
fn kill_group(leader: Option<u32>) {
    let leader = leader.and_then(|leader| rustix::process::Pid::from_raw(leader.cast_signed()));
    if let Some(leader) = leader {
        rustix::process::kill_process_group(leader, rustix::process::Signal::KILL).ok();
    }
}

async fn read(mut output: pipe::Receiver, log: Log) {
    let mut buffer = vec![0; 8192];
    while let Ok(read @ 1..) = output.read(&mut buffer).await {
        log.append(&buffer[..read]);
    }
}
