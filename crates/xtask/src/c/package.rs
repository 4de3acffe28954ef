//! The archive for C and C++: headers, both libraries, and what tells pkg-config and CMake of them. It may be unpacked
//! anywhere.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::install::{install_afresh, symbols};
use crate::command::{command, run as done};
use crate::package::{archive, platform, version};

pub(crate) fn run(into: &Path) -> Result<()> {
    let installed = install_afresh()?;
    symbols(&installed)?;
    relocate(&installed.libraries().join("pkgconfig/ava-imessage.pc"))?;
    // The linker strips what it links, and nobody the static library.
    let only_debug = if cfg!(target_os = "macos") { "-S" } else { "--strip-debug" };
    done(command("strip").arg(only_debug).arg(installed.libraries().join("libava_imessage.a")))?;
    let name = format!("ava-imessage-c-{}-{}", version(), platform());
    archive::write(installed.prefix(), &name, &into.join(format!("{name}.tar.gz")))
}

/// Has pkg-config find the rest from where its own file is.
fn relocate(file: &Path) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let prefix = text.lines().find_map(|line| line.strip_prefix("prefix=")).context("no prefix in it")?;
    let text = text.replace(prefix, "${prefix}").replacen("prefix=${prefix}", "prefix=${pcfiledir}/../..", 1);
    ensure!(text.contains("libdir=${"), "it is not where a .pc file is expected to say it: {text}");
    Ok(std::fs::write(file, text)?)
}
