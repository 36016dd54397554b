//! Programs that keep passwords: `docker-credential-NAME get`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use lithops_core::secret::Secret;
use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::{Credentials, CredentialsError};

/// How long a helper may take; it may ask the user to unlock a key ring.
const BOUND: Duration = Duration::from_secs(30);

/// What helpers say of a registry that they don't know, as the Docker CLI has it.
const UNKNOWN: [&str; 2] =
    ["credentials not found in native keychain", "no credentials server URL"];

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: Secret,
}

/// Asks the helper of this name about a registry; `path` is the file that names it.
pub(super) async fn ask(
    name: &str,
    registry: &str,
    path: &Path,
) -> Result<Credentials, CredentialsError> {
    let program = format!("docker-credential-{name}");
    let failed = |reason: String| CredentialsError::Helper {
        program: program.clone(),
        registry: registry.to_owned(),
        reason,
    };
    let mut command = Command::new(&program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().map_err(|source| {
        let (program, registry) = (program.clone(), registry.to_owned());
        CredentialsError::NoHelper { program, registry, path: path.to_owned(), source }
    })?;
    let stdin = child.stdin.take();
    let answer = async {
        if let Some(mut stdin) = stdin {
            // A helper that does not read has its reasons, and gives them on its output.
            stdin.write_all(registry.as_bytes()).await.ok();
        }
        child.wait_with_output().await
    };
    let output = match tokio::time::timeout(BOUND, answer).await {
        Ok(output) => output.map_err(|error| failed(error.to_string()))?,
        Err(_) => {
            let registry = registry.to_owned();
            return Err(CredentialsError::Silent { program, registry, bound: BOUND });
        }
    };
    if !output.status.success() {
        // Not its output on success: that is the secret.
        let said = String::from_utf8_lossy(&output.stdout);
        if UNKNOWN.iter().any(|unknown| said.contains(unknown)) {
            return Ok(Credentials::Anonymous);
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format!("{}: {} {}", output.status, said.trim(), complaint.trim())));
    }
    let answer: Answer = serde_json::from_slice(&output.stdout)
        .map_err(|_| failed("its answer has no user name and secret".to_owned()))?;
    Ok(match answer.username.as_str() {
        "<token>" => Credentials::IdentityToken(answer.secret),
        _ => Credentials::Password { username: answer.username, password: answer.secret },
    })
}
