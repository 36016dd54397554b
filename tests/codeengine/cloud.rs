//! A Code Engine and a bucket for one case.

use std::future::Future;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use lithops::{Builder, Config, StorageBackend};
use lithops_codeengine_emulator::{Emulator, Instances, Settings};
use lithops_storage::{S3Config, S3Storage};
use tokio::runtime::Runtime;

/// What all cases ask for tokens with; nobody may find it again.
pub(crate) const API_KEY: &str = "the-key-of-the-account";

/// Buckets that cases have left empty, for the next: a server has room for so many.
static EMPTIED: Mutex<Vec<(String, Arc<S3Storage>)>> = Mutex::new(Vec::new());

/// Where emulators run: the cases have runtimes of their own, which end with them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// The S3 server that the environment names, and who asks it.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) endpoint: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
}

/// The server for jobs' objects, or what to do to have one.
pub(crate) fn server() -> Result<Server, String> {
    let variable = |name: &str| {
        let missing = "no S3 server for jobs' objects is named: run `cargo xtask codeengine`";
        std::env::var(name).map_err(|_| missing.to_owned())
    };
    Ok(Server {
        endpoint: variable("AWS_ENDPOINT_URL_S3")?,
        access_key: variable("AWS_ACCESS_KEY_ID")?,
        secret_key: variable("AWS_SECRET_ACCESS_KEY")?,
    })
}

/// A Code Engine and a bucket, both gone with this value.
pub(crate) struct Cloud {
    emulator: Option<Emulator>,
    server: Server,
    name: String,
    pub(crate) bucket: Arc<S3Storage>,
}

/// Waits for `work` on the runtime of the emulators, also where a case that fails is inside its own.
pub(crate) fn wait<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| scope.spawn(|| RUNTIME.block_on(work)).join().unwrap())
}

impl Cloud {
    /// Whose instances are processes of this very program, unless the settings say otherwise.
    pub(crate) async fn new(settings: Settings) -> Self {
        RUNTIME.spawn(Self::start(settings)).await.unwrap()
    }

    async fn start(mut settings: Settings) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        if let Instances::Processes { program: program @ None } = &mut settings.instances {
            *program = Some(std::env::current_exe().unwrap());
        }
        let emulator = Emulator::start(settings).await.unwrap();
        let server = server().unwrap();
        // Looked for in a statement of its own, which the lock ends with.
        let emptied = EMPTIED.lock().unwrap().pop();
        let (name, bucket) = match emptied {
            Some(emptied) => emptied,
            None => {
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let name = format!("codeengine-{}-{number}", std::process::id());
                let bucket = Arc::new(S3Storage::new(S3Config::new(name.clone())).unwrap());
                bucket.create_bucket().await.unwrap();
                (name, bucket)
            }
        };
        Self { emulator: Some(emulator), server, name, bucket }
    }

    pub(crate) fn emulator(&self) -> &Emulator {
        self.emulator.as_ref().unwrap()
    }

    /// The `lithops.toml` of a client of this cloud, with these further lines in `[code_engine]`.
    pub(crate) fn text(&self, section: &str) -> String {
        let Server { endpoint, access_key, secret_key } = &self.server;
        let (url, name) = (self.emulator().url(), &self.name);
        // A process is the same whatever its image.
        let images = section.contains("image_delivery") || section.contains("runtime =");
        let runtime = if images { "" } else { "runtime = \"this/program\"" };
        format!(
            "[lithops]\n\
             backend = \"code_engine\"\n\
             storage = \"minio\"\n\
             [minio]\n\
             storage_bucket = \"{name}\"\n\
             endpoint = \"{endpoint}\"\n\
             region = \"us-east-1\"\n\
             path_style = true\n\
             access_key_id = \"{access_key}\"\n\
             secret_access_key = \"{secret_key}\"\n\
             [ibm]\n\
             iam_api_key = \"{API_KEY}\"\n\
             region = \"us-south\"\n\
             resource_group_id = \"0123456789abcdef0123456789abcdef\"\n\
             [code_engine]\n\
             endpoint = \"{url}\"\n\
             iam_endpoint = \"{url}\"\n\
             {runtime}\n\
             {section}\n"
        )
    }

    /// The settings of a client of this cloud.
    pub(crate) fn config(&self, section: &str) -> Config {
        Config::resolve("lithops.toml", &self.text(section), |_| None).unwrap()
    }

    /// An executor of this cloud.
    pub(crate) fn builder(&self, section: &str) -> Builder {
        let silence = Duration::from_secs(20);
        let builder = Builder::new(self.config(section)).progress(false).handle_signals(false);
        builder.silence_bound(silence)
    }

    /// The keys of all objects in the bucket.
    pub(crate) fn objects(&self) -> Vec<String> {
        let page = wait(self.bucket.list("", None)).unwrap();
        page.objects.into_iter().map(|object| object.key).collect()
    }

    /// Removes the only project, as somebody would by hand.
    pub(crate) fn delete_project(&self) {
        let form = "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=by-hand";
        let granted = self.by_hand(&format!(
            "POST /identity/token HTTP/1.0\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n{form}",
            form.len()
        ));
        let (_, token) = granted.split_once("\"access_token\":\"").unwrap();
        let (token, _) = token.split_once('"').unwrap();
        let state = self.emulator().state();
        let id = state["projects"][0]["project"]["id"].as_str().unwrap();
        let removed = self.by_hand(&format!(
            "DELETE /v2/projects/{id} HTTP/1.0\r\nauthorization: Bearer {token}\r\n\r\n"
        ));
        assert!(removed.contains(" 202 "), "{removed}");
    }

    /// What the emulator answers to a request.
    fn by_hand(&self, request: &str) -> String {
        let address = self.emulator().url().strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The names of all resources of a kind, such as `job_runs`, that the account has.
    pub(crate) fn resources(&self, kind: &str) -> Vec<String> {
        let state = self.emulator().state();
        let projects = state["projects"].as_array().unwrap().iter();
        let resources = projects.filter_map(|project| project["resources"][kind].as_array());
        resources.flatten().map(|resource| resource["name"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        if let Some(emulator) = self.emulator.take() {
            wait(emulator.shutdown());
            if self.objects().is_empty() {
                let bucket = Arc::clone(&self.bucket);
                EMPTIED.lock().unwrap().push((self.name.clone(), bucket));
            }
        }
    }
}
