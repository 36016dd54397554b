//! Values and large results that stay in storage and are handed on by name.

use std::io::{BufRead, Write};

use lithops::prelude::*;
use serde::{Deserialize, Serialize};

use super::{on_processes, on_threads};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Model {
    weights: Vec<f64>,
    name: String,
}

fn train(seed: u32) -> Result<CloudObject<Model>, DataError> {
    let weights = (0..1000).map(|n| f64::from(seed + n)).collect();
    lithops::context().put(Model { weights, name: format!("model {seed}") })
}

fn score(model: CloudObject<Model>) -> Result<(String, f64), DataError> {
    let model = model.get()?;
    Ok((model.name, model.weights.iter().sum()))
}

#[test]
fn a_value_put_by_one_call_is_read_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let scores = on_processes(folder.path(), |exec| async move {
        let models = exec.map(train, 0..3).await.unwrap();
        let scores = exec.map(score, models.clone()).await.unwrap();
        for model in models {
            model.delete().await.unwrap();
            let error = model.fetch().await.unwrap_err();
            let DataError::Storage(error) = error else { panic!("{error}") };
            assert_eq!(error.kind, lithops::StorageErrorKind::NotFound);
        }
        scores
    });
    let sum = |seed: u32| (0..1000).map(|n| f64::from(seed + n)).sum::<f64>();
    assert_eq!(scores, [0, 1, 2].map(|seed| (format!("model {seed}"), sum(seed))));
    assert!(!folder.path().join("jobs").exists(), "objects are left");
}

#[test]
fn the_client_puts_values_too() {
    let sum = on_threads(|exec| async move {
        let shared = exec.put_object(vec![1_u64, 2, 3]).await.unwrap();
        let sum = |numbers: CloudObject<Vec<u64>>| numbers.get().map(|n| n.iter().sum::<u64>());
        exec.map(sum, [shared.clone(), shared]).await.unwrap()
    });
    assert_eq!(sum, [6, 6]);
}

fn write_lines(count: u32) -> Result<StoredObject, std::io::Error> {
    let mut writer = lithops::context().writer()?;
    for n in 0..count {
        writeln!(writer, "line {n}")?;
    }
    Ok(writer.finish()?)
}

fn count_lines(object: StoredObject) -> Result<usize, DataError> {
    Ok(object.reader()?.lines().count())
}

#[test]
fn a_large_result_is_streamed_to_storage_and_handed_on_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (objects, counts) = on_processes(folder.path(), |exec| async move {
        let written = exec.map(write_lines, [0, 1, 500_000]).submit().unwrap();
        let counts = written.map(count_lines).await.unwrap();
        (written.results().await.unwrap(), counts)
    });
    assert_eq!(counts, [0, 1, 500_000]);
    assert_eq!(objects.iter().map(|object| object.size).collect::<Vec<_>>(), [0, 7, 5_888_890]);
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing() {
    fn give_up(_: u32) -> Result<(), std::io::Error> {
        let mut writer = lithops::context().writer()?;
        writer.write_all(&vec![b'x'; 3 << 20])?;
        Err(std::io::Error::other("changed its mind"))
    }
    let folder = tempfile::tempdir().unwrap();
    on_processes(folder.path(), |exec| async move {
        exec.map(give_up, [1]).await.unwrap_err();
        exec.shutdown().await;
    });
    assert!(!folder.path().join("jobs").exists(), "objects are left");
}

#[test]
fn async_functions_read_and_write_without_blocking() {
    async fn copy(object: StoredObject) -> Result<StoredObject, DataError> {
        use futures::TryStreamExt;
        let mut writer = lithops::context().writer()?;
        let mut reader = object.reader()?;
        while let Some(piece) = reader.try_next().await? {
            writer.send(piece).await?;
        }
        writer.close().await
    }
    on_threads(|exec| async move {
        let numbers: Vec<u8> = (0..5_000_000_u32).map(|n| n as u8).collect();
        let original = exec.put_object(numbers.clone()).await.unwrap();
        let copies = exec.map(copy, [original.object().clone()]).await.unwrap();
        assert!(copies[0].fetch().await.unwrap() == numbers);
    });
}

#[test]
fn objects_are_written_and_found_by_name() {
    fn convert(part: ObjectPart) -> Result<StoredObject, std::io::Error> {
        let mut writer = lithops::ObjectWriter::create(&format!("/{}.upper", part.key()))?;
        writer.write_all(&part.bytes()?.to_ascii_uppercase())?;
        Ok(writer.finish()?)
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    std::fs::write(&path, "quiet").unwrap();
    on_processes(folder.path(), |exec| {
        let path = path.clone();
        async move {
            let parts = exec.objects(path).await.unwrap();
            exec.map(convert, parts).await.unwrap();
        }
    });
    let written = folder.path().join("text.upper");
    assert_eq!(std::fs::read(&written).unwrap(), b"QUIET");
    let found = StoredObject::at(written.to_str().unwrap()).unwrap();
    assert_eq!((found.size, found.bytes().unwrap()), (5, "QUIET".into()));
}
