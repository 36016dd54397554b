//! No secret leaves the process that was given it.

#![cfg(all(feature = "s3", feature = "gcs", feature = "azure"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;
use std::fs;
use std::sync::Arc;

use lithops_core::config::Config;
use lithops_core::ports::StorageBackend;
use lithops_core::secret::Secret;
use lithops_core::wire::{
    Digest, FunctionId, JobHead, JobId, PROTOCOL, SavedJob, StorageLocation, ToWorker, WorkOrder,
};
use lithops_storage::{
    AzureConfig, AzureStorage, GcsConfig, GcsStorage, S3Config, S3Storage, WorkerAccess, open,
    worker_settings,
};

/// Also valid base64, as Azure wants its keys.
const SECRET: &str = "s3cr3ts3cr3ts3cr3ts3cr3t";

fn secret() -> Option<Secret> {
    Some(Secret::new(SECRET))
}

fn assert_hidden(shown: &dyn Debug) {
    for shown in [format!("{shown:?}"), format!("{shown:#?}")] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

fn by_key() -> S3Config {
    let mut config = S3Config::new("by-key");
    config.access_key_id = Some("reader".to_owned());
    config.secret_access_key = secret();
    config.session_token = secret();
    config
}

fn by_iam() -> S3Config {
    let mut config = S3Config::new("by-iam");
    config.iam_api_key = secret();
    config
}

fn google() -> GcsConfig {
    let mut config = GcsConfig::new("bucket");
    config.service_account_key = Some(Secret::new(format!(
        "{{\"private_key\": \"{SECRET}\", \"private_key_id\": \"{SECRET}\", \
         \"client_email\": \"e\", \"disable_oauth\": true}}"
    )));
    config
}

fn azure(sas: bool) -> AzureConfig {
    let mut config = AzureConfig::new("box");
    config.account = Some("account".to_owned());
    if sas {
        config.sas_token = Some(Secret::new(format!("sv=1&sig={SECRET}")));
    } else {
        config.access_key = secret();
    }
    config
}

fn storages() -> Vec<Arc<dyn StorageBackend>> {
    vec![
        Arc::new(S3Storage::new(by_key()).unwrap()),
        Arc::new(S3Storage::new(by_iam()).unwrap()),
        Arc::new(GcsStorage::new(google()).unwrap()),
        Arc::new(AzureStorage::new(azure(false)).unwrap()),
        Arc::new(AzureStorage::new(azure(true)).unwrap()),
    ]
}

fn order(storage: StorageLocation) -> WorkOrder {
    let (protocol, job) = (PROTOCOL, JobId::new("a", 1));
    let (preface, len, workers, wave, heartbeat_ms) = (1, 2, 1, 0, 1000);
    let digest = Digest::of(b"preface");
    WorkOrder { protocol, storage, job, preface, digest, len, workers, wave, heartbeat_ms }
}

fn job(storage: StorageLocation) -> JobHead {
    JobHead {
        job: JobId::new("a", 1),
        ticket: 1,
        calls: 1,
        function: FunctionId { path: "f".into(), signature: "fn()".into(), type_id: 1 },
        result_type: "()".into(),
        build: Vec::new(),
        timeout_ms: None,
        retry: (1, 1, 1),
        memory: None,
        store_above: None,
        storage,
        shared: None,
    }
}

#[test]
fn no_storage_and_no_configuration_shows_its_secrets() {
    assert_hidden(&by_key());
    assert_hidden(&by_iam());
    assert_hidden(&google());
    assert_hidden(&azure(false));
    assert_hidden(&azure(true));
    for storage in storages() {
        assert_hidden(&storage);
        assert_hidden(&storage.location());
    }
}

#[test]
fn no_payload_of_a_job_holds_a_secret_of_its_storage() {
    for storage in storages() {
        let location = storage.location();
        let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!order(location.clone()).to_text().contains(&hex), "{location:?}");
        let head = ToWorker::Job(Box::new(job(location.clone()))).encode().concat();
        assert!(head.windows(SECRET.len()).all(|bytes| bytes != SECRET.as_bytes()));
        let (job, calls, result_type) = (JobId::new("a", 1), 1, "()".to_owned());
        assert_hidden(&SavedJob { job, storage: location, calls, result_type });
    }
}

#[test]
fn a_file_with_secrets_is_named_and_another_process_reads_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lithops.toml");
    let text = format!(
        "[minio]\nstorage_bucket = \"jobs\"\nendpoint = \"http://127.0.0.1:1\"\n\
         access_key_id = \"reader\"\nsecret_access_key = \"{SECRET}\"\n\
         [azure_storage]\nstorage_bucket = \"box\"\nstorage_account_name = \"account\"\n\
         storage_account_key = \"{SECRET}\"\n"
    );
    fs::write(&file, text).unwrap();
    let config = Config::read(&file).unwrap();
    assert_hidden(&config);

    let minio = S3Storage::new(S3Config::from_settings(&config, "minio").unwrap()).unwrap();
    let azure = AzureStorage::new(AzureConfig::from_settings(&config).unwrap()).unwrap();
    for location in [minio.location(), azure.location()] {
        assert_eq!(location.settings["config"], file.to_str().unwrap());
        assert_eq!(location.settings.get("credentials"), None);
        assert_hidden(&location);
        assert_hidden(&open(&location).unwrap());
    }
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert!(!order(minio.location()).to_text().contains(&hex));

    fs::remove_file(&file).unwrap();
    let error = open(&azure.location()).unwrap_err().to_string();
    assert!(error.contains("a configuration file that this process can't use"), "{error}");
    assert!(error.contains(file.to_str().unwrap()), "{error}");
}

#[test]
fn what_workers_are_told_is_a_secret_as_a_whole() {
    let key = google().service_account_key.unwrap();
    let text = format!(
        "[ibm]\niam_api_key = \"{SECRET}\"\nregion = \"eu-de\"\n[ibm_cos]\n\
         [minio]\nendpoint = \"http://127.0.0.1:1\"\n\
         access_key_id = \"reader\"\nsecret_access_key = \"{SECRET}\"\n\
         session_token = \"{SECRET}\"\n[gcp_storage]\nservice_account_key = '''{}'''\n\
         [azure_storage]\nstorage_account_key = \"{SECRET}\"\n[redis]\npassword = \"{SECRET}\"\n",
        key.expose()
    );
    let config = Config::resolve("lithops.toml", &text, |_| None).unwrap();
    assert_hidden(&config);
    let told = worker_settings(&config, &WorkerAccess::default()).unwrap();
    assert_hidden(&told);
    let lines: Vec<_> = told.iter().flat_map(|told| told.expose().lines()).collect();
    let secrets = lines.iter().filter(|line| line.contains(SECRET)).count();
    // The build decides whether Redis is there.
    assert_eq!(secrets, 5 + usize::from(cfg!(feature = "redis")), "{}", lines.len());

    let access =
        WorkerAccess { trusted_profile: Some("workers".to_owned()), inside_ibm_cloud: true };
    let text = format!("[ibm]\niam_api_key = \"{SECRET}\"\nregion = \"eu-de\"\n[ibm_cos]\n");
    let config = Config::resolve("lithops.toml", &text, |_| None).unwrap();
    let told = worker_settings(&config, &access).unwrap().unwrap();
    assert!(!told.expose().contains(SECRET));
}
