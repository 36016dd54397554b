//! What an executor has in the shared folder: the program, its own folder, the settings of workers.

use bytes::Bytes;
use lithops_core::ports::{ComputeError, ComputeErrorKind};

use crate::SlurmConfig;
use crate::cluster::{Cluster, QUESTION};
use crate::folder::{Folder, as_said};
use crate::login::{ANSWER, CommandError, Login, UPLOAD, quote, slurm};
use crate::program::Program;
use crate::refused::{error, from_command};

const PREPARE: &str = "prepare the shared folder";
const SHIP: &str = "bring the program to the cluster";
const SETTINGS: &str = "bring the settings of storages to the cluster";

/// Stands before what the shell tells of the folder, after what a user's profile may print.
const MARK: &str = "lithops-folder:";

/// The places of one executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) folder: Folder,
    /// The executor's own folder; nobody else sees into it.
    pub(crate) own: String,
    /// The program.
    pub(crate) program: String,
    /// The configuration file of workers, if they have one.
    pub(crate) settings: Option<String>,
    pub(crate) cluster: Cluster,
}

impl Home {
    /// Makes the executor called `client` its places, with the program there.
    ///
    /// # Errors
    /// [`ComputeError`] if Slurm does not answer, or the folder can't be used.
    pub(crate) async fn prepare(
        login: &Login,
        config: &SlurmConfig,
        client: &str,
        owner: &str,
    ) -> Result<Self, ComputeError> {
        let question = question(config, client, owner);
        // It takes about as long to know a program by its bytes as to have the folders made.
        let (program, said) = tokio::join!(Program::read(config), login.ask(&question));
        let (program, said) = (program?, said.map_err(|source| from_command(PREPARE, source))?);
        let Some((path, rest)) = answer(&said) else {
            let message = format!("the shell gives no answer that can be understood: {said}");
            return Err(error(ComputeErrorKind::Start, PREPARE, message));
        };
        let (folder, cluster) = (Folder::at(path), Cluster::read(rest));
        let own = folder.client(client);
        let place = if config.keep_program {
            folder.program(&program.digest)
        } else {
            format!("{own}/program")
        };
        if !(config.keep_program && is_there(login, &place).await?) {
            tracing::debug!(bytes = program.bytes.len(), place, "the program is shipped");
            put(login, &place, &own, "700", program.bytes, SHIP).await?;
        }
        let mut settings = None;
        if let Some(text) = &config.worker_settings {
            let place = format!("{own}/lithops.toml");
            let text = Bytes::from(text.expose().to_owned());
            put(login, &place, &own, "600", text, SETTINGS).await?;
            settings = Some(place);
        }
        Ok(Self { folder, own, program: place, settings, cluster })
    }

    /// Removes the executor's own folder, and the folders around it that are empty then.
    ///
    /// # Errors
    /// [`CommandError`] if something can't be removed.
    pub(crate) async fn remove(&self, login: &Login) -> Result<(), CommandError> {
        let folder = quote(self.folder.path());
        let line = format!(
            "rm -rf -- {} && {{ rmdir -- {folder}/clients {folder}/programs 2>/dev/null; true; }}",
            quote(&self.own)
        );
        login.ask(&line).await.map(drop)
    }

    /// Where the tasks of an array job write what they print.
    pub(crate) fn log(&self, array: &str, task: impl std::fmt::Display) -> String {
        format!("{}/logs/{array}-{task}", self.own)
    }
}

/// Whether a program is there. Its time says from now on that it was used.
async fn is_there(login: &Login, program: &str) -> Result<bool, ComputeError> {
    let program = quote(program);
    let line = format!("if test -x {program} && touch {program}; then echo there; fi");
    let said = login.ask(&line).await.map_err(|source| from_command(PREPARE, source))?;
    Ok(said.lines().any(|line| line == "there"))
}

/// Makes the folders, and asks how large arrays may be.
fn question(config: &SlurmConfig, client: &str, owner: &str) -> String {
    let folder = as_said(&config.folder);
    let own = quote(&format!("clients/{client}"));
    let refused = "the folder in slurm.folder can be changed by others, who could have their programs \
                   run as you: take it from them (chmod go-w), or say one of your own";
    let steps = [
        "umask 077".to_owned(),
        format!("mkdir -p {folder}"),
        format!("cd {folder}"),
        // Whoever may rename what is in it may put another program there.
        format!(
            "if ! test -O . || test -n \"$(find . -maxdepth 0 -perm /022)\"; then echo {} >&2; exit \
             40; fi",
            quote(refused)
        ),
        format!("mkdir -p programs {own}/logs"),
        format!("printf %s {} > {own}/owner", quote(owner)),
        format!("echo {MARK}\"$PWD\""),
        slurm(QUESTION),
    ];
    steps.join(" && ")
}

/// The folder, and the rest.
fn answer(said: &str) -> Option<(&str, &str)> {
    let (_, said) = said.split_once(MARK)?;
    said.split_once('\n').filter(|(path, _)| path.starts_with('/'))
}

/// Puts a file into the folder: whole, or not at all.
pub(crate) async fn put(
    login: &Login,
    place: &str,
    own: &str,
    mode: &str,
    content: Bytes,
    operation: &'static str,
) -> Result<(), ComputeError> {
    let size = content.len();
    // Others may be on their way at the same time.
    let name = place.rsplit('/').next().unwrap_or_default();
    let (staged, place) = (quote(&format!("{own}/staged-{name}")), quote(place));
    // A connection that breaks ends the input too, as if it had been whole.
    let executable =
        if mode == "600" { String::new() } else { format!("chmod {mode} {staged} && ") };
    let line = format!(
        "umask 077 && cat > {staged} && test \"$(wc -c < {staged})\" -eq {size} && {executable}mv \
         {staged} {place}"
    );
    let bound = if size > 1 << 16 { UPLOAD } else { ANSWER };
    let done = login.run(&line, content, bound).await;
    done.map(drop).map_err(|source| from_command(operation, source))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use lithops_core::secret::Secret;

    use super::*;

    /// A shell that has a `scontrol`, whose answer is as Slurm's.
    async fn prepare(config: &SlurmConfig) -> Result<Home, ComputeError> {
        let login = Login::new(None, None).unwrap();
        Home::prepare(&login, config, "client", "owner 1 2").await
    }

    fn config(folder: &std::path::Path) -> SlurmConfig {
        let program = Some("/bin/true".into());
        SlurmConfig { program, ..SlurmConfig::new(folder) }
    }

    #[test]
    fn what_a_profile_prints_is_no_answer() {
        assert_eq!(
            answer("Welcome!\nlithops-folder:/s/l\nMaxArraySize = 7\n"),
            Some(("/s/l", "MaxArraySize = 7\n"))
        );
        assert_eq!(answer("lithops-folder:s\n"), None);
        assert_eq!(answer("Welcome!\n"), None);
    }

    #[tokio::test]
    async fn a_folder_that_others_can_change_is_refused_before_anything_is_put_there() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let error = prepare(&config(folder.path())).await.unwrap_err();
        assert!(error.message.contains("can be changed by others"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_file_is_put_whole_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().to_str().unwrap();
        let login = Login::new(None, None).unwrap();
        let place = format!("{own}/it's");
        let settings = Secret::new("key = 1");
        let text = Bytes::from(settings.expose().to_owned());
        put(&login, &place, own, "600", text, SETTINGS).await.unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), "key = 1");
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(own).unwrap().count(), 1);
    }
}
