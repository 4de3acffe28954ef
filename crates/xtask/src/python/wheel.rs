//! The wheel of the checks: what `pip install ./python` builds, in the profile that everything else is built in.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::environment::Environment;
use super::folder;
use crate::command::run as done;
use crate::tools;

/// Builds it, with the hooks that its tests need, into the target folder.
pub(crate) fn build(tools: &Environment) -> Result<PathBuf> {
    let into = tools::target()?.join("python");
    let _ = std::fs::remove_dir_all(&into);
    let mut pip = tools.run("python");
    pip.args([
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-build-isolation",
    ]);
    pip.arg("--wheel-dir").arg(&into).arg(folder());
    pip.env("MATURIN_PEP517_ARGS", "--profile dev --features test-hooks");
    pip.env("CARGO_TARGET_DIR", tools::target()?).env("PIP_ROOT_USER_ACTION", "ignore");
    done(&mut pip)?;
    only_wheel(&into)
}

fn only_wheel(folder: &Path) -> Result<PathBuf> {
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "whl");
    let files = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    files.flatten().map(|entry| entry.path()).find(is_wheel).context("no wheel was built")
}
