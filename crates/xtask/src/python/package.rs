//! What is uploaded: the wheel for every CPython, the sources, and the command in a wheel of its own.

use std::path::Path;

use anyhow::Result;

use super::{folder, tools};
use crate::command::run_quietly as done;
use crate::package::profile::shipping;

/// Builds them, each in the profile that its pyproject.toml names. The wheels carry this machine's platform tag; those
/// for distribution are made with `--zig` (see python/CONTRIBUTING.md).
pub(crate) fn run(into: &Path) -> Result<()> {
    let tools = tools()?;
    for package in [folder(), folder().join("cli")] {
        // Not `build --sdist`, which builds the wheel of the sources in another folder, and cargo everything again.
        let mut sources = tools.run("maturin");
        done(sources.args(["sdist", "--out"]).arg(into).current_dir(&package))?;
        let mut wheel = tools.run("maturin");
        wheel.args(["build", "--locked", "--compression-level", "9", "--quiet", "--out"]).arg(into);
        done(shipping(wheel.current_dir(package))?)?;
    }
    Ok(())
}
