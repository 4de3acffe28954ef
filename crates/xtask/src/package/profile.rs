//! How what ships is built: one profile, one target folder, and no path of this machine in it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{cargo, root, run as done};
use crate::tools;

/// Cargo's name of it.
pub(crate) const PROFILE: &str = "packed";

/// Builds a package's library or program, and gives the folder that it is in.
pub(crate) fn build(package: &str) -> Result<PathBuf> {
    let mut build = cargo(["build", "--quiet", "--locked", "--profile", PROFILE, "--package", package]);
    done(shipping(&mut build)?)?;
    Ok(tools::target()?.join(PROFILE))
}

/// Has this command's cargo build for other machines: panics name files of ours and of crates', which stand somewhere
/// under a person's home here.
///
/// Flags are part of what cargo compares: whoever builds in this profile without them builds everything again.
pub(crate) fn shipping(command: &mut Command) -> Result<&mut Command> {
    const SEPARATOR: &str = "\x1f";
    let mut flags: Vec<OsString> = Vec::new();
    if let Some(given) = std::env::var_os("CARGO_ENCODED_RUSTFLAGS") {
        flags.push(given);
    } else if let Ok(given) = std::env::var("RUSTFLAGS") {
        flags.extend(given.split_whitespace().map(OsString::from));
    }
    // Of two that fit, the last one counts.
    for (from, to) in [(root(), "ava-imessage"), (tools::target()?, "target")] {
        flags.push(remapped(from, to));
    }
    for registry in registries()? {
        flags.push(remapped(registry, "crates"));
    }
    Ok(command.env("CARGO_ENCODED_RUSTFLAGS", flags.join(SEPARATOR.as_ref())).env_remove("RUSTFLAGS"))
}

fn remapped(from: PathBuf, to: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(from);
    flag.push("=");
    flag.push(to);
    flag
}

/// Where crates' sources are. There is a folder for each registry, with what cargo makes of its address.
fn registries() -> Result<Vec<PathBuf>> {
    // What this program was built of need not be all.
    done(&mut cargo(["fetch", "--quiet", "--locked"]))?;
    let sources = cargo_home()?.join("registry/src");
    let entries = std::fs::read_dir(&sources).with_context(|| sources.display().to_string())?;
    let mut folders: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    Ok(folders)
}

/// Where cargo keeps its own.
pub(crate) fn cargo_home() -> Result<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(home) => Ok(home.into()),
        None => Ok(home()?.join(".cargo")),
    }
}

/// The person's.
pub(crate) fn home() -> Result<PathBuf> {
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    Ok(home.context("neither HOME nor USERPROFILE is set")?.into())
}
