//! What a page must hold, and must not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use lithops_core::wire::{CallFailure, CallRecord, JobId, JobRecord};
use sha2::{Digest as _, Sha256};

use super::{SCRIPT, SCRIPT_HASH, STYLE, STYLE_HASH, page};

const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=\"alert(2)\">";

fn job(calls: u32, title: &str, failure: Option<&str>) -> JobRecord {
    let call = |index: u32| CallRecord {
        index,
        worker: index % 3,
        attempts: 1,
        started_ns: 2_000_000_000 + u64::from(index) * 1_000,
        busy_ns: 900,
        settled_ns: 2_000_002_000 + u64::from(index) * 1_000,
        cpu_ns: 800,
        peak_bytes: Some(4096),
        argument_bytes: 1,
        result_bytes: 2,
        failure: failure.map(|message| CallFailure {
            kind: "panicked".to_owned(),
            message: message.to_owned(),
        }),
    };
    JobRecord {
        job: JobId::new("test", 0),
        title: title.to_owned(),
        backend: "threads".to_owned(),
        submitted_ns: 2_000_000_000,
        ended_ns: Some(3_000_000_000),
        total: calls,
        calls: (0..calls).map(call).collect(),
        durable: false,
        workers: 3,
        client_requests: 0,
        worker_requests: 0,
        estimate: None,
        used: None,
    }
}

#[test]
fn the_page_lets_a_browser_use_its_own_script_and_style_and_no_other() {
    let hash = |text: &str| {
        let digest = Sha256::digest(text.as_bytes());
        format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(digest))
    };
    assert_eq!(STYLE_HASH, hash(STYLE), "`STYLE_HASH` is not that of report.css");
    assert_eq!(SCRIPT_HASH, hash(SCRIPT), "`SCRIPT_HASH` is not that of report.js");
    let page = page(&[job(1, "work", None)]);
    let (_, policy) = page.split_once("content=\"default-src 'none'; ").unwrap();
    let policy = policy.split('"').next().unwrap();
    assert_eq!(
        policy,
        format!(
            "style-src '{STYLE_HASH}'; script-src '{SCRIPT_HASH}'; base-uri 'none'; form-action 'none'"
        )
    );
}

#[test]
fn no_text_of_a_job_is_markup() {
    let page = page(&[job(2, HOSTILE, Some(HOSTILE)), job(1, HOSTILE, None)]);
    assert!(!page.contains("<img"), "a text became markup");
    // The chart data of each section, and the script of the page.
    assert_eq!(page.matches("<script").count(), 3);
    assert_eq!(page.matches("</script").count(), 3);
    assert!(page.contains("&lt;img src=x onerror=&quot;alert(2)&quot;&gt;"));
}

#[test]
fn a_page_asks_no_network() {
    let page = page(&[job(5, "work", Some("no"))]);
    for address in ["http:", "https:", "//cdn", "@import", "url("] {
        assert!(!page.contains(address), "the page has `{address}`");
    }
}

#[test]
fn a_page_has_a_section_for_each_stage() {
    let page = page(&[job(4, "split", None), job(1, "join", None)]);
    assert_eq!(page.matches("<section class=\"job\"").count(), 2);
    assert!(page.contains("<h2>Stage 1: split</h2>") && page.contains("<h2>Stage 2: join</h2>"));
    assert!(page.contains("<a href=\"#stage-1\">join</a>"));
}

#[test]
fn failures_stand_in_a_table_by_kind() {
    let page = page(&[job(3, "work", Some("no such row"))]);
    assert!(page.contains(
        "<td>panicked</td><td>3</td><td>0</td><td class=\"text\"><pre>no such row</pre></td>"
    ));
}

#[test]
fn a_job_without_calls_and_one_that_never_ran_have_a_page() {
    let mut never = job(2, "work", Some("the call was cancelled"));
    for call in &mut never.calls {
        (call.started_ns, call.busy_ns, call.attempts) = (0, 0, 0);
    }
    never.ended_ns = None;
    assert!(page(&[never]).contains("not ended: 2 of 2 calls"));
    let mut cut = job(3, "work", None);
    cut.calls.truncate(1);
    assert!(
        page(&[cut]).contains("<strong>2 of 3 calls are not in the figures: they had no outcome")
    );
    assert!(!page(&[job(3, "work", None)]).contains("not in the figures"));
    assert!(page(&[job(0, "work", None)]).contains("No call has run"));
    assert!(page(&[]).contains("<title>No jobs</title>"));
}
