//! Where hostile input is fed in, and what must hold whatever it is. Each target is a plain function that panics if it
//! doesn't: `cargo xtask fuzz` looks for such inputs with libFuzzer, and every test run replays those that were found
//! to be worth keeping, which lie in `corpus/`, a folder a target.
//!
//! Targets use what anybody can use: the client over a transport that gives canned answers, the sandbox in process,
//! the exports of the C library.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a target says what broke"
)]

mod canned;
mod targets;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A place where hostile input is fed in.
pub struct Target {
    /// Its name, and its corpus'.
    pub name: &'static str,
    /// Feeds an input, and panics if what must hold doesn't.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "answers", run: targets::answers::run },
    Target { name: "arguments", run: targets::arguments::run },
    Target { name: "attempts", run: targets::attempts::run },
    Target { name: "bulk", run: targets::bulk::run },
    Target { name: "c", run: targets::c::run },
    Target { name: "checkpoints", run: targets::checkpoints::run },
    Target { name: "errors", run: targets::errors::run },
    Target { name: "phones", run: targets::phones::run },
    Target { name: "retry_after", run: targets::retry_after::run },
    Target { name: "sandbox", run: targets::sandbox::run },
    Target { name: "urls", run: targets::urls::run },
];

/// The target of this name.
///
/// # Errors
/// If there is none.
pub fn target(name: &str) -> Result<&'static Target> {
    let names = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    TARGETS
        .iter()
        .find(|target| target.name == name)
        .with_context(|| format!("there is no target {name:?}, but {}", names()))
}

/// Every input of every corpus.
///
/// # Errors
/// If a corpus is missing, or empty.
pub fn corpora() -> Result<Vec<(&'static Target, PathBuf)>> {
    let mut inputs = Vec::new();
    for target in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
        let files = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        let mut files = files.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
        anyhow::ensure!(!files.is_empty(), "{} is empty", folder.display());
        files.sort();
        inputs.extend(files.into_iter().map(|file| (target, file)));
    }
    Ok(inputs)
}
