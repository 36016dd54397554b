//! What a call takes of its machine: time on processors, and memory.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The clock of the processor takes a system call: a shorter call counts as at work all the time.
const SHORT: Duration = Duration::from_micros(50);
/// After so much of such calls the clock is read again, so that their sum strays no further.
const STRAY: Duration = Duration::from_micros(200);
/// The peak of a shorter call is not asked for: that would take longer than the call.
const LONG: Duration = Duration::from_millis(1);

/// Measures one call after another on the thread that runs them.
#[derive(Debug)]
pub(crate) struct Meter {
    clock: ClockId,
    /// What the clock said when it was last read.
    cpu_ns: u64,
    /// How long short calls have taken since then.
    short: Duration,
    memory: Option<PeakMemory>,
}

impl Meter {
    /// For calls that share their process with others.
    pub(crate) fn of_thread() -> Self {
        Self { clock: ClockId::ThreadCPUTime, cpu_ns: 0, short: Duration::ZERO, memory: None }
    }

    /// For calls that have the process for themselves.
    pub(crate) fn of_process() -> Self {
        let memory = PeakMemory::of_process();
        Self { clock: ClockId::ProcessCPUTime, cpu_ns: 0, short: Duration::ZERO, memory }
    }

    /// Begins anew after a pause: what was used in it is no call's.
    pub(crate) fn begin(&mut self) {
        self.read();
        // One that can't be set back any more is not asked any more.
        self.memory.take_if(|memory| !memory.set_back());
    }

    /// Ends a call that ran for `busy`; gives its nanoseconds on processors and its peak in bytes.
    /// The next call begins here.
    pub(crate) fn end(&mut self, busy: Duration) -> (u64, Option<u64>) {
        if busy < SHORT {
            self.short += busy;
            if self.short >= STRAY {
                self.read();
            }
            return (busy.as_nanos() as u64, None);
        }
        let before = self.cpu_ns + self.short.as_nanos() as u64;
        let used = self.read().saturating_sub(before);
        let memory = self.memory.as_mut().filter(|_| busy >= LONG);
        (used, memory.and_then(PeakMemory::take))
    }

    fn read(&mut self) -> u64 {
        self.cpu_ns = self.now();
        self.short = Duration::ZERO;
        self.cpu_ns
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
        let (next, _) = meter.end(Duration::from_millis(1));
        assert!(next < used, "{next} after {used}");
    }

    #[test]
    fn a_short_call_counts_as_at_work_and_is_left_out_of_the_next() {
        let mut meter = Meter::of_thread();
        meter.begin();
        for _ in 0..3 {
            assert_eq!(meter.end(Duration::from_micros(40)), (40_000, None));
        }
        // 120 µs are said to have been used by short calls: no more than is over is the next one's.
        let since = meter.cpu_ns;
        let (used, _) = meter.end(Duration::from_millis(1));
        assert_eq!(used, (meter.cpu_ns - since).saturating_sub(120_000));
        for _ in 0..5 {
            meter.end(Duration::from_micros(40));
        }
        assert_eq!(meter.short, Duration::ZERO);
    }
}
