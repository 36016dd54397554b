//! The emulator of Code Engine, driven by IBM's own SDK.

use std::process::Command;

use super::{Emulator, PYTHON, ensure, is_ci, python};
use crate::command::{root, run};
use crate::steps::Steps;

const STEP: &str = "Code Engine: IBM's SDK";

/// Starts the emulator, and has the SDK go through the life of a project.
pub(crate) fn drive_code_engine(steps: &mut Steps) -> anyhow::Result<()> {
    if let Err(missing) = ensure(&[PYTHON]) {
        if is_ci() {
            return Err(missing);
        }
        steps.skip(STEP, &format!("{missing:#}"));
        return Ok(());
    }
    steps.run(STEP, |_| {
        let programs = python::programs("code-engine-sdk")?;
        let emulator = Emulator::start(&[])?;
        let url = emulator.url();
        let mut drive = Command::new(programs.join("python"));
        drive.arg(root().join("lithops-codeengine-emulator/tests/sdk/drive.py"));
        drive.env("CODE_ENGINE_URL", format!("{url}/v2")).env("CODE_ENGINE_AUTH_URL", &url);
        drive.env("CODE_ENGINE_AUTH_TYPE", "iam").env("CODE_ENGINE_APIKEY", "emulator");
        // Proxies are for what is elsewhere.
        drive.env("NO_PROXY", "127.0.0.1").current_dir(emulator.folder());
        run(drive)
    });
    Ok(())
}
