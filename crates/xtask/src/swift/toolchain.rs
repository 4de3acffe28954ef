//! Swift 6: the machine's, or Debian's in a root of its own.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::debian;
use crate::command::{command, path_with, read, root};
use crate::tools;

/// What runs Swift.
pub(super) enum Toolchain {
    /// It is on PATH.
    Host,
    /// It is in the root of another system, which shares further folders with this one.
    Debian(PathBuf, Vec<PathBuf>),
}

impl Toolchain {
    /// Finds it, after installing it where it is missing and this may.
    pub(super) fn setup() -> Result<Toolchain> {
        if version(&mut command("swift")).is_ok_and(|version| is_new_enough(&version)) {
            return Ok(Toolchain::Host);
        }
        // Both stand there where they stand here, so that no path needs another name.
        let shared = [Some(root()), tools::target().ok()].into_iter().flatten().collect();
        let toolchain = Toolchain::Debian(debian::setup()?, shared);
        let version = toolchain.version()?;
        if !is_new_enough(&version) {
            bail!("Swift 6 is needed, not {version}");
        }
        Ok(toolchain)
    }

    /// The same, with one more folder in which it may work.
    pub(super) fn sharing(self, folder: &Path) -> Toolchain {
        match self {
            Toolchain::Host => Toolchain::Host,
            Toolchain::Debian(debian, mut shared) => {
                shared.push(folder.to_owned());
                Toolchain::Debian(debian, shared)
            }
        }
    }

    pub(super) fn version(&self) -> Result<String> {
        version(&mut self.run("swift", &root()))
    }

    /// A program of the toolchain's, or one that it has built, in a folder of the checkout.
    pub(super) fn run(&self, program: impl AsRef<OsStr>, folder: &Path) -> Command {
        match self {
            Toolchain::Host => {
                let mut run = command(program);
                run.current_dir(folder);
                run
            }
            Toolchain::Debian(debian, shared) => debian::enter(debian, shared, folder, program.as_ref()),
        }
    }

    /// `swift` in a folder that is anybody's, with the environment and the `ava` command that this process has. What
    /// stands beside the folder is there, too: a package that it depends on by its path.
    pub(super) fn anywhere(&self, folder: &Path) -> Result<Command> {
        let Toolchain::Debian(debian, shared) = self else { return Ok(self.run("swift", folder)) };
        let of_the_system = ["/", "/usr", "/etc", "/var"].map(Path::new);
        let around = folder.parent().filter(|parent| !of_the_system.contains(parent)).unwrap_or(folder);
        let ava = tools::on_path("ava").map(|ava| ava.canonicalize()).transpose()?;
        let ava_folder = ava.as_deref().and_then(Path::parent).map(Path::to_owned);
        let shared = shared.iter().cloned().chain([around.to_owned()]).chain(ava_folder);
        let mut swift = debian::enter(debian, &outermost(shared), folder, "swift".as_ref());
        // Those are in there what they must be; the rest means there what it means here.
        let of_the_root = ["PATH", "HOME", "TMPDIR"];
        swift.envs(std::env::vars_os().filter(|(name, _)| of_the_root.iter().all(|of| name != of)));
        if let Some(ava) = ava {
            swift.env("PATH", self.path_with(&ava)?);
        }
        Ok(swift)
    }

    /// Whether what runs stands in a root of its own, where no PATH leads.
    pub(super) fn is_elsewhere(&self) -> bool {
        matches!(self, Toolchain::Debian(..))
    }

    /// Its version, and nothing else of it: `6.0.3`.
    pub(super) fn number(&self) -> Result<String> {
        let version = self.version()?;
        let number = version.split("Swift version ").nth(1).and_then(|rest| rest.split(' ').next());
        Ok(number.context("Swift has no version")?.to_owned())
    }

    /// Builds a package. A warning is a failure.
    pub(super) fn build(&self, package: &Path, scratch: &Path) -> Command {
        let mut build = self.run("swift", package);
        build.args(["build", "-Xswiftc", "-warnings-as-errors", "--scratch-path"]).arg(scratch);
        build
    }

    /// PATH, with the folder of a program of this checkout before all others.
    pub(super) fn path_with(&self, program: &Path) -> Result<OsString> {
        match self {
            Toolchain::Host => path_with(program),
            Toolchain::Debian(..) => {
                let mut path = program.parent().context("a program in no folder")?.as_os_str().to_owned();
                path.push(":");
                path.push(debian::PATH);
                Ok(path)
            }
        }
    }

    /// One of the toolchain's lesser programs, in the package's folder.
    pub(super) fn tool(&self, name: &str) -> Command {
        match self {
            Toolchain::Host => self.run(name, &super::folder()),
            // There they aren't on PATH.
            Toolchain::Debian(..) => self.run(format!("/usr/libexec/swift/bin/{name}"), &super::folder()),
        }
    }

    /// What it builds for.
    pub(super) fn target(&self) -> Result<String> {
        let info = read(self.run("swift", &root()).args(["-print-target-info"]))?;
        let info: serde_json::Value = serde_json::from_str(&info)?;
        Ok(info["target"]["triple"].as_str().context("swift names no target")?.to_owned())
    }
}

/// Without the folders that lie in others of them: mounting the outer one after the inner would hide that.
fn outermost(folders: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut kept: Vec<PathBuf> = Vec::new();
    for folder in folders {
        if kept.iter().all(|outer| !folder.starts_with(outer)) {
            kept.retain(|inner| !inner.starts_with(&folder));
            kept.push(folder);
        }
    }
    kept
}

fn version(swift: &mut Command) -> Result<String> {
    let output = swift.arg("--version").output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = said.lines().find(|line| line.contains("Swift version"));
    Ok(line.context("no Swift")?.to_owned())
}

/// Whether `Swift version 6.0.3 (…)` is 6 at least.
fn is_new_enough(version: &str) -> bool {
    let number = version.split("Swift version ").nth(1).and_then(|rest| rest.split('.').next());
    number.and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_outermost_folders_are_kept() {
        let folders = ["/a/b", "/a/b/target", "/c/d", "/a", "/c/d", "/ab"].map(PathBuf::from);
        assert_eq!(outermost(folders), ["/c/d", "/a", "/ab"].map(PathBuf::from));
    }

    #[test]
    fn swift_6_is_new_enough() {
        assert!(is_new_enough("Swift version 6.0.3 (swift-6.0.3-RELEASE)"));
        assert!(is_new_enough("Apple Swift version 6.2 (swiftlang-6.2.0.19.9 clang-1700.3.19.1)"));
        assert!(!is_new_enough("Swift version 5.10.1 (swift-5.10.1-RELEASE)"));
    }
}
