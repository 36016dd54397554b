//! What a process finds: a folder of its own, and an environment in which mounts are there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::super::InstanceSpec;

/// Where programs are looked for.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The folder of one process; removed when this is dropped.
#[derive(Debug)]
pub(super) struct Room {
    root: TempDir,
}

impl Room {
    /// Makes the folder, with all that is mounted. Blocks.
    pub(super) fn furnish(folder: &Path, spec: &InstanceSpec) -> std::io::Result<Self> {
        let root = tempfile::Builder::new().prefix(&spec.hostname).tempdir_in(folder)?;
        for (path, files) in &spec.folders {
            let folder = below(root.path(), path);
            fs::create_dir_all(&folder)?;
            for (name, content) in files {
                fs::write(folder.join(name), content)?;
            }
        }
        Ok(Self { root })
    }

    /// A command with the environment of the instance, and in its folder.
    pub(super) fn command(&self, program: &Path, spec: &InstanceSpec) -> Command {
        let root = self.root.path();
        let shown = root.display().to_string();
        let given = [
            ("CE_EMULATOR_ROOT", shown.as_str()),
            ("HOME", &shown),
            ("HOSTNAME", &spec.hostname),
            ("PATH", PATH),
            ("PWD", &shown),
        ];
        let mut environment: BTreeMap<String, String> =
            given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        for variable in &spec.environment {
            let value = match variable.literal {
                true => moved(root, spec, &variable.value),
                false => variable.value.clone(),
            };
            environment.insert(variable.name.clone(), value);
        }
        let mut command = Command::new(program);
        command.env_clear().envs(environment).current_dir(root);
        command
    }
}

/// A value that is a mount's path, or begins with one, as what it is below `root`.
fn moved(root: &Path, spec: &InstanceSpec, value: &str) -> String {
    let names = |mount: &String| {
        value
            .strip_prefix(mount.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match spec.folders.keys().any(names) {
        true => below(root, value).display().to_string(),
        false => value.to_owned(),
    }
}

fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}
