//! Finding objects, dividing them evenly, and noticing when they change.

use std::fs;

use lithops::prelude::*;

use super::{on_processes, on_threads, read_part};

#[test]
fn a_folder_gives_its_files_in_key_order() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("b")).unwrap();
    for name in ["c", "a", "b/2", "b/1"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    let path = folder.path().to_owned();
    let keys = on_threads(|exec| async move {
        let parts = exec.objects(path.clone()).await.unwrap();
        let prefix = path.to_string_lossy().trim_start_matches('/').to_owned();
        let keys = parts.iter().map(|part| part.key().strip_prefix(&prefix).unwrap().to_owned());
        keys.collect::<Vec<_>>()
    });
    assert_eq!(keys, ["/a", "/b/1", "/b/2", "/c"]);
}

#[test]
fn uneven_objects_give_even_parts() {
    let folder = tempfile::tempdir().unwrap();
    for (name, size) in [("large", 100_000), ("medium", 9_000), ("small", 10)] {
        fs::write(folder.path().join(name), vec![b'x'; size]).unwrap();
    }
    let path = folder.path().to_owned();
    let sizes = on_threads(|exec| async move {
        let parts = exec.objects(path).calls(12).await.unwrap();
        parts.iter().map(|part| part.range().map_or(0, |r| r.end - r.start)).collect::<Vec<_>>()
    });
    assert_eq!(
        sizes,
        [10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 9_000, 10]
    );
}

#[test]
fn an_object_that_changed_since_it_was_planned_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "before").unwrap();
    let errors = on_processes(folder.path(), |exec| {
        let path = path.clone();
        async move {
            let whole = exec.objects(path.clone()).await.unwrap();
            let divided = exec.objects(path.clone()).chunk_count(2).await.unwrap();
            fs::write(&path, "after!").unwrap();
            let parts = [whole, divided].concat();
            exec.map(read_part, parts).settled().await.unwrap()
        }
    });
    assert_eq!(errors.len(), 3);
    for error in errors {
        let Err(CallError::Failed(error)) = error else { panic!("{error:?}") };
        assert!(error.message.contains("has changed since its parts were planned"), "{error:?}");
    }
}

#[test]
fn processes_read_what_the_client_has_found() {
    let folder = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(folder.path().join("numbers"), &content).unwrap();
    let path = folder.path().join("numbers");
    let read = on_processes(folder.path(), |exec| async move {
        let parts = exec.objects(path).records_of(4).calls(7).await.unwrap();
        assert_eq!(parts.len(), 7);
        exec.map(read_part, parts).await.unwrap()
    });
    assert!(read.iter().all(|part| part.len() % 4 == 0));
    assert!(read.concat() == content);
}

#[test]
fn records_that_do_not_fill_the_object_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd");
    fs::write(&path, [0; 10]).unwrap();
    let refuse = |divide: fn(lithops::Objects) -> lithops::Objects| {
        let path = path.clone();
        on_threads(|exec| async move { divide(exec.objects(path)).await.unwrap_err().to_string() })
    };
    assert!(
        refuse(|o| o.records_of(4))
            .ends_with("has 10 bytes, which is no multiple of 4, the size of its records")
    );
    let same = lithops::Records::Csv { separator: b',', quote: b',' };
    assert!(refuse_records(&path, same).contains("must be different"));
    assert_eq!(refuse(|o| o.records_of(0)), "records have at least one byte");
    assert!(refuse(|o| o.delimited_by("")).starts_with("a delimiter of no bytes divides nothing"));
}

#[test]
fn a_scheme_that_nobody_knows_is_refused() {
    let error = on_threads(|exec| async move { exec.objects("tape://a/b").await.unwrap_err() });
    assert!(error.to_string().contains("unknown scheme; this build knows: "), "{error}");
}

#[test]
fn what_lies_in_the_clients_memory_is_out_of_reach_for_processes() {
    let folder = tempfile::tempdir().unwrap();
    let object = on_threads(|exec| async move { exec.put_object(1_u32).await.unwrap() });
    let error = on_processes(folder.path(), |exec| async move {
        exec.objects(object.object().clone()).await.unwrap_err()
    });
    assert!(matches!(error, Error::Data(DataError::OutOfReach { backend: "processes", .. })));
}

#[test]
fn finding_and_reading_write_nothing() {
    use lithops_storage::layers::{CountingStorage, Verb};
    let memory = std::sync::Arc::new(lithops_storage::MemoryStorage::new());
    let storage = CountingStorage::new(memory);
    lithops::block_on(async {
        let exec = FunctionExecutor::builder().backend("threads").workers(2).progress(false);
        let exec =
            exec.storage_backend(std::sync::Arc::new(storage.clone())).build().await.unwrap();
        let own = exec.storage();
        own.put("a/1", "one".into(), lithops::PutMode::Overwrite).await.unwrap();
        own.put("a/2", "two".into(), lithops::PutMode::Overwrite).await.unwrap();
        let before = storage.counts();
        let inputs = ["storage://a/", "storage://a/1", "storage://a/*"];
        let parts = exec.objects(inputs).await.unwrap();
        assert_eq!(parts.len(), 5);
        let asked = storage.counts().since(&before);
        // One listing of the prefix, one look at the key; for the pattern a look at an object and a
        // folder of that name, and a listing.
        assert_eq!((asked.of(Verb::List), asked.of(Verb::Head), asked.total()), (3, 2, 5));
    });
}

fn refuse_records(path: &std::path::Path, records: lithops::Records) -> String {
    let path = path.to_owned();
    on_threads(
        |exec| async move { exec.objects(path).records(records).await.unwrap_err().to_string() },
    )
}

#[test]
fn a_folder_named_like_a_pattern_is_that_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("d[1]")).unwrap();
    fs::write(folder.path().join("d[1]/f.txt"), "right").unwrap();
    fs::write(folder.path().join("d1"), "wrong").unwrap();
    for name in ["d[1]", "d[1]/"] {
        let path = format!("{}/{name}", folder.path().display());
        let read = on_threads(|exec| async move {
            let parts = exec.objects(path).await.unwrap();
            exec.map(read_part, parts).await.unwrap()
        });
        assert_eq!(read, [b"right"], "{name}");
    }
}

#[test]
fn a_path_may_go_up() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("a")).unwrap();
    fs::write(folder.path().join("b"), "here").unwrap();
    let path = format!("{}/a/../b", folder.path().display());
    let read = on_threads(|exec| async move {
        let parts = exec.objects(path).await.unwrap();
        exec.map(read_part, parts).await.unwrap()
    });
    assert_eq!(read, [b"here"]);
}

#[test]
fn a_folder_of_the_users_stays_when_a_write_into_it_fails() {
    fn give_up(path: String) -> Result<(), std::io::Error> {
        use std::io::Write;
        let mut writer = lithops::ObjectWriter::create(&path)?;
        writer.write_all(&vec![0; 1 << 20])?;
        Err(std::io::Error::other("changed its mind"))
    }
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("project/results");
    fs::create_dir_all(&results).unwrap();
    let path = results.join("x").display().to_string();
    on_threads(|exec| async move { exec.map(give_up, [path]).await.unwrap_err() });
    assert_eq!(fs::read_dir(&results).unwrap().count(), 0);
}

#[test]
fn a_file_that_became_smaller_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, [b'x'; 1000]).unwrap();
    let error = on_threads(|exec| async move {
        let parts = exec.objects(path.clone()).chunk_count(2).await.unwrap();
        fs::write(&path, [b'x'; 10]).unwrap();
        exec.map(read_part, parts).await.unwrap_err()
    });
    assert!(error.to_string().contains("has changed since its parts were planned"), "{error}");
}
