//! What must not be inside of what ships: the tests' hooks, and paths of the machine that built it.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use memchr::memmem::Finder;

use super::archive;
use super::profile::{cargo_home, home};
use crate::command::root;
use crate::tools;

/// What a build with hooks has inside: the panic's text, and its functions' names in Rust, C and Python, and as Node,
/// Swift and Kotlin have them. They come from `crates/ava-bridge/src/hooks.rs` and what exports it.
const HOOKS: [&str; 3] = ["injected by a test", "panic_in_next", "panicInNext"];

/// Fails if there is something inside that must not be, and names it.
pub(crate) fn check(package: &Path) -> Result<()> {
    let mut forbidden = Vec::new();
    // Who has the sources has the hooks' too; what is built of them hasn't.
    if !is_sources(package) {
        forbidden.extend(HOOKS.map(|hook| ("a test hook", Finder::new(hook).into_owned())));
    }
    for path in [root(), tools::target()?, cargo_home()?, home()?] {
        let path = format!("{}{}", path.display(), std::path::MAIN_SEPARATOR);
        forbidden.push(("a path of this machine", Finder::new(&path).into_owned()));
    }
    let mut found = Vec::new();
    let mut files = 0;
    archive::read(package, |name, bytes| {
        files += 1;
        for (what, finder) in &forbidden {
            if let Some(at) = finder.find(bytes) {
                let around = &bytes[at..bytes.len().min(at + finder.needle().len() + 80)];
                let line = around.split(|byte| !(b' '..0x7f).contains(byte)).next().unwrap_or_default();
                found.push(format!("{what} in {name}: {}", String::from_utf8_lossy(line)));
            }
        }
        Ok(())
    })?;
    let name = package.file_name().unwrap_or_default().display();
    if !found.is_empty() {
        bail!("{name} has {}", found.join("; "));
    }
    if files == 0 {
        bail!("{name} is empty");
    }
    Ok(())
}

/// Fails on a build of the tests that isn't recognised as one: then neither would a package be that was built so by
/// mistake. `builds` are where the other checks leave them; those that aren't there have not been built.
pub(super) fn check_control(builds: &[PathBuf]) -> Result<()> {
    let hooks = HOOKS.map(Finder::new);
    for build in builds.iter().filter(|build| build.is_file()) {
        let mut found = false;
        archive::read(build, |_, bytes| {
            found |= hooks.iter().any(|hook| hook.find(bytes).is_some());
            Ok(())
        })?;
        if !found {
            bail!("{} was built with test hooks, and none is found in it", build.display());
        }
    }
    if !builds.iter().any(|build| build.is_file()) {
        bail!("no build with test hooks is there, to try whether one is found");
    }
    Ok(())
}

fn is_sources(package: &Path) -> bool {
    let name = package.file_name().unwrap_or_default().to_string_lossy();
    // Python calls its sources what others call their archives.
    name.ends_with(".crate") || name.starts_with("ava_imessage") && name.ends_with(".tar.gz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hooks_are_called_so() -> Result<()> {
        let hooks = std::fs::read_to_string(root().join("crates/ava-bridge/src/hooks.rs"))?;
        assert!(hooks.contains(HOOKS[0]));
        assert!(hooks.matches("pub fn ").count() == hooks.matches(&format!("pub fn {}", HOOKS[1])).count());
        Ok(())
    }

    #[test]
    fn a_hook_and_a_path_are_found() -> Result<()> {
        let file = std::env::temp_dir().join(format!("ava-imessage-inside-{}", std::process::id()));
        std::fs::write(&file, "\x7fELF\0nothing of the kind\0")?;
        check(&file)?;
        std::fs::write(&file, "\x7fELF\0ava_test_panic_in_next_calls\0")?;
        assert!(format!("{:#}", check(&file).unwrap_err()).contains("a test hook"));
        std::fs::write(&file, format!("\0{}/src/lib.rs\0", root().display()))?;
        assert!(format!("{:#}", check(&file).unwrap_err()).contains("a path of this machine"));
        std::fs::remove_file(file)?;
        Ok(())
    }
}
