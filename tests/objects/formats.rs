//! Records of each format come whole, once, and in order, however an object is divided.

use std::fs;
use std::io::Write;

use lithops::Records;
use lithops::prelude::*;

use super::{on_threads, read_records};

fn records(content: &[u8], format: Records, size: u64) -> Result<Vec<Vec<u8>>, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, content).unwrap();
    on_threads(|exec| async move {
        let parts = exec.objects(path).records(format).chunk_size(size).await?;
        Ok(exec.map(read_records, parts).await?.concat())
    })
}

#[track_caller]
fn check(content: &[u8], format: &Records, expected: &[&[u8]]) {
    for size in [1, 3, 10, 1000] {
        assert_eq!(records(content, format.clone(), size).unwrap(), expected, "{size}");
    }
}

#[test]
fn lines() {
    check(b"a\n\nbc\r\nd", &Records::Lines, &[b"a", b"", b"bc", b"d"]);
}

#[test]
fn any_delimiter() {
    check(b"a--b-c--", &Records::Delimited(b"--".into()), &[b"a", b"b-c"]);
    check(b"xaaaaay", &Records::Delimited(b"aa".into()), &[b"x", b"", b"ay"]);
}

#[test]
fn quoted_csv() {
    let content = b"name,text\n1,\"two\nlines, \"\"quoted\"\"\"\r\n\"3\",\n4,\"\n\n\"";
    let expected: [&[u8]; 4] =
        [b"name,text", b"1,\"two\nlines, \"\"quoted\"\"\"", b"\"3\",", b"4,\"\n\n\""];
    check(content, &Records::Csv { separator: b',', quote: b'"' }, &expected);
}

#[test]
fn records_of_fixed_size() {
    check(b"aabbcc", &Records::Fixed(2), &[b"aa", b"bb", b"cc"]);
}

#[test]
fn fasta() {
    let content = b">a\nACGT\nAC\n>b\n\n>c\nG";
    check(content, &Records::Fasta, &[b">a\nACGT\nAC", b">b\n", b">c\nG"]);
}

#[test]
fn fastq() {
    let content = b"@a\nAC\n+\n@@\n@b\nG\n+b\n+\n";
    check(content, &Records::Fastq, &[b"@a\nAC\n+\n@@", b"@b\nG\n+b\n+"]);
}

#[test]
fn a_broken_fastq_is_an_error_that_says_where() {
    for (content, problem) in [
        (&b"@a\nACG\n+\n!!\n"[..], "as many qualities as bases"),
        (b"@a\nAC\nAC\n+\n!!\n!!\n", "whose third line begins with no `+`"),
        (b"a\nAC\n+\n!!\n", "begins with no `@`"),
    ] {
        let error = records(content, Records::Fastq, 1000).unwrap_err().to_string();
        assert!(error.contains("record 0 of the part") && error.contains(problem), "{error}");
    }
}

#[test]
fn a_row_in_quotes_that_never_close_is_the_last() {
    let content = b"a,b\n\"open,\nc,d\n";
    check(content, &Records::Csv { separator: b',', quote: b'"' }, &[b"a,b", b"\"open,\nc,d"]);
}

#[test]
fn lines_that_are_no_text_are_named() {
    fn lines(part: ObjectPart) -> Result<Vec<String>, DataError> {
        part.lines()?.collect()
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"fine\n\xff\n").unwrap();
    let path = file.path().to_owned();
    let error = on_threads(|exec| async move {
        let parts = exec.objects(path).lines().await.unwrap();
        exec.map(lines, parts).await.unwrap_err()
    });
    assert!(error.to_string().contains("line 1 of the part"), "{error}");
}
