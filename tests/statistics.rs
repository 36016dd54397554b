//! What is told of calls: time on processors, memory, bytes; to the caller and to observers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what a call prints is kept with it")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lithops::prelude::*;
use lithops::{CallRecord, JobObserver, JobSummary, JobWatch, Logs};

/// Uses the processor for so many milliseconds of its own time, or waits that long.
fn spend(order: (bool, u64)) -> u64 {
    let (spin, ms) = order;
    let time = rustix::time::ClockId::ThreadCPUTime;
    let used = || Duration::try_from(rustix::time::clock_gettime(time)).unwrap();
    let (start, began) = (used(), Instant::now());
    let limit = Duration::from_millis(ms);
    while if spin { used() - start < limit } else { began.elapsed() < limit } {
        if !spin {
            std::thread::park_timeout(limit);
        }
    }
    ms
}

/// Holds so many mebibytes, every page touched, for a little longer than a millisecond.
fn hold(mebibytes: usize) -> usize {
    let held = std::hint::black_box(vec![1u8; mebibytes << 20]);
    std::thread::park_timeout(Duration::from_millis(3));
    held.iter().step_by(4096).map(|byte| usize::from(*byte)).sum()
}

#[tokio::test]
async fn time_on_processors_is_that_of_the_call() {
    for backend in ["threads", "processes"] {
        let builder = FunctionExecutor::builder().backend(backend).workers(1);
        let exec = builder.build().await.unwrap();
        let handle = exec.map(spend, [(true, 40), (false, 40), (true, 80)]).submit().unwrap();
        assert_eq!(handle.results().await.unwrap(), [40, 40, 80]);
        let cpu = |index| handle.future(index).stats().unwrap().cpu;
        let [spun, waited, longer] = [cpu(0), cpu(1), cpu(2)];
        assert!(spun >= Duration::from_millis(40), "{backend}: {spun:?}");
        assert!(waited < Duration::from_millis(30), "{backend}: {waited:?}");
        assert!(longer >= Duration::from_millis(80), "{backend}: {longer:?}");
    }
}

#[tokio::test]
async fn the_peak_of_memory_is_that_of_the_call_and_not_of_one_before() {
    let exec = FunctionExecutor::processes(1).await.unwrap();
    let handle = exec.map(hold, [96, 1, 48]).submit().unwrap();
    handle.results().await.unwrap();
    let peak = |index| handle.future(index).stats().unwrap().peak_memory.unwrap() >> 20;
    let [much, little, some] = [peak(0), peak(1), peak(2)];
    assert!(much >= 96, "{much} MiB");
    assert!(little + 90 <= much, "{little} of {much} MiB");
    assert!((48..much - 40).contains(&some), "{some} of {much} MiB");

    // A large result is no call's of a job after it, once the worker has let go of it.
    exec.map(|mebibytes: usize| vec![1u8; mebibytes << 20], [64]).await.unwrap();
    exec.map(hold, [1, 1]).await.unwrap();
    let handle = exec.map(hold, [1]).submit().unwrap();
    handle.results().await.unwrap();
    let after = handle.future(0).stats().unwrap().peak_memory.unwrap() >> 20;
    assert!(after + 60 <= much, "{after} of {much} MiB");

    let threads = FunctionExecutor::threads(1).await.unwrap();
    let handle = threads.map(hold, [8]).submit().unwrap();
    handle.results().await.unwrap();
    assert_eq!(handle.future(0).stats().unwrap().peak_memory, None);
}

#[tokio::test]
async fn bytes_are_those_of_the_encoded_argument_and_result() {
    for through_storage in [false, true] {
        let exec = FunctionExecutor::processes(1).await.unwrap();
        let map = exec.map(|text: String| text.repeat(2), ["ab".to_owned(), "abcd".to_owned()]);
        let map = if through_storage { map.through_storage() } else { map };
        let handle = map.submit().unwrap();
        handle.results().await.unwrap();
        let bytes = |index| {
            let stats = handle.future(index).stats().unwrap();
            (stats.argument_bytes, stats.result_bytes)
        };
        assert_eq!([bytes(0), bytes(1)], [(2, 4), (4, 8)]);
    }
}

type Settled = Vec<(CallRecord, Option<Logs>)>;

/// Keeps what it is told.
#[derive(Default)]
struct Witness {
    started: Mutex<Vec<String>>,
    ended: Mutex<Vec<(JobSummary, Settled)>>,
}

impl JobObserver for Witness {
    fn job_started(&self, watch: Arc<dyn JobWatch>) {
        self.started.lock().unwrap().push(watch.job().to_string());
    }

    fn job_ended(&self, watch: &Arc<dyn JobWatch>, summary: Option<&JobSummary>) {
        let calls = watch.settled_since(0);
        self.ended.lock().unwrap().push((summary.unwrap().clone(), calls));
    }
}

#[tokio::test]
async fn observers_see_every_call_of_a_job_that_is_awaited_and_gone() {
    let witnesses = [Arc::new(Witness::default()), Arc::new(Witness::default())];
    let builder = FunctionExecutor::builder().workers(2);
    let exec = witnesses
        .iter()
        .fold(builder, |builder, witness| builder.observer(Arc::<Witness>::clone(witness)));
    let exec = exec.build().await.unwrap();
    let values = exec.map(
        |x: u32| {
            println!("call {x}");
            if x == 2 { Err("no".to_owned()) } else { Ok(x) }
        },
        0..3u32,
    );
    let values: Vec<Result<u32, String>> = values.await.unwrap();
    assert_eq!(values, [Ok(0), Ok(1), Err("no".to_owned())]);
    for witness in witnesses {
        let deadline = Instant::now() + Duration::from_secs(60);
        while witness.ended.lock().unwrap().is_empty() {
            assert!(Instant::now() < deadline, "nobody was told of the end");
            tokio::task::yield_now().await;
        }
        assert_eq!(witness.started.lock().unwrap().len(), 1);
        let mut ended = witness.ended.lock().unwrap();
        let (summary, mut calls) = ended.pop().unwrap();
        assert_eq!((summary.calls, summary.failed), (3, 0));
        calls.sort_by_key(|(call, _)| call.index);
        let told = calls.iter().map(|(call, logs)| {
            (call.index, call.attempts, call.result_bytes, logs.as_ref().unwrap().stdout.as_str())
        });
        let expected = [(0, 1, 5, "call 0\n"), (1, 1, 5, "call 1\n"), (2, 1, 8, "call 2\n")];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_record_tells_of_each_call_and_of_the_job() {
    let exec = FunctionExecutor::processes(2).await.unwrap();
    let refuse = |x: u32| if x == 1 { Err(std::io::Error::other("full")) } else { Ok(x) };
    let handle = exec.map(refuse, 0..3u32).name("refuse").submit().unwrap();
    handle.settled().await.unwrap();
    let record = handle.record();
    assert_eq!(&record.job, handle.id());
    assert_eq!(
        (record.title.as_str(), record.backend.as_str(), record.total),
        ("refuse", "processes", 3)
    );
    let ended = record.ended_ns.unwrap();
    assert!(
        record.calls.iter().all(|call| (record.submitted_ns..=ended).contains(&call.settled_ns))
    );
    let failed = record.calls.iter().find(|call| call.index == 1).unwrap();
    let failure = failed.failure.as_ref().unwrap();
    assert_eq!((failure.kind.as_str(), failed.result_bytes), ("failed", 0));
    assert!(failure.message.contains("full"), "{}", failure.message);
    assert_eq!(record.calls.iter().filter(|call| call.failure.is_none()).count(), 2);
}
