//! What workers have started and left to the first process of a container.

use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions, WaitOptions, waitid, waitpid};

/// How often it is reaped.
const REAP: Duration = Duration::from_secs(2);

/// Reaps, from now on, the orphans that this process inherits: each that has ended counts as a
/// process until then.
///
/// `round` is given each turn, and calls what it is given with whether a process is a worker, of
/// whom others want to know the end.
pub(crate) fn reap_orphans(round: impl Fn(&dyn Fn(&dyn Fn(u32) -> bool)) + Send + 'static) {
    let reap = move || loop {
        std::thread::sleep(REAP);
        round(&reap_all_but);
    };
    let reaper = std::thread::Builder::new().name("lithops-reap".to_owned());
    if let Err(error) = reaper.stack_size(256 << 10).spawn(reap) {
        eprintln!("lithops: what calls leave behind is not reaped: {error}");
    }
}

fn reap_all_but(is_worker: &dyn Fn(u32) -> bool) {
    // Mostly there is none; to look through all processes is not for nothing.
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    if !matches!(waitid(WaitId::All, ended), Ok(Some(_))) {
        return;
    }
    let own = std::process::id();
    let Ok(processes) = std::fs::read_dir("/proc") else { return };
    let numbers = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    for number in numbers {
        if !is_worker(number)
            && is_dead_child(number, own)
            && let Some(orphan) = Pid::from_raw(number.cast_signed())
        {
            // It has ended, so this waits for nothing.
            waitpid(Some(orphan), WaitOptions::NOHANG).ok();
        }
    }
}

/// Whether a process has ended and `parent` is to reap it.
fn is_dead_child(process: u32, parent: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, in parentheses, may hold spaces and parentheses itself.
    let mut fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    fields.next() == Some("Z") && fields.next().and_then(|of| of.parse().ok()) == Some(parent)
}
