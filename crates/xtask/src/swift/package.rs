//! The package as an archive, with the native half for this platform: unpacked, it is depended on by its path.

use std::path::Path;

use anyhow::{Context, Result};

use super::{folder, make_in, scratch};
use crate::package::{archive, license, platform, version};
use crate::uniffi::Kind;

/// What is packed besides what is built. Package.swift leaves out the tests where they aren't.
const PACKED: [&str; 4] = ["Package.swift", "README.md", "Sources/AvaIMessage", "Sources/AvaIMessageTesting"];

pub(crate) fn run(into: &Path) -> Result<()> {
    let staging = scratch("packing")?.join("AvaIMessage");
    if staging.is_dir() {
        std::fs::remove_dir_all(&staging)?;
    }
    for name in PACKED {
        copy(&folder().join(name), &staging.join(name))?;
    }
    make_in(Kind::Packed, &staging)?;
    license(&staging)?;
    let name = format!("ava-imessage-swift-{}-{}.tar.gz", version(), platform());
    archive::write(&staging, "AvaIMessage", &into.join(name))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        for entry in std::fs::read_dir(from)?.flatten() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    std::fs::create_dir_all(to.parent().context("a file in no folder")?)?;
    std::fs::copy(from, to).with_context(|| from.display().to_string())?;
    Ok(())
}
