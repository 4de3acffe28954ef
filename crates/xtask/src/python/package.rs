//! What is uploaded: the wheel for every CPython, the sources, and the command in a wheel of its own.

use anyhow::Result;

use super::{folder, tools};
use crate::command::run as done;

/// Builds them into `python/dist`, each in the profile that its pyproject.toml names. The wheels carry this machine's
/// platform tag; those for distribution are made with `--zig` (see python/CONTRIBUTING.md).
pub(crate) fn run() -> Result<()> {
    let tools = tools()?;
    let into = folder().join("dist");
    let _ = std::fs::remove_dir_all(&into);
    for package in [folder(), folder().join("cli")] {
        let mut maturin = tools.run("maturin");
        maturin.args(["build", "--sdist", "--compression-level", "9", "--quiet", "--out"]).arg(&into);
        done(maturin.current_dir(package))?;
    }
    let mut files: Vec<_> = std::fs::read_dir(&into)?.flatten().collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    for file in files {
        let megabytes = file.metadata()?.len() as f64 / 1e6;
        println!("{megabytes:>6.2} MB  python/dist/{}", file.file_name().display());
    }
    Ok(())
}
