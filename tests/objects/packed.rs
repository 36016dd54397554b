//! Objects packed by gzip, in one piece and in blocks.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use lithops::Records;
use lithops::prelude::*;

use super::{on_threads, read_part, read_records, text};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// One block of BGZF: gzip whose head tells the size of the block.
fn block(content: &[u8]) -> Vec<u8> {
    let plain = gzip(content);
    let deflated = &plain[10..];
    let size = (18 + deflated.len() - 1) as u16;
    let mut block = vec![0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, b'B', b'C', 2, 0];
    block.extend(size.to_le_bytes());
    block.extend(deflated);
    block
}

fn bgzf(content: &[u8], size: usize) -> Vec<u8> {
    let mut packed: Vec<u8> = content.chunks(size).flat_map(block).collect();
    packed.extend(block(b""));
    packed
}

/// How many parts an object gives, and their bytes.
fn parts(packed: &[u8], records: Records, size: u64) -> Result<(usize, Vec<Vec<u8>>), Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.gz");
    fs::write(&path, packed).unwrap();
    on_threads(|exec| async move {
        let parts = exec.objects(path).gzip().records(records).chunk_size(size).await?;
        Ok((parts.len(), exec.map(read_part, parts).await?))
    })
}

#[test]
fn plain_gzip_is_one_part_and_comes_unpacked() {
    let content = text((0..10_000).map(|n| format!("line {n}")), "\n");
    let (count, read) = parts(&gzip(&content), Records::Lines, 1000).unwrap();
    assert_eq!(count, 1);
    assert!(read.concat() == content);
}

#[test]
fn gzip_of_several_members_is_read_to_its_end() {
    let packed = [gzip(b"one\n"), gzip(b""), gzip(b"two\n")].concat();
    assert_eq!(parts(&packed, Records::Lines, 1000).unwrap(), (1, vec![b"one\ntwo\n".to_vec()]));
}

#[test]
fn blocks_are_divided_by_unpacked_bytes_and_give_all_lines_once() {
    let content = text((0..200_000).map(|n| format!("line number {n}")), "\n");
    let packed = bgzf(&content, 60_000);
    for size in [100_000, 1 << 20, 1 << 30] {
        let (count, read) = parts(&packed, Records::Lines, size).unwrap();
        assert_eq!(count, content.len().div_ceil(size as usize), "{size}");
        assert!(read.iter().all(|part| part.ends_with(b"\n")));
        assert!(read.concat() == content, "{size}");
    }
}

#[test]
fn blocks_of_csv_and_fastq_are_divided_too() {
    let rows = (0..50_000).map(|n| format!("{n},\"a\nb {n}\""));
    let content = text(rows, "\n");
    let csv = Records::Csv { separator: b',', quote: b'"' };
    let (count, read) = parts(&bgzf(&content, 30_000), csv, 100_000).unwrap();
    assert!(count > 5 && read.concat() == content);
    assert!(read.iter().all(|part| part.ends_with(b"\"\n")));

    let reads = (0..50_000).map(|n| format!("@{n}\nACGT\n+\n@+!I"));
    let content = text(reads, "\n");
    let (count, read) = parts(&bgzf(&content, 30_000), Records::Fastq, 100_000).unwrap();
    assert!(count > 5 && read.concat() == content);
    assert!(read.iter().all(|part| part.starts_with(b"@") && part.ends_with(b"\n@+!I\n")));
}

#[test]
fn records_reach_over_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.gz");
    let lines: Vec<String> = (0..30).map(|n| n.to_string().repeat(20_000)).collect();
    fs::write(&path, bgzf(lines.join("\n").as_bytes(), 1000)).unwrap();
    let read = on_threads(|exec| async move {
        let parts = exec.objects(path).gzip().lines().chunk_count(40).await.unwrap();
        assert_eq!(parts.len(), 40);
        exec.map(read_records, parts).await.unwrap().concat()
    });
    assert!(read == lines.into_iter().map(String::into_bytes).collect::<Vec<_>>());
}

#[test]
fn broken_gzip_is_an_error() {
    let packed = gzip(&text((0..1000).map(|n| n.to_string()), "\n"));
    let mut spoiled = packed.clone();
    let last = spoiled.len() - 6;
    spoiled[last] ^= 1;
    let blocks = bgzf(b"some text", 4);
    for broken in [b"no gzip at all", &packed[..packed.len() / 2], &spoiled, &blocks[..50]] {
        let error = parts(broken, Records::Bytes, 1000).unwrap_err().to_string();
        assert!(error.contains("gzip"), "{error}");
    }
}
