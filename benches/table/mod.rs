//! Turns, medians and the table of ratios.

#![allow(dead_code, reason = "each bench uses a part")]

use std::time::{Duration, Instant};

/// What one turn of one side took, a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// Nanoseconds of wall time a call.
    wall: f64,
    /// Nanoseconds of this process's CPU time a call, all threads together.
    cpu: f64,
}

impl Turn {
    /// A turn of which only the wall time is known.
    pub(crate) fn of(calls: u32, wall: Duration) -> Self {
        Self { wall: wall.as_nanos() as f64 / f64::from(calls), cpu: 0.0 }
    }
}

/// Times one run of `work`, as one call.
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (Turn, T) {
    let start = Instant::now();
    // Opaque, or a copy that nobody reads would not be made.
    let result = std::hint::black_box(work());
    (Turn::of(1, start.elapsed()), result)
}

/// Lets the sides take turns: each once, and so on, `count` times. The first round is not counted.
///
/// Each side makes `calls` calls when it is run; if they are few it is run repeatedly in a turn.
pub(crate) fn turns<const SIDES: usize>(
    count: usize,
    calls: u32,
    mut sides: [&mut dyn FnMut(); SIDES],
) -> [Vec<Turn>; SIDES] {
    let repeats = if count == 1 { 1 } else { (2000 / calls).clamp(1, 100) };
    let mut turns = [const { Vec::new() }; SIDES];
    for round in 0..=count {
        for (side, turns) in sides.iter_mut().zip(&mut turns) {
            let (cpu, start) = (cpu_time(), Instant::now());
            (0..repeats).for_each(|_| side());
            let (wall, cpu) = (start.elapsed(), cpu_time() - cpu);
            let calls = f64::from(calls) * f64::from(repeats);
            if round > 0 || count == 1 {
                let turn = |time: Duration| time.as_nanos() as f64 / calls;
                turns.push(Turn { wall: turn(wall), cpu: turn(cpu) });
            }
        }
        if count == 1 {
            break;
        }
    }
    turns
}

/// CPU time of this process so far, all threads together.
pub(crate) fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32)
}

/// What a comparison should come to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// Only told.
    None,
    AtMost(f64),
    Under(f64),
    /// A time.
    Within(Duration),
    AtLeast(f64),
    /// The difference, in nanoseconds a call.
    AboveByUnder(f64),
}

impl Target {
    fn text(self, value: f64) -> String {
        let (text, met) = match self {
            Self::None => return String::new(),
            Self::AtMost(limit) => (format!("≤ {limit}"), value <= limit),
            Self::Under(limit) => (format!("< {limit}"), value < limit),
            Self::Within(limit) => (format!("< {limit:?}"), value < limit.as_nanos() as f64),
            Self::AtLeast(limit) => (format!("≥ {limit}"), value >= limit),
            Self::AboveByUnder(limit) => (format!("< +{}", nanoseconds(limit)), value < limit),
        };
        format!("{text}: {}", if met { "met" } else { "missed" })
    }
}

/// The lines to be printed.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Whether what was measured is enough to be judged.
    judged: bool,
    lines: Vec<[String; 5]>,
    notes: Vec<String>,
}

impl Table {
    pub(crate) fn new(judged: bool) -> Self {
        Self { judged, ..Self::default() }
    }

    /// Wall times of two sides; the ratio is ours to the other's.
    pub(crate) fn times(&mut self, name: String, ours: &[Turn], beside: &[Turn], target: Target) {
        self.compare(name, &walls(ours), &walls(beside), nanoseconds, target);
    }

    /// Calls a second of two sides; the ratio is ours to the other's.
    pub(crate) fn rates(&mut self, name: String, ours: &[Turn], beside: &[Turn], target: Target) {
        let rates = |turns: &[Turn]| turns.iter().map(|turn| 1e9 / turn.wall).collect::<Vec<_>>();
        self.compare(name, &rates(ours), &rates(beside), |rate| format!("{rate:.0}/s"), target);
    }

    /// Throughput of two sides that move `bytes`; the ratio is of times, ours to the other's.
    pub(crate) fn throughput(
        &mut self,
        name: String,
        bytes: usize,
        ours: &[Turn],
        beside: &[Turn],
        target: Target,
    ) {
        let rate = |time: f64| format!("{:.0} MB/s", bytes as f64 / time * 1e3);
        self.compare(name, &walls(ours), &walls(beside), rate, target);
    }

    /// CPU times of two sides; instead of a ratio, how much more ours is.
    pub(crate) fn cpu(&mut self, name: String, ours: &[Turn], beside: &[Turn], target: Target) {
        let cpu = |turns: &[Turn]| quartiles(turns.iter().map(|turn| turn.cpu).collect())[1];
        let (ours_cpu, beside_cpu) = (cpu(ours), cpu(beside));
        let pairs = ours.iter().zip(beside).map(|(ours, beside)| ours.cpu - beside.cpu);
        let [low, _, high] = quartiles(pairs.collect()).map(signed);
        let above = ours_cpu - beside_cpu;
        let text = format!("{} ({low} to {high})", signed(above));
        let cells = [nanoseconds(ours_cpu), nanoseconds(beside_cpu), text];
        self.push(name, cells, target, above);
    }

    /// Bytes a call, beside nothing.
    pub(crate) fn memory(&mut self, name: String, bytes: Vec<f64>, target: Target) {
        let [_, bytes, _] = quartiles(bytes);
        let cells = [format!("{bytes:.0} B"), String::new(), String::new()];
        self.push(name, cells, target, bytes);
    }

    /// Times that nothing stands beside.
    pub(crate) fn duration(
        &mut self,
        name: String,
        times: impl Iterator<Item = Duration>,
        target: Target,
    ) {
        let [_, time, _] = quartiles(times.map(|time| time.as_nanos() as f64).collect());
        self.push(name, [nanoseconds(time), String::new(), String::new()], target, time);
    }

    /// How many there were of something.
    pub(crate) fn count(
        &mut self,
        name: String,
        counts: impl Iterator<Item = u64>,
        target: Target,
    ) {
        let [_, count, _] = quartiles(counts.map(|count| count as f64).collect());
        self.push(name, [format!("{count:.0}"), String::new(), String::new()], target, count);
    }

    /// Something to know of the measurement.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// A line with the ratio of medians, and the quartiles of each turn's own ratio.
    fn compare(
        &mut self,
        name: String,
        ours: &[f64],
        beside: &[f64],
        show: impl Fn(f64) -> String,
        target: Target,
    ) {
        let pairs = ours.iter().zip(beside).map(|(ours, beside)| ours / beside);
        let [low, _, high] = quartiles(pairs.collect()).map(ratio);
        let (ours, beside) = (quartiles(ours.to_vec())[1], quartiles(beside.to_vec())[1]);
        let text = format!("{} ({low} to {high})", ratio(ours / beside));
        self.push(name, [show(ours), show(beside), text], target, ours / beside);
    }

    fn push(&mut self, name: String, cells: [String; 3], target: Target, value: f64) {
        let [ours, beside, ratio] = cells;
        let target = if self.judged { target.text(value) } else { String::new() };
        let line = [name, ours, beside, ratio, target];
        // Told at once too: the whole takes a while.
        eprintln!("{}", line.join(" | "));
        self.lines.push(line);
    }

    /// Prints the table; `load` is what the machine did before.
    pub(crate) fn print(&self, load: &str) {
        let processors = std::thread::available_parallelism().map_or(0, usize::from);
        println!(
            "\nMedians of turns, and in brackets the quartiles of each turn's own; times are a call."
        );
        println!("{processors} processors, load average before: {load}.\n");
        println!("| measure | ours | beside | ratio | target |");
        println!("|---|---|---|---|---|");
        for line in &self.lines {
            println!("| {} |", line.join(" | "));
        }
        println!();
        for note in &self.notes {
            println!("- {note}");
        }
        let busy = load.split(' ').next().and_then(|load| load.parse().ok());
        if busy.is_some_and(|load: f64| load > 0.3) {
            println!("- the machine was not quiet: above a load of 0.3 these numbers say little");
        }
    }
}

/// Load averages of this machine, as text.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// A number of calls as people write it.
pub(crate) fn count(calls: u32) -> String {
    match calls {
        1 => "1 call".to_owned(),
        calls if calls % 1_000_000 == 0 => format!("{}M calls", calls / 1_000_000),
        calls if calls % 1000 == 0 => format!("{}k calls", calls / 1000),
        calls => format!("{calls} calls"),
    }
}

fn walls(turns: &[Turn]) -> Vec<f64> {
    turns.iter().map(|turn| turn.wall).collect()
}

/// First quartile, median and third quartile, each between its neighbours where it falls there.
fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [0.25, 0.5, 0.75].map(|part| {
        let place = part * (values.len() as f64 - 1.0);
        let at = |place: f64| values.get(place as usize).copied().unwrap_or(f64::NAN);
        let (low, high) = (at(place.floor()), at(place.ceil()));
        low + (high - low) * place.fract()
    })
}

fn ratio(ratio: f64) -> String {
    if ratio < 10.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
}

fn signed(time: f64) -> String {
    let sign = if time < 0.0 { "-" } else { "+" };
    format!("{sign}{}", nanoseconds(time.abs()))
}

fn nanoseconds(time: f64) -> String {
    match time {
        time if time < 10.0 => format!("{time:.1} ns"),
        time if time < 1e3 => format!("{time:.0} ns"),
        time if time < 1e6 => format!("{:.2} µs", time / 1e3),
        time => format!("{:.2} ms", time / 1e6),
    }
}
