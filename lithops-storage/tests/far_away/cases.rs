//! What a worker asks of whom, seen by mocks.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use lithops_core::config::Config;
use lithops_core::ports::{StorageBackend, StorageLocation};
use lithops_storage::{
    AzureConfig, AzureStorage, GcsConfig, GcsStorage, S3Config, S3Storage, WorkerAccess,
    worker_settings,
};
use lithops_testkit::trials::test;

use crate::mock::{MockServer, answer, object};
use crate::worker;

/// A port that nobody listens on.
const NOWHERE: &str = "http://127.0.0.1:1";

pub(super) fn all() -> Vec<Trial> {
    macro_rules! trials {
        ($($case:ident,)+) => {
            vec![$(test(stringify!($case), || run($case())),)+]
        };
    }
    trials![
        a_worker_goes_by_its_own_file_and_keeps_the_bucket,
        a_section_that_its_file_lacks_is_read_where_the_location_says,
        a_file_that_can_not_be_read_is_an_error_that_names_it,
        a_bucket_that_the_program_chose_is_not_taken_elsewhere,
        a_client_that_was_told_of_another_file_stays_with_that,
        a_place_that_a_worker_far_away_names_is_opened_by_the_client_s_own_settings,
        a_trusted_profile_gets_a_worker_in_without_any_key,
        google_and_azure_let_a_worker_in_by_the_keys_of_its_file,
    ]
}

fn run(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(case);
}

/// A client's file and a worker's.
struct Files {
    folder: tempfile::TempDir,
    client: PathBuf,
    worker: PathBuf,
}

fn files(client: &str, worker: &str) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let files = Files {
        client: folder.path().join("client.toml"),
        worker: folder.path().join("worker.toml"),
        folder,
    };
    fs::write(&files.client, client).unwrap();
    fs::write(&files.worker, worker).unwrap();
    files
}

impl Files {
    fn minio(&self) -> StorageLocation {
        let config = Config::read(&self.client).unwrap();
        S3Storage::new(S3Config::from_settings(&config, "minio").unwrap()).unwrap().location()
    }

    async fn work(&self, location: &StorageLocation) -> Result<(), String> {
        worker::start(location, &[("LITHOPS_CONFIG", &self.worker)]).await
    }
}

fn minio(bucket: &str, endpoint: &str, key: &str) -> String {
    format!(
        "[minio]\nstorage_bucket = \"{bucket}\"\nendpoint = \"{endpoint}\"\n\
         access_key_id = \"{key}\"\nsecret_access_key = \"s\"\n"
    )
}

async fn store() -> MockServer {
    MockServer::start(|_, _| object(200, "1")).await
}

/// Who asked, by the name of the key.
fn assert_asked_by(server: &MockServer, key: &str) {
    assert_eq!(server.lines(), ["GET /jobs/given", "PUT /jobs/written"]);
    for asked in server.asked() {
        let signature = asked.header("authorization").unwrap();
        assert!(signature.contains(&format!("Credential={key}/")), "{signature}");
    }
}

async fn a_worker_goes_by_its_own_file_and_keeps_the_bucket() {
    let server = store().await;
    let (client, worker) =
        (minio("jobs", NOWHERE, "client"), minio("others", &server.url, "worker"));
    let files = files(&client, &worker);
    files.work(&files.minio()).await.unwrap();
    assert_asked_by(&server, "worker");
}

async fn a_section_that_its_file_lacks_is_read_where_the_location_says() {
    let server = store().await;
    let files = files(&minio("jobs", &server.url, "client"), "[redis]\nhost = \"r\"\n");
    files.work(&files.minio()).await.unwrap();
    assert_asked_by(&server, "client");
}

async fn a_file_that_can_not_be_read_is_an_error_that_names_it() {
    let server = store().await;
    let files = files(&minio("jobs", &server.url, "client"), "");
    let location = files.minio();
    let missing = files.folder.path().join("missing.toml");
    let said = worker::start(&location, &[("LITHOPS_CONFIG", &missing)]).await.unwrap_err();
    assert!(said.contains("missing.toml can't be read"), "{said}");

    fs::write(&files.worker, "[minio]\nsecret_access_key = [\"s3cr3t\"]").unwrap();
    let said = files.work(&location).await.unwrap_err();
    assert!(said.contains("worker.toml: line 2: "), "{said}");
    assert!(!said.contains("s3cr3t"), "{said}");
    assert_eq!(server.asked().len(), 0);
}

async fn a_bucket_that_the_program_chose_is_not_taken_elsewhere() {
    let other = store().await;
    let files = files("", &minio("jobs", &other.url, "worker"));
    let mut chosen = S3Config::new("jobs");
    chosen.endpoint = Some(NOWHERE.to_owned());
    chosen.access_key_id = Some("chosen".to_owned());
    chosen.secret_access_key = Some("s".to_owned().into());
    let location = S3Storage::new(chosen).unwrap().location();
    let said = files.work(&location).await.unwrap_err();
    assert!(said.contains("were given in the code of another process"), "{said}");
    assert_eq!(other.asked().len(), 0);
}

async fn a_client_that_was_told_of_another_file_stays_with_that() {
    let (server, other) = (store().await, store().await);
    let (client, by_variable) =
        (minio("jobs", &server.url, "client"), minio("jobs", &other.url, "other"));
    let files = files(&client, &by_variable);
    let environment: [(&str, &Path); 2] =
        [("LITHOPS_CONFIG", &files.worker), (worker::TOLD, &files.client)];
    worker::start(&files.minio(), &environment).await.unwrap();
    assert_asked_by(&server, "client");
    assert_eq!(other.asked().len(), 0);
}

async fn a_place_that_a_worker_far_away_names_is_opened_by_the_client_s_own_settings() {
    let server = store().await;
    let files = files(&minio("others", &server.url, "client"), &minio("jobs", NOWHERE, "worker"));
    let config = Config::read(&files.worker).unwrap();
    let named = S3Storage::new(S3Config::from_settings(&config, "minio").unwrap()).unwrap();
    fs::remove_file(&files.worker).unwrap();
    worker::start(&named.location(), &[(worker::TOLD, &files.client)]).await.unwrap();
    assert_asked_by(&server, "client");
}

async fn a_trusted_profile_gets_a_worker_in_without_any_key() {
    let server = MockServer::start(|asked, _| match asked.target.as_str() {
        "/identity/token" => answer(200, "{\"access_token\": \"t\", \"expires_in\": 3600}"),
        _ => object(200, "1"),
    })
    .await;
    let client = format!(
        "[lithops]\nstorage = \"ibm_cos\"\n[ibm]\niam_api_key = \"s3cr3t\"\nregion = \"eu-de\"\n\
         iam_endpoint = \"{0}\"\n[ibm_cos]\nstorage_bucket = \"jobs\"\nprivate_endpoint = \"{0}\"\n",
        server.url
    );
    let files = files(&client, "");
    let config = Config::read(&files.client).unwrap();
    let access =
        WorkerAccess { trusted_profile: Some("Profile-1".to_owned()), inside_ibm_cloud: true };
    let told = worker_settings(&config, &access).unwrap().unwrap();
    assert!(!told.expose().contains("s3cr3t"));
    fs::write(&files.worker, told.expose()).unwrap();
    let token = files.folder.path().join("token");
    fs::write(&token, "of-this-instance\n").unwrap();

    let cos = S3Storage::new(S3Config::from_settings(&config, "ibm_cos").unwrap()).unwrap();
    // A platform's own machines have no file of the client.
    fs::remove_file(&files.client).unwrap();
    let environment: [(&str, &Path); 2] =
        [("LITHOPS_CONFIG", &files.worker), ("LITHOPS_CR_TOKEN_FILE", &token)];
    worker::start(&cos.location(), &environment).await.unwrap();

    let asked = server.asked();
    let expected = ["POST /identity/token", "GET /jobs/given", "PUT /jobs/written"];
    assert_eq!(server.lines(), expected);
    assert!(asked[0].body.ends_with("&cr_token=of-this-instance&profile_id=Profile-1"));
    for request in &asked[1..] {
        assert_eq!(request.header("authorization"), Some("Bearer t"));
    }
}

async fn google_and_azure_let_a_worker_in_by_the_keys_of_its_file() {
    let server = store().await;
    // Google's own exchange of the key for a token is left out.
    let key = "{\"private_key\": \"-\", \"private_key_id\": \"-\", \"client_email\": \"-\", \
               \"disable_oauth\": true}";
    let files = files(
        &format!(
            "[gcp_storage]\nstorage_bucket = \"jobs\"\nservice_account_key = '{key}'\n\
             [azure_storage]\nstorage_bucket = \"jobs\"\nstorage_account_name = \"library\"\n\
             storage_account_key = \"Y29ycmVjdCBob3JzZQ==\"\n"
        ),
        "",
    );
    let config = Config::read(&files.client).unwrap();
    let told = worker_settings(&config, &WorkerAccess::default()).unwrap().unwrap();
    fs::write(&files.worker, told.expose()).unwrap();
    let mut google = GcsConfig::from_settings(&config).unwrap();
    google.endpoint = Some(server.url.clone());
    let google = GcsStorage::new(google).unwrap().location();
    let mut azure = AzureConfig::from_settings(&config).unwrap();
    azure.endpoint = Some(server.url.clone());
    let azure = AzureStorage::new(azure).unwrap().location();
    fs::remove_file(&files.client).unwrap();

    files.work(&google).await.unwrap();
    files.work(&azure).await.unwrap();
    let lines = ["GET /jobs/given", "PUT /jobs/written"];
    assert_eq!(server.lines(), [lines, lines].concat());
    let signature = server.asked()[2].headers["authorization"].clone();
    assert!(signature.starts_with("SharedKey library:"), "{signature}");
}
