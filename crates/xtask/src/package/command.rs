//! The `ava` command as an archive: the program, what a shell completes, the manual.

use std::path::Path;

use anyhow::{Result, ensure};

use super::profile;
use super::{archive, license, platform, version};
use crate::command::{command, read, root, run as done};
use crate::tools;

/// Which shells, and what each calls such a file.
const COMPLETIONS: [(&str, &str); 4] =
    [("bash", "ava.bash"), ("zsh", "_ava"), ("fish", "ava.fish"), ("powershell", "ava.ps1")];

pub(super) fn package(into: &Path) -> Result<()> {
    let program = format!("ava{}", std::env::consts::EXE_SUFFIX);
    let built = profile::build("ava-cli")?.join(&program);
    let name = format!("ava-{}-{}", version(), platform());
    let staging = tools::target()?.join("packing/command").join(&name);
    if staging.is_dir() {
        std::fs::remove_dir_all(&staging)?;
    }
    let completions = staging.join("completions");
    std::fs::create_dir_all(&completions)?;
    std::fs::copy(&built, staging.join(&program))?;
    for (shell, file) in COMPLETIONS {
        let script = read(command(&built).args(["completions", shell]))?;
        ensure!(script.contains("ava"), "`ava completions {shell}` prints none");
        std::fs::write(completions.join(file), script)?;
    }
    let manual = staging.join("man/man1");
    std::fs::create_dir_all(&manual)?;
    done(command(&built).args(["man", "--dir"]).arg(&manual).stdout(std::process::Stdio::null()))?;
    std::fs::copy(root().join("python/cli/README.md"), staging.join("README.md"))?;
    license(&staging)?;
    archive::write(&staging, &name, &into.join(format!("{name}.tar.gz")))
}
