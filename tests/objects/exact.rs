//! Nothing is lost and nothing comes twice: the cases in which others lose data.

use std::fs;
use std::path::Path;

use lithops::prelude::*;

use super::{on_threads, read_part, read_records, text};

/// The parts of a file, put together.
fn together(
    file: &Path,
    divide: impl Fn(lithops::Objects) -> lithops::Objects,
) -> (usize, Vec<u8>) {
    on_threads(|exec| async move {
        let parts = divide(exec.objects(file)).await.unwrap();
        (parts.len(), exec.map(read_part, parts).await.unwrap().concat())
    })
}

fn file(folder: &tempfile::TempDir, name: &str, content: &[u8]) -> std::path::PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn lines_longer_than_128_kib_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lines = (0..20).map(|n| "x".repeat(300_000 + n));
    let content = text(lines, "\n");
    let path = file(&folder, "long", &content);
    for size in [1 << 20, 100_000, 7_777] {
        assert!(together(&path, |objects| objects.lines().chunk_size(size)).1 == content);
    }
    let lengths = on_threads(|exec| async move {
        let parts = exec.objects(path).lines().chunk_size(1 << 20).await.unwrap();
        assert_eq!(parts.len(), 6);
        let records = exec.map(read_records, parts).await.unwrap();
        records.concat().iter().map(Vec::len).collect::<Vec<_>>()
    });
    assert_eq!(lengths, (300_000..300_020).collect::<Vec<_>>());
}

#[test]
fn exact_byte_ranges_keep_the_last_byte() {
    let folder = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..1001).map(|n| n as u8).collect();
    let path = file(&folder, "bytes", &content);
    assert_eq!(together(&path, |objects| objects.chunk_size(100)), (11, content.clone()));
    assert_eq!(together(&path, |objects| objects.chunk_count(10)), (10, content));
}

#[test]
fn an_object_of_one_byte_is_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "one", b"x");
    assert_eq!(together(&path, |objects| objects.lines().chunk_size(10)), (1, b"x".to_vec()));
    assert_eq!(together(&path, |objects| objects), (1, b"x".to_vec()));
}

#[test]
fn an_object_of_no_byte_is_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "none", b"");
    assert_eq!(together(&path, |objects| objects.lines().chunk_size(10)), (1, Vec::new()));
    assert_eq!(together(&path, |objects| objects), (1, Vec::new()));
}

#[test]
fn a_missing_path_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let there = file(&folder, "there", b"x");
    let missing = folder.path().join("missing").to_string_lossy().into_owned();
    for inputs in
        [vec![missing.clone()], vec![there.to_string_lossy().into_owned(), missing.clone()]]
    {
        let error = on_threads(|exec| async move { exec.objects(inputs).await.unwrap_err() });
        let Error::Data(DataError::Nothing { uri }) = error else { panic!("{error}") };
        assert_eq!(uri, missing);
    }
}

#[test]
fn a_list_of_several_kinds_is_taken_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "file", b"from a file");
    fs::create_dir(folder.path().join("folder")).unwrap();
    fs::write(folder.path().join("folder/inner"), "from a folder").unwrap();
    let read = on_threads(|exec| async move {
        let stored = exec.put_object("from a value".to_owned()).await.unwrap();
        exec.storage()
            .put("own/key", "from a key".into(), lithops::PutMode::Overwrite)
            .await
            .unwrap();
        let inputs: Vec<lithops::ObjectInput> = vec![
            path.into(),
            format!("{}/", folder.path().join("folder").display()).into(),
            stored.into(),
            "storage://own/key".into(),
        ];
        let parts = exec.objects(inputs).await.unwrap();
        exec.map(read_part, parts).await.unwrap()
    });
    let expected = ["from a file", "from a folder", "from a value", "from a key"];
    assert_eq!(read, expected.map(|text| text.as_bytes().to_vec()));
}

#[test]
fn reading_line_by_line_works_on_every_source() {
    fn first_lines(part: ObjectPart) -> Result<Vec<String>, std::io::Error> {
        use std::io::BufRead;
        let mut reader = part.reader()?;
        let mut lines = vec![String::new(), String::new()];
        for line in &mut lines {
            reader.read_line(line)?;
        }
        Ok(lines)
    }
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "lines", b"one\ntwo\nthree");
    let lines = on_threads(|exec| async move {
        exec.storage().put("k", "1\n2\n".into(), lithops::PutMode::Overwrite).await.unwrap();
        let inputs = [path.to_string_lossy().into_owned(), "storage://k".to_owned()];
        let parts = exec.objects(inputs).await.unwrap();
        exec.map(first_lines, parts).await.unwrap()
    });
    assert_eq!(lines, [["one\n", "two\n"], ["1\n", "2\n"]]);
}

#[test]
fn lines_that_end_in_two_bytes_lose_none() {
    let folder = tempfile::tempdir().unwrap();
    let content = text((0..978).map(|n| format!("{n:03}")), "\r\n");
    assert_eq!(content.len(), 4890);
    let path = file(&folder, "windows", &content);
    for size in [10, 100, 1001] {
        assert!(together(&path, |o| o.lines().chunk_size(size)).1 == content);
        assert!(together(&path, |o| o.delimited_by("\r\n").chunk_size(size)).1 == content);
    }
    let records = on_threads(|exec| async move {
        let parts = exec.objects(path).lines().chunk_size(100).await.unwrap();
        exec.map(read_records, parts).await.unwrap().concat()
    });
    assert_eq!(records, (0..978).map(|n| format!("{n:03}").into_bytes()).collect::<Vec<_>>());
}

#[test]
fn a_last_line_without_its_end_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let content = [b"0123456789012345678\n".repeat(100).as_slice(), b"x"].concat();
    let path = file(&folder, "open", &content);
    assert_eq!(content.len(), 2001);
    for size in [20, 100, 667, 2000] {
        assert!(together(&path, |o| o.lines().chunk_size(size)).1 == content, "{size}");
    }
}

#[test]
fn a_star_in_a_name_is_a_name_or_a_pattern() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a1.log", "a2.log", "b.txt", "odd*name"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    fs::create_dir(folder.path().join("below")).unwrap();
    fs::write(folder.path().join("below/a3.log"), "a3.log").unwrap();
    let read = |pattern: &str| {
        let pattern = folder.path().join(pattern);
        on_threads(|exec| async move {
            let parts = exec.objects(pattern).await.unwrap();
            let read = exec.map(read_part, parts).await.unwrap();
            read.into_iter().map(|name| String::from_utf8(name).unwrap()).collect::<Vec<_>>()
        })
    };
    assert_eq!(read("*.log"), ["a1.log", "a2.log"]);
    assert_eq!(read("**/*.log"), ["a1.log", "a2.log", "a3.log"]);
    assert_eq!(read("odd*name"), ["odd*name"]);
    assert_eq!(read("a[2-9].*"), ["a2.log"]);
    let pattern = folder.path().join("*.zip");
    let error = on_threads(|exec| async move { exec.objects(pattern).await.unwrap_err() });
    assert!(matches!(error, Error::Data(DataError::NoMatch { .. })), "{error}");
}

#[test]
fn a_reducer_for_each_object_gets_its_parts_in_order() {
    fn concatenate(parts: Vec<Vec<u8>>) -> Vec<u8> {
        parts.concat()
    }
    let folder = tempfile::tempdir().unwrap();
    let contents: Vec<Vec<u8>> =
        (0..5).map(|n| text((0..200 * n).map(|line| format!("{n} {line}")), "\n")).collect();
    let paths: Vec<_> =
        contents.iter().enumerate().map(|(n, c)| file(&folder, &n.to_string(), c)).collect();
    let expected: Vec<_> = (0..5).map(|n| n.to_string()).zip(contents).collect();
    let reduced = on_threads(|exec| async move {
        let parts = exec.objects(paths).lines().chunk_size(512).await.unwrap();
        assert!(parts.len() > 20);
        let name = |part: &ObjectPart| part.key().rsplit('/').next().unwrap().to_owned();
        exec.map_reduce_by_key(read_part, parts, name, concatenate).await.unwrap()
    });
    assert!(reduced == expected);
}
