//! The native half of the Swift and the Kotlin package, and what UniFFI generates of it.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::command::{cargo, command, run as done};
use crate::package::profile;
use crate::tools;

/// Which library is packed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A quick build, with panics on demand.
    Testing,
    /// As it ships.
    Packed,
}

/// Builds the library, and writes what calls it, in `language`, into a folder; both of the same sources, so that they
/// can't part. Gives the library.
pub(crate) fn make(kind: Kind, language: &str, into: &Path) -> Result<PathBuf> {
    let mut build = cargo(["build", "--quiet", "--package", "ava-uniffi", "--package", "ava-uniffi-bindgen"]);
    if kind == Kind::Testing {
        build.args(["--features", "ava-uniffi/test-hooks"]);
    }
    done(&mut build)?;
    let debug = tools::target()?.join("debug");
    // The generator reads what stripping takes away.
    let readable = debug.join(library());
    let mut write = command(debug.join(format!("ava-uniffi-bindgen{}", std::env::consts::EXE_SUFFIX)));
    write.args(["generate", "--no-format", "--language", language, "--out-dir"]).arg(into).arg(&readable);
    done(&mut write)?;
    match kind {
        Kind::Testing => Ok(readable),
        Kind::Packed => packed(),
    }
}

/// The library as it ships.
pub(crate) fn packed() -> Result<PathBuf> {
    Ok(profile::build("ava-uniffi")?.join(library()))
}

/// The library's file.
pub(crate) fn library() -> String {
    format!("{}ava_uniffi{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}
