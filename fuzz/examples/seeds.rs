//! Writes the seeds of all fuzz targets: what is really said and stored, in small.
//!
//! `cargo run --example seeds` in the folder `fuzz` makes them anew, from the golden files of the
//! wire and from what stands here.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use lithops_core::ports::Running;
use lithops_core::wire::{
    CallError, CallFailure, CallRecord, Cost, Digest, FromAgent, JobId, JobRecord, PROTOCOL,
    PanicReport, Preamble, SavedJob, Section, StorageLocation, ToAgent, ValueSink, WorkOrder,
    WorkerStart, WorkerTask, encode_value, keys,
};
use lithops_worker::ProgramDigest;
use serde::Serialize;

fn main() -> io::Result<()> {
    let seeds = Seeds(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"));
    messages(&seeds)?;
    agents(&seeds)?;
    texts(&seeds)?;
    values(&seeds)?;
    shuffle(&seeds)?;
    files(&seeds)?;
    programs(&seeds)?;
    records(&seeds)?;
    seeds.write("code_engine", "run", RUN.as_bytes())?;
    seeds.write("code_engine", "indices", b"2-4,6-8, 12")
}

struct Seeds(PathBuf);

impl Seeds {
    fn write(&self, target: &str, name: &str, seed: &[u8]) -> io::Result<()> {
        let folder = self.0.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), seed)
    }
}

fn golden() -> io::Result<BTreeMap<String, Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lithops-core/tests/golden");
    let mut found = BTreeMap::new();
    for file in fs::read_dir(folder.join(format!("protocol-{PROTOCOL}")))? {
        let file = file?;
        found.insert(file.file_name().to_string_lossy().into_owned(), fs::read(file.path())?);
    }
    Ok(found)
}

fn messages(seeds: &Seeds) -> io::Result<()> {
    let mut all = vec![3];
    for (name, message) in golden()? {
        all.extend_from_slice(&message);
        let relay = name.starts_with("to-relay") || name.starts_with("from-relay");
        let target = match name.split('-').next() {
            _ if relay => "relay",
            Some("to") => "to_worker",
            Some("from") => "from_worker",
            _ => continue,
        };
        seeds.write(target, &name, &message)?;
        let framed = [&[40], message.as_slice()].concat();
        seeds.write("frames", &name, &framed)?;
    }
    seeds.write("frames", "all", &all)
}

fn agents(seeds: &Seeds) -> io::Result<()> {
    let environment = BTreeMap::from([("RUST_LOG".to_owned(), "debug".to_owned())]);
    let task = WorkerTask::Order { worker: 3, order: order().to_text() };
    let start = WorkerStart { lane: 7, task, environment, memory: Some(1 << 30) };
    seeds.write("agent", "start", &ToAgent::Start(start).encode().concat())?;
    seeds.write("agent", "kill", &ToAgent::Kill { lane: 7 }.encode().concat())?;
    let panic = PanicReport {
        message: "no".to_owned(),
        file: "main.rs".to_owned(),
        line: 3,
        column: 1,
        backtrace: "0: main".to_owned(),
    };
    let running = Some(Running { ticket: 1, index: 2, attempt: 3 });
    let ended = FromAgent::Ended { lane: 7, running, cause: Some(CallError::Panicked(panic)) };
    seeds.write("agent", "ended", &ended.encode().concat())?;
    seeds.write("agent", "hello", &FromAgent::Hello { protocol: PROTOCOL }.encode().concat())?;
    for (name, line) in [
        ("line-agent", Preamble::Agent(1)),
        ("line-lane", Preamble::Lane(70)),
        ("line", Preamble::Relay),
    ] {
        seeds.write("agent", name, line.to_line().as_bytes())?;
    }
    Ok(())
}

fn location() -> StorageLocation {
    let settings = BTreeMap::from([("root".to_owned(), "data".to_owned())]);
    StorageLocation { scheme: "file".to_owned(), settings }
}

fn order() -> WorkOrder {
    WorkOrder {
        protocol: PROTOCOL,
        storage: location(),
        job: JobId::new("ab12cd34", 7),
        preface: 100,
        digest: Digest::of(b"preface"),
        len: 190,
        workers: 2,
        wave: 0,
        heartbeat_ms: 5000,
    }
}

fn texts(seeds: &Seeds) -> io::Result<()> {
    let job = JobId::new("ab12cd34", 7);
    let texts = [
        ("order", order().to_text()),
        ("location", location().to_text()),
        ("job", job.to_string()),
        ("batch", keys::batch(&job, 1_700_000_000_000, 1, 2, 3, 4)),
        ("wave", keys::wave(&job, 1)),
        ("program", ProgramDigest::of(b"program").to_string()),
    ];
    texts.iter().try_for_each(|(name, text)| seeds.write("texts", name, text.as_bytes()))
}

fn encoded(kind: u8, value: impl Serialize + 'static) -> Vec<u8> {
    let mut sink = ValueSink::new();
    encode_value(value, &mut sink).expect("these values can be encoded");
    [&[kind], sink.take().as_ref()].concat()
}

/// As the target `values` has it.
#[derive(Serialize)]
struct Record {
    name: String,
    numbers: Vec<u16>,
    by_name: BTreeMap<String, i64>,
    kind: Kind,
    maybe: Option<Box<Record>>,
}

#[derive(Serialize)]
enum Kind {
    Unit,
    Two(u8, String),
}

fn record(maybe: Option<Box<Record>>, kind: Kind) -> Record {
    let by_name = BTreeMap::from([("a".to_owned(), -5), ("b".to_owned(), i64::MAX)]);
    Record { name: "first".to_owned(), numbers: vec![1, 700], by_name, kind, maybe }
}

fn values(seeds: &Seeds) -> io::Result<()> {
    let inner = record(None, Kind::Two(3, "x".to_owned()));
    let values = [
        ("bytes", encoded(0, vec![1_u8, 2, 3])),
        ("text", encoded(1, "grüße".to_owned())),
        ("numbers", encoded(2, vec![1_i32, -2])),
        ("record", encoded(4, record(Some(Box::new(inner)), Kind::Unit))),
        ("either", encoded(5, vec![vec!["a"], vec![]])),
        ("tree", encoded(6, vec![vec![vec![Vec::<()>::new()]], vec![]])),
        ("map", encoded(7, BTreeMap::from([(1_u8, vec!["a", "b"])]))),
        ("result", encoded(8, Err::<u8, _>("no"))),
        ("tuple", encoded(9, (1_u8, -7_i64, 'ü', true, Some(9_u32)))),
        ("units", encoded(10, vec![vec![vec![(), ()]]])),
    ];
    values.iter().try_for_each(|(name, value)| seeds.write("values", name, value))
}

fn shuffle(seeds: &Seeds) -> io::Result<()> {
    for (name, message) in golden()? {
        let kind = match name.as_str() {
            "shuffle-pairs" => 0,
            "shuffle-runs" => 1,
            "shuffle-partition" => 3,
            _ => continue,
        };
        seeds.write("shuffle", &name, &[&[kind], message.as_slice()].concat())?;
    }
    let blocks = vec![(3, 7), (1, 8)];
    let section = Section { call: 1, attempt: 2, run: 0, offset: 1, blocks };
    seeds.write("shuffle", "section", &encoded(2, section))
}

fn files(seeds: &Seeds) -> io::Result<()> {
    let (job, storage) = (JobId::new("ab12cd34", 7), location());
    let saved = SavedJob { job: job.clone(), storage, calls: 3, result_type: "u32".to_owned() };
    seeds.write("saved", "saved", &serde_json::to_vec(&saved)?)?;
    let failure = CallFailure { kind: "panicked".to_owned(), message: "no".to_owned() };
    let call = CallRecord {
        index: 0,
        worker: 1,
        attempts: 2,
        started_ns: 3,
        busy_ns: 4,
        settled_ns: 5,
        cpu_ns: 6,
        peak_bytes: Some(7),
        argument_bytes: 8,
        result_bytes: 9,
        failure: Some(failure),
    };
    let cost = Cost { vcpu_seconds: 1.5, gb_seconds: 3.0, price: 0.01, currency: "USD".to_owned() };
    let record = JobRecord {
        job,
        title: "function".to_owned(),
        backend: "processes".to_owned(),
        submitted_ns: 1,
        ended_ns: Some(2),
        total: 3,
        calls: vec![call],
        durable: true,
        workers: 4,
        client_requests: 5,
        worker_requests: 6,
        estimate: Some(cost),
        used: None,
    };
    seeds.write("saved", "record", &serde_json::to_vec(&record)?)
}

/// The header of a program for this machine with one segment, which names a loader.
fn programs(seeds: &Seeds) -> io::Result<()> {
    let mut program = vec![0; 64 + 56];
    program[..6].copy_from_slice(b"\x7fELF\x02\x01");
    program[18] = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    program[32] = 64;
    program[54] = 56;
    program[56] = 1;
    program[64] = 3;
    program[64 + 8] = 120;
    program[64 + 32] = 10;
    program.extend_from_slice(b"/dev/null\0");
    seeds.write("programs", "loader", &program)?;
    let mut page = vec![0; 4096];
    for (word, value) in [1, 3 << 32 | 7, 2, 99, 4096, 50_u64].iter().enumerate() {
        page[word * 8..word * 8 + 8].copy_from_slice(&value.to_le_bytes());
    }
    page.extend_from_slice("thread 'main' panicked".as_bytes());
    seeds.write("status_page", "running", &page)
}

fn records(seeds: &Seeds) -> io::Result<()> {
    let texts: [(&str, u8, &str); 8] = [
        ("bytes", 0, "any bytes"),
        ("lines", 1, "one\r\ntwo\n\nthree"),
        ("delimited", 2, "oneabtwoabab"),
        ("newlines", 3, "one\ntwo\n"),
        ("csv", 4, "a,\"b\"\"\n\",c\r\n1,2,3\n"),
        ("fixed", 5 + 8, "aabbcc"),
        ("fasta", 6, ">one\nACGT\nAC\n>two\nGG\n"),
        ("fastq", 7, "@one\nAC\n+\nII\n@two\nG\n+\n@\n"),
    ];
    for (name, kind, text) in texts {
        seeds.write("records", name, &[&[kind, 100, 0], text.as_bytes()].concat())?;
    }
    let mut packed = GzEncoder::new(vec![1, 0, 3], Compression::fast());
    packed.write_all(b"one\ntwo\n")?;
    seeds.write("records", "packed", &packed.finish()?)?;
    seeds.write(
        "gzip",
        "blocks",
        &[vec![9], block(b"one")?, block(&[7; 300])?, block(b"")?].concat(),
    )
}

/// A block of BGZF: a member of gzip whose head tells its size.
fn block(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::fast());
    deflated.write_all(bytes)?;
    let deflated = deflated.finish()?;
    let size = (18 + deflated.len() + 8 - 1) as u16;
    let mut checksum = flate2::Crc::new();
    checksum.update(bytes);
    let mut block = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0".to_vec();
    block.extend_from_slice(&size.to_le_bytes());
    block.extend_from_slice(&deflated);
    block.extend_from_slice(&checksum.sum().to_le_bytes());
    block.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    Ok(block)
}

/// As IBM's documents show one.
const RUN: &str = r#"{"name": "my-run", "status": "failed", "status_details": {
"failed_indices": "1,5", "indices_details": {"1": {"last_failure_reason": "OOMKilled",
"started_at": "2024-12-23T16:20:30Z", "status": "running"}}, "pending_indices": "9,12-15",
"running_indices": "10-11", "succeeded_indices": "2-4,6-8"}}"#;
