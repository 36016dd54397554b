//! A simulated cloud: Code Engine's emulator that starts instances as late as a cloud does, and a
//! bucket as far away as a cloud's.

mod line;
mod platform;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use lithops::{Builder, Config};
use lithops_storage::{S3Config, S3Storage};

/// How much longer a request to the API takes than on this machine.
pub(crate) const API: Duration = Duration::from_millis(100);
/// How much longer one to storage takes.
pub(crate) const STORAGE: Duration = Duration::from_millis(30);

/// The bucket that jobs' objects are in.
const BUCKET: &str = "lithops-elastic";

/// Makes this process the cloud if it was started as one, and ends it then.
pub(crate) fn serve_if_told() -> bool {
    let seed = std::env::var(platform::SEED).ok().and_then(|seed| seed.parse().ok());
    seed.map(platform::serve).is_some()
}

/// The S3 server that the environment names.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    address: String,
    access_key: String,
    secret_key: String,
}

impl Server {
    /// The server, if one is named.
    pub(crate) fn named() -> Option<Self> {
        let variable = |name| std::env::var(name).ok();
        let endpoint = variable("AWS_ENDPOINT_URL_S3")?;
        Some(Self {
            // Nothing here speaks TLS.
            address: endpoint.strip_prefix("http://")?.trim_end_matches('/').to_owned(),
            access_key: variable("AWS_ACCESS_KEY_ID")?,
            secret_key: variable("AWS_SECRET_ACCESS_KEY")?,
        })
    }

    /// Makes the bucket, unless it is there.
    pub(crate) fn prepare(&self) {
        let bucket = S3Storage::new(S3Config::new(BUCKET)).unwrap();
        lithops::block_on(bucket.create_bucket()).unwrap();
    }
}

/// A cloud in a process of its own, gone with this value.
#[derive(Debug)]
pub(crate) struct Cloud {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    api: String,
    storage: String,
    server: Server,
}

impl Cloud {
    /// Starts one; `seed` is what start delays are drawn from.
    pub(crate) fn start(server: &Server, seed: u64) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(platform::SEED, seed.to_string())
            .env(platform::SERVER, &server.address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = process.stdin.take();
        let mut answers = BufReader::new(process.stdout.take().unwrap());
        let mut places = String::new();
        answers.read_line(&mut places).unwrap();
        let (api, storage) = places.trim().split_once(' ').unwrap();
        let (api, storage) = (api.to_owned(), storage.to_owned());
        Self { process, questions, answers, api, storage, server: server.clone() }
    }

    /// How many requests the API has got since the last time that this was asked.
    pub(crate) fn requests(&mut self) -> u64 {
        writeln!(self.questions.as_mut().unwrap()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer.trim().parse().unwrap()
    }

    /// An executor that has `instances` at once.
    pub(crate) fn builder(&self, instances: usize) -> Builder {
        let Self { api, storage, server: Server { access_key, secret_key, .. }, .. } = self;
        let text = format!(
            "[lithops]\n\
             backend = \"code_engine\"\n\
             storage = \"minio\"\n\
             [minio]\n\
             storage_bucket = \"{BUCKET}\"\n\
             endpoint = \"{storage}\"\n\
             region = \"us-east-1\"\n\
             path_style = true\n\
             access_key_id = \"{access_key}\"\n\
             secret_access_key = \"{secret_key}\"\n\
             [ibm]\n\
             iam_api_key = \"key\"\n\
             region = \"us-south\"\n\
             resource_group_id = \"0123456789abcdef0123456789abcdef\"\n\
             [code_engine]\n\
             endpoint = \"{api}\"\n\
             iam_endpoint = \"{api}\"\n\
             runtime = \"this/program\"\n\
             quota_instances = {instances}\n"
        );
        let config = Config::resolve("lithops.toml", &text, |_| None).unwrap();
        Builder::new(config).progress(false).handle_signals(false)
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        // It ends with its standard input.
        self.questions.take();
        self.process.wait().ok();
    }
}
