//! The crates, as they are uploaded.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::version;
use crate::command::{cargo, read, run as done};
use crate::tools;

/// Packs every crate that may be uploaded. Cargo's own verification is left out: the consumer in `tests/consumers/rust`
/// compiles the same files, once for all of them.
pub(super) fn package(into: &Path) -> Result<()> {
    let crates = published()?;
    let target = tools::target()?;
    // What isn't committed yet is packed as well: what is checked is what is here.
    let mut pack = cargo(["package", "--quiet", "--locked", "--offline", "--no-verify", "--allow-dirty"]);
    for name in &crates {
        pack.args(["--package", name]);
    }
    done(&mut pack)?;
    for name in &crates {
        let file = format!("{name}-{}.crate", version());
        std::fs::copy(target.join("package").join(&file), into.join(&file)).context(file)?;
    }
    Ok(())
}

/// Those whose manifest doesn't forbid it.
pub(crate) fn published() -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        publish: Option<Vec<String>>,
    }

    let metadata = read(&mut cargo(["metadata", "--no-deps", "--format-version", "1", "--offline"]))?;
    let Metadata { packages } = serde_json::from_str(&metadata)?;
    let published = packages.into_iter().filter(|package| package.publish.is_none());
    Ok(published.map(|package| package.name).collect())
}
