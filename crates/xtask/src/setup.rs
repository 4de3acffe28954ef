//! What a machine needs for the checks.

use anyhow::Result;

use crate::{c, node, page, python, tools};

/// Installs what is missing.
pub(crate) fn run() -> Result<()> {
    tools::component("fmt")?;
    tools::component("clippy")?;
    println!("rustfmt and clippy: there");
    println!("cargo-deny: {}", tools::cargo_deny()?.display());
    println!("typos: {}", tools::typos()?.display());
    println!("zizmor: {}", tools::zizmor()?.display());
    python::setup()?;
    node::setup()?;
    page::setup()?;
    c::setup()
}
