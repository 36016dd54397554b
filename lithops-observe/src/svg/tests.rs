//! What pictures hold.

use lithops_core::wire::{CallFailure, CallRecord, JobId, JobRecord};

use super::{concurrency, histogram, overview, timeline};

fn job(calls: u32, workers: u32) -> JobRecord {
    let call = |index: u32| {
        let start = 1_000_000_000 + u64::from(index / workers) * 1_000_000;
        let failed = index == 1;
        CallRecord {
            index,
            worker: index % workers,
            attempts: if index == 7 { 2 } else { 1 },
            started_ns: start,
            busy_ns: 900_000,
            settled_ns: start + 900_000,
            cpu_ns: 1,
            peak_bytes: None,
            argument_bytes: 0,
            result_bytes: 0,
            failure: failed
                .then(|| CallFailure { kind: "failed".to_owned(), message: "no".to_owned() }),
        }
    };
    JobRecord {
        job: JobId::new("test", 0),
        title: "<work> & \"more\"".to_owned(),
        backend: "threads".to_owned(),
        submitted_ns: 1_000_000_000,
        ended_ns: None,
        total: calls,
        calls: (0..calls).map(call).collect(),
        durable: false,
        workers,
        client_requests: 0,
        worker_requests: 0,
        estimate: None,
        used: None,
    }
}

/// Shapes of the path of a class.
fn shapes(svg: &str, class: &str) -> usize {
    let path = svg.lines().find(|line| line.contains(&format!("class=\"{class}\" d=")));
    path.map_or(0, |path| path.matches('M').count())
}

#[test]
fn every_call_is_a_bar_in_the_colour_of_its_outcome() {
    let svg = timeline(&job(40, 4));
    assert_eq!(["ok", "again", "failed"].map(|class| shapes(&svg, class)), [38, 1, 1]);
    assert!(svg.contains("Timeline of &lt;work&gt; &amp; &quot;more&quot;"));
    assert!(svg.contains(">worker 3</text>"));
}

#[test]
fn a_large_job_makes_no_large_picture() {
    let svg = timeline(&job(100_000, 1_000));
    assert_eq!(["again", "failed"].map(|class| shapes(&svg, class)), [1, 1]);
    assert!(svg.len() < 1_000_000, "{} bytes", svg.len());
}

#[test]
fn a_job_without_calls_has_pictures() {
    let none = job(0, 1);
    for svg in [timeline(&none), concurrency(&none), histogram(&none), overview(&none)] {
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}

#[cfg(feature = "png")]
#[test]
fn a_picture_as_png_has_the_size_that_was_asked_for() {
    let svg = concurrency(&job(10, 2));
    let image = crate::png(&svg, 2.0).expect("the picture can be drawn");
    assert_eq!(image[..8], *b"\x89PNG\r\n\x1a\n");
    assert_eq!(image[16..20], 2_000_u32.to_be_bytes());
    let error = crate::png(&svg, 1e6).expect_err("the picture is too large");
    assert!(matches!(error, crate::PngError::Size { .. }), "{error}");
}
