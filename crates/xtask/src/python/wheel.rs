//! The wheel, as `pip install ./python` builds it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::environment::Environment;
use super::folder;
use crate::command::run as done;
use crate::package::profile::shipping;
use crate::tools;

/// What it is for.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// With the hooks that its tests need, in the profile that everything else is built in.
    Testing,
    /// As users get it.
    Shipping,
}

/// Where the one for the tests is, if it was built.
pub(crate) fn tested() -> Result<Option<PathBuf>> {
    Ok(only_wheel(&tools::target()?.join("python/testing")).ok())
}

/// Builds it into the target folder.
pub(crate) fn build(tools: &Environment, kind: Kind) -> Result<PathBuf> {
    let (name, options) = match kind {
        Kind::Testing => ("testing", "--profile dev --features test-hooks"),
        Kind::Shipping => ("shipping", "--profile packed --compression-level 9"),
    };
    let into = tools::target()?.join("python").join(name);
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
    pip.env("MATURIN_PEP517_ARGS", options);
    pip.env("CARGO_TARGET_DIR", tools::target()?).env("PIP_ROOT_USER_ACTION", "ignore");
    if let Kind::Shipping = kind {
        shipping(&mut pip)?;
    }
    done(&mut pip)?;
    only_wheel(&into)
}

fn only_wheel(folder: &Path) -> Result<PathBuf> {
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "whl");
    let files = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    files.flatten().map(|entry| entry.path()).find(is_wheel).context("no wheel was built")
}
