//! What a call takes of its machine: time on processors, and memory.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The peak of a shorter call is not asked for: that would take longer than the call.
const LONG: Duration = Duration::from_millis(1);

/// Measures one call after another on the thread that runs them.
#[derive(Debug)]
pub(crate) struct Meter {
    clock: ClockId,
    /// What the clock said when the last call ended.
    cpu_ns: u64,
    memory: Option<PeakMemory>,
}

impl Meter {
    /// For calls that share their process with others.
    pub(crate) fn of_thread() -> Self {
        Self { clock: ClockId::ThreadCPUTime, cpu_ns: 0, memory: None }
    }

    /// For calls that have the process for themselves.
    pub(crate) fn of_process() -> Self {
        Self { clock: ClockId::ProcessCPUTime, cpu_ns: 0, memory: PeakMemory::of_process() }
    }

    /// Begins anew after a pause: what was used in it is no call's.
    pub(crate) fn begin(&mut self) {
        self.cpu_ns = self.now();
        // One that can't be set back any more is not asked any more.
        self.memory.take_if(|memory| !memory.set_back());
    }

    /// Ends a call that ran for `busy`; gives its nanoseconds on processors and its peak in bytes.
    /// The next call begins here.
    pub(crate) fn end(&mut self, busy: Duration) -> (u64, Option<u64>) {
        let now = self.now();
        let before = std::mem::replace(&mut self.cpu_ns, now);
        let memory = self.memory.as_mut().filter(|_| busy >= LONG);
        (now.saturating_sub(before), memory.and_then(PeakMemory::take))
    }

    fn now(&self) -> u64 {
        let now = clock_gettime(self.clock);
        now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
    }
}

/// The most memory that the process has held since it was last asked.
#[derive(Debug)]
struct PeakMemory {
    status: File,
    reset: File,
}

impl PeakMemory {
    /// `None` where the kernel doesn't let the peak be set back: one that only grows is not that of
    /// a call.
    fn of_process() -> Option<Self> {
        let status = File::open("/proc/self/status").ok()?;
        let reset = File::options().write(true).open("/proc/self/clear_refs").ok()?;
        let mut memory = Self { status, reset };
        memory.set_back().then_some(memory)
    }

    fn take(&mut self) -> Option<u64> {
        let mut text = [0; 2048];
        let read = self.status.read_at(&mut text, 0).ok()?;
        let peak = high_water_mark(&String::from_utf8_lossy(&text[..read]))?;
        self.set_back().then_some(peak)
    }

    /// Sets the peak back to what is held now.
    fn set_back(&mut self) -> bool {
        // 5 stands for the peak: `proc_pid_clear_refs(5)`.
        self.reset.write_at(b"5", 0).is_ok()
    }
}

/// The line `VmHWM` of `/proc/PID/status`, in bytes.
fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_found_in_what_the_kernel_tells() {
        let status = "Name:\tx\nVmPeak:\t  900 kB\nVmHWM:\t     512 kB\nVmRSS:\t 100 kB\n";
        assert_eq!(high_water_mark(status), Some(512 * 1024));
        assert_eq!(high_water_mark("Name:\tx\n"), None);
    }

    #[test]
    fn time_on_the_processor_is_counted_from_the_call_before() {
        let mut meter = Meter::of_thread();
        meter.begin();
        let mut spun = 0u64;
        while meter.now() - meter.cpu_ns < 2_000_000 {
            spun = std::hint::black_box(spun + 1);
        }
        let (used, peak) = meter.end(Duration::from_millis(2));
        assert!(used >= 2_000_000, "{used}");
        assert_eq!(peak, None);
        let (next, _) = meter.end(Duration::ZERO);
        assert!(next < used, "{next} after {used}");
    }
}
