//! Whether a cluster is as workers need it.

use std::time::Duration;

use bytes::Bytes;
use lithops_core::ports::Finding;

use super::inner::Inner;
use crate::folder::as_said;
use crate::login::slurm;
use crate::refused::from_command;

/// How long one look may take.
const LOOK: Duration = Duration::from_secs(15);

const CLUSTER: &str = "cluster";
const FOLDER: &str = "shared folder";

/// Looks at the cluster and at the folder, and changes nothing.
pub(super) async fn examine(inner: &Inner) -> Vec<Finding> {
    let login = match inner.login() {
        Ok(login) => login,
        Err(error) => return vec![Finding::bad(CLUSTER, error.message, "make room in /tmp")],
    };
    let mut question =
        vec!["sinfo", "--noheader", "-o", "%P %a, nodes %F (allocated/idle/other/all)"];
    if let Some(partition) = &inner.config.partition {
        question.extend(["--partition", partition]);
    }
    let ask = |line: String| async move { login.run(&line, Bytes::new(), LOOK).await };
    let cluster = match ask(slurm(question)).await {
        Ok(said) if said.trim().is_empty() => {
            let what = "it has no partition for this user, or not the one in `slurm.partition`";
            Finding::bad(CLUSTER, what, "see `sinfo -a`")
        }
        Ok(said) => Finding::good(CLUSTER, said.trim().replace('\n', "; ")),
        Err(source) => {
            let error = from_command("ask the cluster", source);
            Finding::bad(CLUSTER, error.message, "run `sinfo` in a shell there")
        }
    };
    let folder = as_said(&inner.config.folder);
    let look = format!(
        "at={folder}; until test -e \"$at\"; do at=$(dirname \"$at\"); done; test -d \"$at\" && test \
         -w \"$at\" && echo \"$at\""
    );
    let folder = match ask(look).await {
        Ok(at) => Finding::good(FOLDER, format!("{} can be written to", at.trim())),
        Err(_) => Finding::bad(
            FOLDER,
            format!("{} can't be written to", inner.config.folder.display()),
            "say another in `slurm.folder`, which all nodes see",
        ),
    };
    vec![cluster, folder]
}
