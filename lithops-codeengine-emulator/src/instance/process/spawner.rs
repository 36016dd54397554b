//! The thread that starts processes.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use rustix::process::Rlimit;
use tokio::net::unix::pipe;
use tokio::process::Child;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::descriptors;
use super::room::Room;

/// Starts processes, from one thread that lives as long as this: the kernel kills a process when the
/// *thread* that has started it ends.
#[derive(Debug)]
pub(super) struct Spawner {
    orders: mpsc::Sender<Order>,
    /// How many files processes may open.
    files: Rlimit,
}

type Order = Box<dyn FnOnce() + Send>;

/// A process that was started.
#[derive(Debug)]
pub(super) struct Spawned {
    pub(super) child: Child,
    /// What it prints, on both streams.
    pub(super) output: pipe::Receiver,
    pub(super) room: Room,
}

/// Why there is none.
#[derive(Debug)]
pub(super) enum SpawnError {
    /// There is no such program.
    Missing { program: PathBuf, source: io::Error },
    /// It is not known what to start.
    NoProgram,
    /// Its arguments or its environment are too long.
    TooLong(io::Error),
    /// The system does not do it.
    System(io::Error),
}

impl From<io::Error> for SpawnError {
    fn from(source: io::Error) -> Self {
        Self::System(source)
    }
}

impl Spawner {
    /// Must be called within a tokio runtime: processes are waited for there.
    pub(super) fn start() -> io::Result<Self> {
        let files = descriptors::raise()?;
        let runtime = Handle::current();
        let (orders, inbox) = mpsc::channel::<Order>();
        let thread = std::thread::Builder::new().name("lithops-spawner".to_owned());
        thread.spawn(move || {
            let _runtime = runtime.enter();
            inbox.into_iter().for_each(|order| order());
        })?;
        Ok(Self { orders, files })
    }

    /// Does something in the thread that starts processes. What is started and not waited for is
    /// dropped.
    pub(super) async fn spawn(
        &self,
        start: impl FnOnce(Rlimit) -> Result<Spawned, SpawnError> + Send + 'static,
    ) -> Result<Spawned, SpawnError> {
        let files = self.files;
        let (told, answer) = oneshot::channel();
        let order = move || {
            if !told.is_closed() {
                // Nobody may wait any more: the process is killed then.
                told.send(start(files)).ok();
            }
        };
        let gone = || SpawnError::System(io::ErrorKind::BrokenPipe.into());
        self.orders.send(Box::new(order)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// Starts a process in a group of its own, which ends with this thread.
pub(super) fn spawn(
    mut command: Command,
    room: Room,
    files: Rlimit,
) -> Result<Spawned, SpawnError> {
    let (output, input) = io::pipe()?;
    let program = PathBuf::from(command.get_program());
    command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input).process_group(0);
    prepare(&mut command, files);
    let mut command = tokio::process::Command::from(command);
    let child = command.kill_on_drop(true).spawn().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => {
            SpawnError::Missing { program, source }
        }
        io::ErrorKind::ArgumentListTooLong => SpawnError::TooLong(source),
        _ => SpawnError::System(source),
    })?;
    let output = pipe::Receiver::from_owned_fd(OwnedFd::from(output))?;
    Ok(Spawned { child, output, room })
}

/// Has the process die with this thread, and open no more files than usual.
#[expect(unsafe_code, reason = "only a process itself can ask to die with its parent")]
fn prepare(command: &mut Command, files: Rlimit) {
    use rustix::process::{Signal, set_parent_process_death_signal};
    // SAFETY: between fork and exec, two system calls and nothing else: no lock, no allocation.
    unsafe {
        command.pre_exec(move || {
            set_parent_process_death_signal(Some(Signal::KILL))?;
            descriptors::restore(files)
        });
    }
}
