//! A progress bar for long jobs.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use lithops_core::api::JobSummary;
use lithops_core::ports::{JobObserver, JobWatch};
use lithops_core::wire::JobId;

/// Jobs shorter than this show nothing.
const LONG: Duration = Duration::from_secs(1);
/// How often a bar is drawn.
const TICK: Duration = Duration::from_millis(200);

/// A bar for each job that takes long, or `None` if none is to be shown.
pub(crate) fn bar(wanted: Option<bool>) -> Option<Arc<dyn JobObserver>> {
    let shown = wanted.unwrap_or_else(|| std::io::stderr().is_terminal());
    shown.then(|| Arc::new(Bars::new()) as Arc<dyn JobObserver>)
}

/// Jobs under way, with their bars once they take long.
type Live = Vec<(JobId, Option<ProgressBar>)>;

struct Bars {
    bars: MultiProgress,
    live: Arc<Mutex<Live>>,
}

impl Bars {
    fn new() -> Self {
        let target = ProgressDrawTarget::stderr();
        Self { bars: MultiProgress::with_draw_target(target), live: Arc::default() }
    }
}

impl JobObserver for Bars {
    fn job_started(&self, watch: Arc<dyn JobWatch>) {
        let id = watch.job().clone();
        self.live.lock().unwrap_or_else(PoisonError::into_inner).push((id.clone(), None));
        let (live, bars) = (Arc::clone(&self.live), self.bars.clone());
        lithops_core::run::runtime().spawn(async move {
            let mut waited = Duration::ZERO;
            loop {
                tokio::time::sleep(TICK).await;
                waited += TICK;
                let mut live = live.lock().unwrap_or_else(PoisonError::into_inner);
                let Some((_, bar)) = live.iter_mut().find(|(job, _)| *job == id) else { return };
                if waited >= LONG {
                    let bar = bar.get_or_insert_with(|| {
                        let bar = new_bar(watch.title(), waited);
                        show(&bar, watch.as_ref());
                        bars.add(bar)
                    });
                    show(bar, watch.as_ref());
                }
            }
        });
    }

    fn job_ended(&self, watch: &Arc<dyn JobWatch>, summary: Option<&JobSummary>) {
        let job = watch.job();
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = live.iter().position(|(id, _)| id == job) else { return };
        let (_, bar) = live.swap_remove(place);
        let Some(bar) = bar else { return };
        bar.finish_and_clear();
        if let Some(summary) = summary {
            // A terminal that is gone needs no summary.
            self.bars.println(format!("{}: {summary}", summary.title)).ok();
        }
    }
}

/// A bar of a job that has run for `elapsed`; drawn nowhere until it is added to the others.
fn new_bar(title: &str, elapsed: Duration) -> ProgressBar {
    let bar = ProgressBar::hidden().with_elapsed(elapsed);
    let template = "{prefix} {bar:30} {pos}/{len} {msg}, {per_sec} [{elapsed} < {eta}]";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(title.to_owned());
    bar
}

fn show(bar: &ProgressBar, watch: &dyn JobWatch) {
    let progress = watch.progress();
    bar.set_length(progress.total as u64);
    let mut message = format!("{} running", progress.running);
    if progress.failed > 0 {
        message += &format!(", {} failed", progress.failed);
    }
    if let Some(cost) = watch.summary().so_far {
        message += &format!(", at least {:.4} {}", cost.price, cost.rates.currency);
    }
    bar.set_message(message);
    bar.set_position(progress.done as u64);
}
