//! The references, each by its language's own tool, into the site.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::command::{cargo, root, run as done};
use crate::{Language, kotlin, node, python, swift, tools};

/// What links to them.
const PAGE: &str = "docs/reference.md";

/// Builds that of one language, or all.
pub(crate) fn build(language: Option<Language>) -> Result<()> {
    let all = [Language::Rust, Language::Python, Language::Node, Language::Swift, Language::Kotlin];
    for language in language.map_or(all.to_vec(), |one| vec![one]) {
        let Some(name) = folder_of(language) else { continue };
        let into = tools::target()?.join("site/reference").join(name);
        println!("the reference of {name}");
        match language {
            Language::Rust => rust(&into),
            Language::Python => python::reference(&into),
            Language::Node => node::reference(&into),
            Language::Swift => swift::reference(&into),
            Language::Kotlin => kotlin::reference(&into),
            Language::C => Ok(()),
        }
        .with_context(|| format!("the reference of {name}"))?;
        check_links(name)?;
    }
    Ok(())
}

/// C's is a page of the site itself.
fn folder_of(language: Language) -> Option<&'static str> {
    match language {
        Language::Rust => Some("rust"),
        Language::Python => Some("python"),
        Language::Node => Some("node"),
        Language::Swift => Some("swift"),
        Language::Kotlin => Some("kotlin"),
        Language::C => None,
    }
}

/// That the page's links to it lead somewhere.
fn check_links(name: &str) -> Result<()> {
    let page = std::fs::read_to_string(root().join(PAGE)).context(PAGE)?;
    let prefix = format!("(../reference/{name}/");
    let mut links = page.split(&prefix).skip(1).filter_map(|rest| rest.split(')').next()).peekable();
    ensure!(links.peek().is_some(), "{PAGE} has no link to the reference of {name}");
    for link in links {
        let file = if link.ends_with('/') { format!("{link}index.html") } else { link.to_owned() };
        let file = tools::target()?.join("site/reference").join(name).join(file);
        ensure!(file.is_file(), "{PAGE}: there is no {}", file.display());
    }
    Ok(())
}

/// Of the crates that programs and their tests stand on, and of no other. What is compiled for it is shared with
/// everything else.
fn rust(into: &Path) -> Result<()> {
    let own = tools::target()?.join("docs/rustdoc");
    let mut doc = cargo(["doc", "--no-deps", "--all-features", "--quiet"]);
    doc.args(["--package", "ava-imessage", "--package", "ava-sandbox"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    done(doc.env("CARGO_BUILD_BUILD_DIR", tools::target()?).env("CARGO_TARGET_DIR", &own))?;
    copy(&own.join("doc"), into)
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, into: &Path) -> Result<()> {
    let mut folders: Vec<PathBuf> = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        std::fs::create_dir_all(into.join(&folder))?;
        let entries = std::fs::read_dir(from.join(&folder));
        for entry in entries.with_context(|| from.join(&folder).display().to_string())? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                std::fs::copy(entry.path(), into.join(path))?;
            }
        }
    }
    Ok(())
}
