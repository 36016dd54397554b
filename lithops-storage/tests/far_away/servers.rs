//! Real servers: a worker gets in by what it was told, at the address that workers see.

use std::sync::Arc;

use libtest_mimic::Trial;
use lithops_core::config::Config;
use lithops_core::ports::{PutMode, StorageBackend, StorageLocation};
use lithops_storage::{
    RedisConfig, RedisStorage, S3Config, S3Storage, WorkerAccess, worker_settings,
};
use lithops_testkit::trials::{ignored, test};

use crate::worker;

pub(super) fn all() -> Vec<Trial> {
    vec![
        trial("seaweedfs", |address| Box::pin(s3(address))),
        trial("radosgw", |address| Box::pin(s3(address))),
        trial("redis", |address| Box::pin(redis(address))),
    ]
}

type Case = fn(Address) -> std::pin::Pin<Box<dyn Future<Output = ()>>>;

struct Address {
    /// Host and port.
    host: String,
    user: String,
    password: String,
}

/// The case of a server, if its address is in the environment as `cargo xtask` tells it.
fn trial(server: &'static str, case: Case) -> Trial {
    let name = format!("{server}::a_worker_gets_in_at_its_own_address");
    let Ok(value) = std::env::var(format!("LITHOPS_TEST_{}", server.to_uppercase())) else {
        return ignored(name, "needs a server: `cargo xtask test` starts it");
    };
    let (login, host) = value.split_once("://").unwrap().1.split_once('@').unwrap();
    let (user, password) = login.split_once(':').unwrap();
    let (host, password) = (host.to_owned(), password.to_owned());
    let address = Address { host, password, user: user.replace("%3A", ":") };
    test(name, move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(case(address));
    })
}

async fn s3(address: Address) {
    let bucket = format!("far-away-{}", std::process::id());
    let text = |endpoint: &str, private: &str| {
        let Address { user, password, .. } = &address;
        format!(
            "[minio]\nstorage_bucket = \"{bucket}\"\nendpoint = \"http://{endpoint}\"\n{private}\n\
             access_key_id = \"{user}\"\nsecret_access_key = \"{password}\"\n"
        )
    };
    let config = |text: &str| Config::resolve("lithops.toml", text, |_| None).unwrap();
    let minio =
        |config| S3Storage::new(S3Config::from_settings(&config, "minio").unwrap()).unwrap();
    let here = minio(config(&text(&address.host, "")));
    here.create_bucket().await.unwrap();

    // The client's own address leads nowhere, so only the other one can be what the worker used.
    let private = format!("private_endpoint = \"http://{}\"", address.host);
    let elsewhere = config(&text("127.0.0.1:1", &private));
    works(Arc::new(here.clone()), &elsewhere, &minio(elsewhere.clone()).location()).await;
    here.delete_bucket().await.unwrap();
}

async fn redis(address: Address) {
    let (host, port) = address.host.split_once(':').unwrap();
    let text = format!(
        "[redis]\nstorage_bucket = \"far-away-{}\"\nhost = \"{host}\"\nport = {port}\n\
         password = \"{}\"\n",
        std::process::id(),
        address.password
    );
    let config = Config::resolve("lithops.toml", &text, |_| None).unwrap();
    let storage = RedisStorage::new(RedisConfig::from_settings(&config)).unwrap();
    let location = storage.location();
    works(Arc::new(storage), &config, &location).await;
}

/// A worker that is told what `config` says finds its object at `location`, and leaves one.
async fn works(here: Arc<dyn StorageBackend>, config: &Config, location: &StorageLocation) {
    let told = worker_settings(config, &WorkerAccess::default()).unwrap().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("worker.toml");
    std::fs::write(&file, told.expose()).unwrap();

    here.put("given", "1".into(), PutMode::Overwrite).await.unwrap();
    worker::start(location, &[("LITHOPS_CONFIG", &file)]).await.unwrap();
    assert_eq!(here.get("written").await.unwrap(), worker::WRITTEN);
    here.delete(&["given".to_owned(), "written".to_owned()]).await.unwrap();
}
