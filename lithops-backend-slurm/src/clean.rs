//! Removing what is ours in a cluster: jobs of Slurm, and what is in the shared folder.

use std::fmt::Write;

use lithops_core::ports::{ComputeError, Leftover};
use lithops_worker::Owner;

use crate::SlurmConfig;
use crate::folder::as_said;
use crate::login::{CommandError, Login, quote, slurm};
use crate::name::PREFIX;
use crate::refused::from_command;

const FIND: &str = "find what was left behind";
const REMOVE: &str = "remove what was left behind";

/// A program that nobody has used for so many days is removed.
const PROGRAM_DAYS: u32 = 7;

/// How often is looked, each time after 50 ms, whether jobs have ended that were cancelled, and whether those
/// have of which nothing is left but what Slurm does itself.
const STOPPING: u32 = 200;
const COMPLETING: u32 = 40;

/// How the lines of an answer begin that tell of a job, of an executor's folder, and of a program.
const JOB: &str = "lithops-job|";
const CLIENT: &str = "lithops-client|";
const PROGRAM: &str = "lithops-program|";

/// The owner of a folder that was left half removed, or half made, a day ago or more.
const NOBODY: &str = "nobody";

/// Cancels jobs, and waits until their processes have ended: what those write must not come after
/// what was written is removed.
///
/// # Errors
/// [`CommandError`] if Slurm does not take it.
pub(crate) async fn stop(login: &Login, jobs: &[u64]) -> Result<(), CommandError> {
    if jobs.is_empty() {
        return Ok(());
    }
    let numbers: Vec<String> = jobs.iter().map(u64::to_string).collect();
    let mut cancel = vec!["scancel", "--quiet"];
    cancel.extend(numbers.iter().map(String::as_str));
    let listed = numbers.join(",");
    let states = "--states=RUNNING,PENDING,SUSPENDED,CONFIGURING,COMPLETING";
    let left = slurm(["squeue", "--noheader", "--jobs", &listed, states, "-o", "%t"]);
    // Those on a node that has died are completing until Slurm gives the node up: nothing is
    // written there any more.
    let line = format!(
        "{}; code=$?; turns={STOPPING}; last={COMPLETING}; while left=$({left} 2>/dev/null) && [ -n \
         \"$left\" ] && [ $turns -gt 0 ] && [ $last -gt 0 ]; do turns=$((turns - 1)); case \"$left\" in \
         *[!CG[:space:]]*) ;; *) last=$((last - 1)) ;; esac; sleep 0.05; done; exit $code",
        slurm(cancel),
    );
    match login.ask(&line).await {
        // All of them have ended a while ago.
        Err(CommandError::Failed { said, .. }) if said.contains("Invalid job id") => Ok(()),
        done => done.map(drop),
    }
}

/// As [`stop`], where nobody is left who could do more about a failure than to be told.
pub(crate) async fn stop_or_tell(login: &Login, jobs: &[u64]) {
    if let Err(error) = stop(login, jobs).await {
        tracing::warn!(%error, ?jobs, "jobs of Slurm could not be cancelled: use `scancel`");
    }
}

/// What is ours in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) jobs: Vec<FoundJob>,
    pub(crate) clients: Vec<FoundClient>,
    /// The paths of programs.
    pub(crate) programs: Vec<String>,
}

/// A job of Slurm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundJob {
    pub(crate) id: u64,
    pub(crate) name: String,
    owner: String,
}

/// The folder of an executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundClient {
    path: String,
    owner: String,
}

impl Found {
    /// Looks for jobs and folders; only programs that nobody has used for long, unless `all`.
    ///
    /// # Errors
    /// [`ComputeError`] if Slurm can't be asked.
    pub(crate) async fn look(
        login: &Login,
        config: &SlurmConfig,
        all: bool,
    ) -> Result<Self, ComputeError> {
        let folder = as_said(&config.folder);
        let format = format!("{JOB}%F|%j|%k");
        // Each array once, whatever becomes of its tasks.
        let ask = slurm(["squeue", "--noheader", "-o", &format]);
        let age = if all { String::new() } else { format!(" -mtime +{PROGRAM_DAYS}") };
        let line = format!(
            "{ask} --user \"$(id -un)\" && if cd {folder} 2>/dev/null; then for client in clients/*/; do \
             if test -d \"$client\"; then printf '%s\\n' {}\"$(cat \"$client\"owner 2>/dev/null || find \
             \"$client\" -maxdepth 0 -mtime +0 -exec echo {NOBODY} \\;)|$PWD/${{client%/}}\"; fi; done; \
             if test -d programs; then find \"$PWD/programs\" -type f{age} -exec printf '{PROGRAM}%s\\n' \
             {{}} \\;; fi; fi",
            quote(CLIENT),
        );
        let said = login.ask(&line).await.map_err(|source| from_command(FIND, source))?;
        Ok(Self::read(&said))
    }

    fn read(said: &str) -> Self {
        let mut found = Self::default();
        for line in said.lines() {
            if let Some(rest) = line.strip_prefix(JOB) {
                let mut fields = rest.splitn(3, '|');
                let (id, name, owner) = (fields.next(), fields.next(), fields.next());
                let id = id.and_then(|id| id.trim().parse().ok());
                if let (Some(id), Some(name), Some(owner)) = (id, name, owner)
                    && name.starts_with(PREFIX)
                    && found.jobs.iter().all(|known| known.id != id)
                {
                    let (name, owner) = (name.to_owned(), owner.to_owned());
                    found.jobs.push(FoundJob { id, name, owner });
                }
            } else if let Some((owner, path)) =
                // A path may have a bar in it.
                line.strip_prefix(CLIENT).and_then(|rest| rest.split_once('|'))
            {
                let (owner, path) = (owner.to_owned(), path.to_owned());
                found.clients.push(FoundClient { path, owner });
            } else if let Some(path) = line.strip_prefix(PROGRAM) {
                found.programs.push(path.to_owned());
            }
        }
        found
    }

    /// Only what dead clients of this machine have left.
    pub(crate) fn of_the_dead(mut self, owner: &Owner) -> Self {
        self.jobs.retain(|job| owner.is_leftover(&job.owner));
        let of_the_dead = |of: &str| of == NOBODY || owner.is_leftover(of);
        self.clients.retain(|client| of_the_dead(&client.owner));
        self
    }

    /// Only the jobs of just this name.
    pub(crate) fn called(mut self, name: &str) -> Self {
        self.jobs.retain(|job| job.name == name);
        Self { jobs: self.jobs, ..Self::default() }
    }

    /// Only the jobs whose names begin so.
    pub(crate) fn named(mut self, beginning: &str) -> Self {
        self.jobs.retain(|job| job.name.starts_with(beginning));
        Self { jobs: self.jobs, ..Self::default() }
    }

    pub(crate) fn count(&self) -> usize {
        self.jobs.len() + self.clients.len() + self.programs.len()
    }

    /// What was found, for people.
    pub(crate) fn leftovers(&self) -> Vec<Leftover> {
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let jobs = self
            .jobs
            .iter()
            .map(|job| Leftover::named("job of Slurm", format!("{} ({})", job.id, job.name)));
        let clients =
            self.clients.iter().map(|client| Leftover::named("folder", name(&client.path)));
        let programs = self.programs.iter().map(|path| Leftover::named("program", name(path)));
        jobs.chain(clients).chain(programs).collect()
    }

    /// Removes what was found; gives how many things that were.
    ///
    /// # Errors
    /// [`ComputeError`] with what can't be removed.
    pub(crate) async fn remove(self, login: &Login) -> Result<usize, ComputeError> {
        let ids: Vec<u64> = self.jobs.iter().map(|job| job.id).collect();
        stop(login, &ids).await.map_err(|source| from_command(REMOVE, source))?;
        let clients = self.clients.iter().map(|client| client.path.as_str());
        let paths: Vec<&str> = clients.chain(self.programs.iter().map(String::as_str)).collect();
        remove_paths(login, &paths).await.map_err(|source| from_command(REMOVE, source))?;
        Ok(self.count())
    }
}

/// Removes files and folders, and the folders around them that are empty then.
///
/// # Errors
/// [`CommandError`] if something can't be removed.
async fn remove_paths(login: &Login, paths: &[&str]) -> Result<(), CommandError> {
    if paths.is_empty() {
        return Ok(());
    }
    let mut line = "rm -rf --".to_owned();
    let mut parents = String::new();
    for path in paths {
        // Writing to a string can't fail.
        write!(line, " {}", quote(path)).ok();
        if let Some((parent, _)) = path.rsplit_once('/') {
            write!(parents, " {}", quote(parent)).ok();
        }
    }
    login.ask(&format!("{line} && {{ rmdir --{parents} 2>/dev/null; true; }}")).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_is_read_and_all_else_passed_over() {
        let found = Found::read(
            "Welcome\nlithops-job|12|lithops-a-001-w0-0|boot/pid:[1] 2 3\nlithops-job|12|lithops-a-\
             001-w0-0|boot/pid:[1] 2 3\nlithops-job|13|wrap|(null)\nlithops-client|boot 2 3|/s/a|b/\
             clients/c\nlithops-program|/s/programs/d1\n",
        );
        assert_eq!(found.count(), 3);
        let told: Vec<_> = found.leftovers().into_iter().map(|l| (l.kind, l.name)).collect();
        assert_eq!(
            told,
            [
                ("job of Slurm", "12 (lithops-a-001-w0-0)".to_owned()),
                ("folder", "c".to_owned()),
                ("program", "d1".to_owned()),
            ]
        );
        assert_eq!(found.clients[0].path, "/s/a|b/clients/c");
        assert_eq!(found.clone().named("lithops-a-001-w").count(), 1);
        assert_eq!(found.named("lithops-b-").count(), 0);
    }

    #[test]
    fn a_job_of_a_name_is_not_one_whose_name_goes_on() {
        let found = Found::read("lithops-job|7|lithops-c-l1|o\nlithops-job|8|lithops-c-l12|o\n");
        let ids = found.called("lithops-c-l1").jobs.into_iter().map(|job| job.id);
        assert_eq!(ids.collect::<Vec<_>>(), [7]);
    }

    #[test]
    fn only_what_dead_processes_of_this_machine_have_left_is_theirs() -> std::io::Result<()> {
        let owner = Owner::current()?;
        let mine = owner.to_text();
        let (place, _) = mine.split_once(' ').unwrap_or_default();
        let found = Found::read(&format!(
            "lithops-job|1|lithops-a|{mine}\nlithops-job|2|lithops-b|{place} 4194304 1\nlithops-job|3|\
             lithops-c|elsewhere 4194304 1\n"
        ));
        let dead = found.of_the_dead(&owner);
        assert_eq!(dead.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [2]);
        Ok(())
    }
}
