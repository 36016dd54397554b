//! How S3 through us compares with plain HTTP, and with the client below us: a table of ratios.
//!
//! `cargo xtask servers seaweedfs` starts a server and prints the variable to set. `--quick` takes
//! fewer turns and smaller objects. What each line means is told in `docs/benchmarks.md`.

#![expect(clippy::unwrap_used, reason = "a bench that can't run has nothing to say")]
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

#[path = "../tests/servers/address.rs"]
mod address;
#[path = "../../benches/table/mod.rs"]
mod table;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use lithops_core::ports::{Access, PutMode, StorageBackend};
use lithops_core::secret::Secret;
use lithops_storage::{S3Config, S3Storage};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use table::{Table, Target, Turn, time};
use tokio::runtime::Runtime;

const MIB: usize = 1024 * 1024;

/// How many large objects are read, and how many requests are under way.
const LARGE: usize = 64;
const READERS: usize = 8;
/// A range is read by one request.
const RANGE: usize = 8 * MIB;

const SMALL: usize = 10_000;
const CLIENTS: usize = 32;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // `cargo test` starts benches too; this one needs a server.
        return;
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let address = address::of("seaweedfs").unwrap();
    let runtime = Runtime::new().unwrap();
    let load = table::load();
    let mut table = Table::new(true);
    let (turns, size) = if quick { (3, 16 * MIB) } else { (7, 64 * MIB) };
    table.note(format!("SeaweedFS on loopback, {LARGE} objects of {} MiB", size / MIB));
    large(&runtime, &address, turns, size, &mut table);
    small(&runtime, &address, turns.min(5), &mut table);
    table.print(&load);
}

fn bucket(runtime: &Runtime, address: &address::Address, name: &str) -> S3Storage {
    let mut config = S3Config::new(format!("bench-{name}-{}", std::process::id()));
    config.endpoint = Some(address.url.clone());
    config.access_key_id = Some(address.user.clone());
    config.secret_access_key = Some(Secret::new(address.password.clone()));
    let storage = S3Storage::new(config).unwrap();
    runtime.block_on(storage.create_bucket()).unwrap();
    storage
}

/// Reads by ranges, each with its checksum, beside bare sockets that take the same objects whole.
fn large(
    runtime: &Runtime,
    address: &address::Address,
    turns: usize,
    size: usize,
    table: &mut Table,
) {
    let storage = bucket(runtime, address, "large");
    let keys: Vec<String> = (0..LARGE).map(|number| format!("large/{number:02}")).collect();
    let body: Vec<u8> = (0..size).map(|at| (at * 31 % 253) as u8).collect();
    let sums: Vec<u32> = body.chunks(RANGE).map(crc32fast::hash).collect();
    let body = bytes::Bytes::from(body);
    runtime.block_on(async {
        for key in &keys {
            let body = stream::iter([Ok(body.clone())]).boxed();
            storage.put_stream(key, body).await.unwrap();
        }
    });
    let addresses = keys.iter().map(|key| {
        runtime.block_on(storage.presign(key, Access::Read, Duration::from_secs(3600))).unwrap()
    });
    let addresses: Arc<Vec<String>> = Arc::new(addresses.collect());

    let ranges: Vec<(String, usize)> = keys
        .iter()
        .flat_map(|key| (0..sums.len()).map(move |number| (key.clone(), number)))
        .collect();
    let ours = || {
        runtime.block_on(async {
            let reads = ranges.iter().cloned().map(|(key, number)| {
                let (storage, expected) = (storage.clone(), sums[number]);
                tokio::spawn(async move {
                    let start = (number * RANGE) as u64;
                    let end = ((number + 1) * RANGE).min(size) as u64;
                    let mut body = storage.get_stream(&key, Some(start..end)).await.unwrap().body;
                    let mut sum = crc32fast::Hasher::new();
                    while let Some(piece) = body.try_next().await.unwrap() {
                        sum.update(&piece);
                    }
                    assert_eq!(sum.finalize(), expected);
                })
            });
            let mut reads = stream::iter(reads).buffer_unordered(READERS);
            while let Some(read) = reads.next().await {
                read.unwrap();
            }
        });
    };
    let plain = || {
        let readers = (0..READERS).map(|reader| {
            let addresses = Arc::clone(&addresses);
            std::thread::spawn(move || {
                for address in addresses.iter().skip(reader).step_by(READERS) {
                    assert_eq!(copy(address), size);
                }
            })
        });
        for reader in readers.collect::<Vec<_>>() {
            reader.join().unwrap();
        }
    };
    let [ours, plain] = alternate(turns, [&ours, &plain]);
    let name = "S3, ranges of 8 MiB with CRC-32 / whole objects by plain HTTP GET, time";
    table.throughput(name.to_owned(), LARGE * size, &ours, &plain, Target::AtMost(1.25));
    runtime
        .block_on(async { storage.delete(&keys).await.and(storage.delete_bucket().await) })
        .unwrap();
}

/// Reads the body of a `GET` and forgets it.
fn copy(address: &str) -> usize {
    let (host, path) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).unwrap();
    let mut buffer = vec![0; 256 * 1024];
    let mut head = Vec::new();
    let mut size = 0;
    loop {
        let count = socket.read(&mut buffer).unwrap();
        if count == 0 {
            return size;
        }
        if size > 0 {
            size += count;
            continue;
        }
        head.extend_from_slice(&buffer[..count]);
        if let Some(end) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            assert!(head.starts_with(b"HTTP/1.1 200"));
            size = head.len() - end - 4;
        }
    }
}

/// Many small objects, beside the client of `object_store` used directly.
fn small(runtime: &Runtime, address: &address::Address, turns: usize, table: &mut Table) {
    let storage = bucket(runtime, address, "small");
    let settings = storage.location().settings;
    let client = AmazonS3Builder::new()
        .with_bucket_name(&settings["bucket"])
        .with_endpoint(&address.url)
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_access_key_id(&address.user)
        .with_secret_access_key(&address.password);
    let client: Arc<AmazonS3> = Arc::new(client.build().unwrap());
    let body = bytes::Bytes::from(vec![7; 1024]);
    let key = |side: &str, number: usize| format!("{side}/{number:05}");

    let put = || {
        let (storage, body) = (&storage, &body);
        each(runtime, |number| async move {
            storage.put(&key("ours", number), body.clone(), PutMode::Overwrite).await.unwrap();
        });
    };
    let put_plain = || {
        let (client, body) = (&client, &body);
        each(runtime, |number| async move {
            let path = Path::from(key("plain", number));
            client.put(&path, body.clone().into()).await.unwrap();
        });
    };
    let judged = Target::AtMost(1.3);
    let mut line = |verb: &str, ours: Vec<Turn>, plain: Vec<Turn>| {
        let name = format!("S3, {verb} of 10k objects of 1 KiB / `object_store`'s client, time");
        table.times(name, &ours, &plain, judged);
    };
    let [ours, plain] = alternate(turns, [&put, &put_plain]);
    line("put", ours, plain);

    let get = || {
        let storage = &storage;
        each(runtime, |number| async move {
            assert_eq!(storage.get(&key("ours", number)).await.unwrap().len(), 1024);
        });
    };
    let get_plain = || {
        let client = &client;
        each(runtime, |number| async move {
            let found = client.get(&Path::from(key("plain", number))).await.unwrap();
            assert_eq!(found.bytes().await.unwrap().len(), 1024);
        });
    };
    let [ours, plain] = alternate(turns, [&get, &get_plain]);
    line("get", ours, plain);

    let list = || {
        runtime.block_on(async {
            let mut keys: Vec<String> = Vec::new();
            loop {
                let page = storage.list("ours/", keys.last().map(String::as_str)).await.unwrap();
                keys.extend(page.objects.into_iter().map(|object| object.key));
                if !page.more {
                    break;
                }
            }
            assert_eq!(keys.len(), SMALL);
        });
    };
    let list_plain = || {
        runtime.block_on(async {
            let objects = client.list(Some(&Path::from("plain")));
            assert_eq!(objects.try_collect::<Vec<_>>().await.unwrap().len(), SMALL);
        });
    };
    let [ours, plain] = alternate(turns, [&list, &list_plain]);
    line("list", ours, plain);

    let keys = ["ours", "plain"].map(|side| (0..SMALL).map(move |number| key(side, number)));
    let keys: Vec<String> = keys.into_iter().flatten().collect();
    runtime
        .block_on(async { storage.delete(&keys).await.and(storage.delete_bucket().await) })
        .unwrap();
}

/// Does something for each small object, as many at a time as there are clients.
fn each<F: Future<Output = ()>>(runtime: &Runtime, work: impl Fn(usize) -> F) {
    runtime.block_on(stream::iter(0..SMALL).for_each_concurrent(CLIENTS, work));
}

/// Lets two sides take turns; the first round is not counted.
fn alternate(turns: usize, sides: [&dyn Fn(); 2]) -> [Vec<Turn>; 2] {
    let mut taken = [Vec::new(), Vec::new()];
    for round in 0..=turns {
        for (side, taken) in sides.iter().zip(&mut taken) {
            let (turn, ()) = time(side);
            if round > 0 {
                taken.push(turn);
            }
        }
    }
    taken
}
