//! What is uploaded, for this machine's platform: built once, in one profile, and put in one place.

pub(crate) mod archive;
mod command;
mod crates;
mod inside;
pub(crate) mod profile;
mod sizes;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::command::root;
use crate::report::{Counts, Outcome};
use crate::{c, kotlin, node, python, swift, tools};

/// What has packages of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// The crates
    Rust,
    /// The `ava` command
    Command,
    Python,
    Node,
    C,
    Kotlin,
    Swift,
}

impl What {
    pub(crate) const ALL: [What; 7] =
        [What::Rust, What::Command, What::Python, What::Node, What::C, What::Kotlin, What::Swift];

    pub(crate) fn name(self) -> &'static str {
        match self {
            What::Rust => "rust",
            What::Command => "command",
            What::Python => "python",
            What::Node => "node",
            What::C => "c",
            What::Kotlin => "kotlin",
            What::Swift => "swift",
        }
    }

    /// The folder of its packages.
    pub(crate) fn folder(self) -> Result<PathBuf> {
        Ok(place()?.join(self.name()))
    }

    /// Its packages as they are there, in order.
    pub(crate) fn packages(self) -> Result<Vec<PathBuf>> {
        let mut packages = Vec::new();
        collect(&self.folder()?, &mut packages)?;
        packages.sort();
        Ok(packages)
    }

    /// The one package whose file's name begins and ends so.
    pub(crate) fn package(self, begin: &str, end: &str) -> Result<PathBuf> {
        let all = self.packages()?;
        let found = all.into_iter().find(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(begin) && name.ends_with(end)
        });
        found.with_context(|| format!("no {begin}…{end} among the packages of {}", self.name()))
    }

    /// Builds its packages in place of those that were there, and looks inside of each.
    pub(crate) fn make(self) -> Result<Vec<PathBuf>> {
        let into = self.folder()?;
        if into.is_dir() {
            std::fs::remove_dir_all(&into)?;
        }
        std::fs::create_dir_all(&into)?;
        match self {
            What::Rust => crates::package(&into),
            What::Command => command::package(&into),
            What::Python => python::package(&into),
            What::Node => node::package(&into),
            What::C => c::package(&into),
            What::Kotlin => kotlin::package(&into),
            What::Swift => swift::package(&into),
        }?;
        let packages = self.packages()?;
        if packages.is_empty() {
            bail!("{} has no packages", self.name());
        }
        if let Err(error) = packages.iter().try_for_each(|package| inside::check(package)) {
            // Nobody shall find there what must not be uploaded.
            std::fs::remove_dir_all(&into)?;
            return Err(error);
        }
        Ok(packages)
    }

    /// Installs what its packages are used with, besides.
    pub(crate) fn toolchain(self) -> Result<()> {
        match self {
            // The package's native half is Rust's; who depends on it needs Swift.
            What::Swift => swift::ready(),
            _ => self.tools(),
        }
    }

    /// Installs what its packages are built with.
    pub(crate) fn tools(self) -> Result<()> {
        match self {
            What::Rust | What::Command | What::Swift => Ok(()),
            What::Python => python::ready(),
            What::Node => node::ready(),
            What::C => c::ready(),
            What::Kotlin => kotlin::ready(),
        }
    }
}

/// Where all of them are.
fn place() -> Result<PathBuf> {
    Ok(tools::target()?.join("packages"))
}

/// The version of all of them, which stands in Cargo.toml.
pub(crate) fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// This machine's platform, as npm's packages are called by it.
pub(crate) fn platform() -> String {
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    match std::env::consts::OS {
        "macos" => format!("darwin-{processor}"),
        "windows" => format!("win32-{processor}-msvc"),
        system => format!("{system}-{processor}-{}", if cfg!(target_env = "musl") { "musl" } else { "gnu" }),
    }
}

/// Puts the licences beside what is packed.
pub(crate) fn license(folder: &Path) -> Result<()> {
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        std::fs::copy(root().join(name), folder.join(name)).with_context(|| name.to_owned())?;
    }
    Ok(())
}

/// Makes the packages of these, or of all, and says what there is.
pub(crate) fn run(what: &[What], record: bool) -> Result<()> {
    let all = if what.is_empty() { &What::ALL } else { what };
    let mut made = Vec::new();
    for what in all {
        println!("packing: {}", what.name());
        what.tools()?;
        made.extend(what.make()?.into_iter().map(|package| (*what, package)));
    }
    sums()?;
    let sizes = sizes::measure(&made)?;
    sizes::print(&sizes);
    println!("in {}, with their SHA-256 in SHA256SUMS", place()?.display());
    if record { sizes::record(&sizes) } else { Ok(()) }
}

/// Makes all packages, and compares their sizes with those that are written down. Where a toolchain can't be had, a line
/// says so; with CI=true that is a failure.
pub(crate) fn check() -> Result<Outcome> {
    let mut counts = Counts::default();
    let mut made = Vec::new();
    for what in What::ALL {
        let result = tools::or_skip(what.tools(), |()| {
            made.extend(what.make()?.into_iter().map(|package| (what, package)));
            Ok(Outcome::Passed)
        });
        match result {
            Ok(Outcome::Skipped(why)) => println!("{}: skipped: {why}", what.name()),
            Ok(_) => {
                println!("{}: packed", what.name());
                counts.passed += 1;
            }
            Err(error) => {
                println!("{}: FAILED: {error:#}", what.name());
                counts.failed += 1;
            }
        }
    }
    sums()?;
    let sizes = sizes::measure(&made)?;
    sizes::print(&sizes);
    let control = tested_builds().and_then(|builds| inside::check_control(&builds)).map(|()| Outcome::Passed);
    for (what, result) in [("sizes", sizes::compare(&sizes)), ("a build with hooks is found out", control)] {
        match result {
            Ok(Outcome::Skipped(why)) => println!("{what}: skipped: {why}"),
            Ok(_) => {
                println!("{what}: ok");
                counts.passed += 1;
            }
            Err(error) => {
                println!("{what}: FAILED: {error:#}");
                counts.failed += 1;
            }
        }
    }
    Ok(Outcome::Ran(counts))
}

/// What the other checks have built with hooks.
fn tested_builds() -> Result<Vec<PathBuf>> {
    let library = format!("{}ava_imessage_c{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let mut builds = vec![tools::target()?.join("debug").join(library)];
    builds.extend(python::tested_wheel()?);
    builds.push(root().join("node").join(format!("ava-imessage.{}.node", platform())));
    Ok(builds)
}

/// Writes what `sha256sum --check SHA256SUMS` reads: of every package that is there, whenever it was made.
fn sums() -> Result<()> {
    let place = place()?;
    let mut lines = String::new();
    for what in What::ALL {
        for package in what.packages()? {
            let bytes = std::fs::read(&package)?;
            let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
            let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            let name = package.strip_prefix(&place)?.to_string_lossy().replace('\\', "/");
            lines += &format!("{hex}  {name}\n");
        }
    }
    Ok(std::fs::write(place.join("SHA256SUMS"), lines)?)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)?.flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
