//! Where Slurm's commands are run: on this machine, or on a login node by the system's `ssh`.

mod quote;
mod ssh;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

pub(crate) use quote::quote;
use ssh::Ssh;

/// How long a controller that is busy may take to answer, with the tries that Slurm's commands make
/// themselves: those last a minute, and then they say what is wrong.
pub(crate) const ANSWER: Duration = Duration::from_secs(75);
/// How long a program may take on its way to the cluster.
pub(crate) const UPLOAD: Duration = Duration::from_secs(600);

/// What Slurm's commands are given of the environment. All else stays here: they hand on what they
/// have to the tasks, and the controller keeps it where others may read.
const KEPT: &str = "HOME=\"$HOME\" PATH=\"$PATH\" USER=\"${USER-}\" LOGNAME=\"${LOGNAME-}\" \
                    ${LANG:+LANG=\"$LANG\"} ${SLURM_CONF:+SLURM_CONF=\"$SLURM_CONF\"} \
                    ${SLURM_CLUSTERS:+SLURM_CLUSTERS=\"$SLURM_CLUSTERS\"}";

/// A shell on the machine that has Slurm's commands.
#[derive(Debug)]
pub(crate) struct Login {
    ssh: Option<Ssh>,
}

/// Why a command has not done what it was to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The shell, or `ssh`, can't be started.
    #[error("`{program}` can't be started: {source}")]
    Start {
        program: &'static str,
        #[source]
        source: std::io::Error,
    },
    /// What came of it can't be read.
    #[error("what became of a command can't be read: {0}")]
    Lost(#[source] std::io::Error),
    /// There is no way to the login node.
    #[error("`ssh {destination}` does not work: {said}")]
    NoWay { destination: String, said: String },
    /// It took too long.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// It has ended with another code than 0.
    #[error("{said}")]
    Failed { code: Option<i32>, said: String },
}

impl CommandError {
    /// Whether it may have been carried out all the same.
    pub(crate) fn is_uncertain(&self) -> bool {
        match self {
            Self::Start { .. } => false,
            Self::Lost(_) | Self::NoWay { .. } | Self::Silent(_) => true,
            // The controller may have taken an order whose answer got lost.
            Self::Failed { said, .. } => {
                ["timed out", "socket", "Zero Bytes"].iter().any(|words| said.contains(words))
            }
        }
    }
}

/// The line that runs one of Slurm's commands, each word as it is.
pub(crate) fn slurm<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(quote).collect();
    format!("env -i {KEPT} {}", words.join(" "))
}

impl Login {
    /// Commands of this machine, or of the login node `destination`.
    ///
    /// # Errors
    /// If there is no place for the socket of the connection to a login node.
    pub(crate) fn new(destination: Option<&str>, config: Option<&Path>) -> std::io::Result<Self> {
        let ssh = destination.map(|destination| Ssh::new(destination, config));
        Ok(Self { ssh: ssh.transpose()? })
    }

    /// Runs a line of shell, which reads `input`; gives what it has printed.
    ///
    /// # Errors
    /// [`CommandError`]; the line may run on if it was too slow on a login node.
    pub(crate) async fn run(
        &self,
        line: &str,
        input: Bytes,
        bound: Duration,
    ) -> Result<String, CommandError> {
        let (program, mut command) = match &self.ssh {
            Some(ssh) => ("ssh", ssh.command(line)),
            None => {
                let mut command = Command::new("/bin/sh");
                command.args(["-c", line]);
                ("/bin/sh", command)
            }
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // It must not be ended by a Ctrl-C that is meant for the client: it may be the one that
        // cleans up.
        command.kill_on_drop(true).process_group(0);
        let child = command.spawn().map_err(|source| CommandError::Start { program, source })?;
        let output = timeout(bound, feed(child, input)).await;
        let output =
            output.map_err(|_| CommandError::Silent(bound))?.map_err(CommandError::Lost)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        match (&self.ssh, output.status.code()) {
            (Some(ssh), Some(ssh::FAILED)) => {
                Err(CommandError::NoWay { destination: ssh.destination().to_owned(), said })
            }
            (_, code) => Err(CommandError::Failed { code, said }),
        }
    }

    /// As [`run`](Self::run), for a line that reads nothing and answers soon.
    ///
    /// # Errors
    /// As `run`.
    pub(crate) async fn ask(&self, line: &str) -> Result<String, CommandError> {
        self.run(line, Bytes::new(), ANSWER).await
    }

    /// Hangs up.
    pub(crate) async fn close(&self) {
        if let Some(ssh) = &self.ssh {
            ssh.close().await;
        }
    }
}

/// Gives a process its input while its output is read, so that neither waits for the other.
async fn feed(mut child: Child, input: Bytes) -> std::io::Result<std::process::Output> {
    let stdin = child.stdin.take();
    let write = async move {
        if let Some(mut stdin) = stdin {
            // One that ends without reading it says by its code whether that is right.
            stdin.write_all(&input).await.ok();
        }
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), write);
    output
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn here() -> Login {
        Login::new(None, None).unwrap()
    }

    #[tokio::test]
    async fn a_line_reads_its_input_and_gives_its_output() {
        let large = Bytes::from(vec![b'x'; 1 << 20]);
        let said = here().run("wc -c; echo \"it's\"", large, ANSWER).await.unwrap();
        assert_eq!(said, "1048576\nit's\n");
    }

    #[tokio::test]
    async fn a_line_that_fails_tells_its_code_and_what_it_said() {
        let error = here().ask("echo no >&2; exit 7").await.unwrap_err();
        let CommandError::Failed { code, said } = error else { panic!("{error:?}") };
        assert_eq!((code, said.as_str()), (Some(7), "no"));
    }

    #[tokio::test]
    async fn a_line_that_does_not_end_is_given_up() {
        let bound = Duration::from_millis(50);
        let error = here().run("exec sleep 600", Bytes::new(), bound).await.unwrap_err();
        assert!(matches!(error, CommandError::Silent(_)), "{error:?}");
        assert!(error.is_uncertain());
    }

    #[tokio::test]
    async fn slurms_commands_have_nothing_of_the_clients_environment_but_what_they_need() {
        let line =
            format!("export AWS_SECRET_ACCESS_KEY=s3cr3t SLURM_CONF='/a b'; {}", slurm(["env"]));
        let said = here().ask(&line).await.unwrap();
        assert!(said.contains("SLURM_CONF=/a b\n"), "{said}");
        assert!(said.contains("PATH="), "{said}");
        assert!(!said.contains("s3cr3t"), "{said}");
    }
}
