//! The first steps of a new user: what `docs/get-started.md` says is done, word for word.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

use crate::command::{output, root, target};
use crate::engine;
use crate::steps::Steps;
use page::Block;

mod page;

const PAGE: &str = "docs/get-started.md";

/// The heading of what needs a container engine.
const IN_CONTAINERS: &str = "In containers";

/// Does all of it, or all but what needs an engine where there is none.
pub(crate) fn run(steps: &mut Steps) -> anyhow::Result<()> {
    let text = fs::read_to_string(root().join(PAGE)).context(PAGE)?;
    let (in_containers, first): (Vec<_>, Vec<_>) =
        page::blocks(&text)?.into_iter().partition(|(heading, _)| heading == IN_CONTAINERS);
    ensure!(!in_containers.is_empty(), "{PAGE} has no section `{IN_CONTAINERS}`");
    let home = Home::make()?;
    let mut user = User::new(&home.0);
    steps.run("guide: get started", |_| user.follow(&first));
    match engine::ensure() {
        Err(missing) => steps.skip("guide: in containers", &missing.to_string()),
        Ok(engine) => steps.run("guide: in containers", |_| {
            user.follow(&in_containers)?;
            let left = engine.containers()?;
            ensure!(left.is_empty(), "containers are left: {left}");
            Ok(())
        }),
    }
    Ok(())
}

/// The folder that the user's project is in, with the checkout beside it.
///
/// Outside of the workspace, which a new package would become a member of. Its name is always the same,
/// so that cargo knows again what it has built; no two checkouts have one in common.
struct Home(PathBuf);

impl Home {
    fn make() -> anyhow::Result<Self> {
        let mut name = DefaultHasher::new();
        root().hash(&mut name);
        let home = Self(std::env::temp_dir().join(format!("lithops-guide-{:x}", name.finish())));
        home.clear()?;
        fs::create_dir(&home.0).with_context(|| home.0.display().to_string())?;
        std::os::unix::fs::symlink(root(), home.0.join("lithops"))?;
        Ok(home)
    }

    /// Removes it, and of the checkout no more than the link to it.
    fn clear(&self) -> std::io::Result<()> {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // The next run clears it first.
        self.clear().ok();
    }
}

/// Who follows the guide: where they are, and what they saw last.
struct User {
    home: PathBuf,
    folder: PathBuf,
    printed: Option<String>,
}

impl User {
    fn new(home: &Path) -> Self {
        Self { home: home.to_owned(), folder: home.to_owned(), printed: None }
    }

    fn follow(&mut self, blocks: &[(String, Block)]) -> anyhow::Result<()> {
        let mut expected = 0;
        for (heading, block) in blocks {
            let done = match block {
                Block::File { name, content } => self.write(name, content),
                Block::Commands(commands) => self.execute(commands),
                Block::Printed(text) => {
                    expected += 1;
                    self.compare(text)
                }
            };
            done.with_context(|| format!("{PAGE}, `{heading}`"))?;
        }
        ensure!(expected > 0, "the guide promises nothing");
        Ok(())
    }

    fn write(&self, name: &str, content: &str) -> anyhow::Result<()> {
        println!("    writes {name}");
        if name == "Cargo.toml" && !self.folder.join("Cargo.lock").exists() {
            // The versions that all else is tested with.
            fs::copy(root().join("Cargo.lock"), self.folder.join("Cargo.lock"))?;
        }
        Ok(fs::write(self.folder.join(name), content)?)
    }

    /// Runs commands as a shell does, and stays in the folder that they end in.
    fn execute(&mut self, commands: &str) -> anyhow::Result<()> {
        let place = self.home.join("place");
        let script = format!("set -e\n{commands}\npwd > {}\n", place.display());
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script).current_dir(&self.folder).stdin(Stdio::null());
        shell.env("CARGO_TARGET_DIR", target().join("guide"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LITHOPS_") {
                shell.env_remove(name);
            }
        }
        // No settings of whoever runs the checks.
        shell.env("XDG_CONFIG_HOME", &self.home);
        let ended = output(shell)?;
        let told = String::from_utf8_lossy(&ended.stderr);
        ensure!(ended.status.success(), "{}:\n{commands}{told}", ended.status);
        self.folder = PathBuf::from(fs::read_to_string(&place)?.trim_end());
        self.printed = Some(String::from_utf8(ended.stdout)?);
        Ok(())
    }

    fn compare(&mut self, expected: &str) -> anyhow::Result<()> {
        match self.printed.take() {
            Some(printed) if printed == expected => Ok(()),
            Some(printed) => bail!("promised:\n{expected}printed:\n{printed}"),
            None => bail!("nothing was run before it:\n{expected}"),
        }
    }
}
