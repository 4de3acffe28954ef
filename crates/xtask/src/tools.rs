//! The tools that cargo doesn't bring, at pinned versions, in the user's cache folder.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, command, read, root, run};
use crate::report::Outcome;

const CARGO_DENY: &str = "0.20.2";
/// The newest that Rust 1.95 builds; after the `+` the cargo that is in it.
const CARGO_C: &str = "0.10.24+cargo-0.98.0";
const TYPOS: &str = "1.52.0";
const ZIZMOR: &str = "1.32.0";

/// Checks licences, bans, sources and advisories.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    let deny = tools()?.join(executable("bin/cargo-deny"));
    if !is_version(&deny, CARGO_DENY) {
        println!("installing cargo-deny {CARGO_DENY}; this takes some minutes, once");
        cargo_install("cargo-deny", CARGO_DENY, &["--no-default-features"])?;
    }
    usable(deny, CARGO_DENY)
}

/// Installs the C library.
pub(crate) fn cargo_c() -> Result<PathBuf> {
    let cinstall = tools()?.join(executable("bin/cargo-cinstall"));
    if !is_version(&cinstall, CARGO_C) {
        debian(&[("pkg-config", "pkg-config"), ("/usr/include/openssl/ssl.h", "libssl-dev")])?;
        println!("installing cargo-c {CARGO_C}; this takes some minutes, once");
        cargo_install("cargo-c", CARGO_C, &["--bin", "cargo-cinstall", "--debug"])?;
    }
    usable(cinstall, CARGO_C)
}

/// Checks spelling.
pub(crate) fn typos() -> Result<PathBuf> {
    ready_made_or_built("typos", "typos-cli", TYPOS)
}

/// Checks GitHub's workflows: their form, and what an attacker could make of them.
pub(crate) fn zizmor() -> Result<PathBuf> {
    ready_made_or_built("zizmor", "zizmor", ZIZMOR)
}

/// A program that pip has ready-made under its own name, and cargo as a crate.
fn ready_made_or_built(name: &str, package: &str, version: &str) -> Result<PathBuf> {
    let wheel = tools()?.join(format!("{name}-{version}"));
    let program = executable(&format!("bin/{name}"));
    let from_wheel = wheel.join(&program);
    let from_source = tools()?.join(&program);
    for there in [&from_wheel, &from_source] {
        if is_version(there, version) {
            return Ok(there.clone());
        }
    }
    println!("installing {name} {version}");
    if run(pip_install(&wheel).arg(format!("{name}=={version}"))).is_ok() && is_version(&from_wheel, version)
    {
        return Ok(from_wheel);
    }
    println!("no ready-made {name} to be had through pip; building it, which takes some minutes, once");
    cargo_install(package, version, &[])?;
    usable(from_source, version)
}

/// Waits until no other run is at this place in the cache, and takes the turn; it goes with what is returned, or with the
/// process.
pub(crate) fn turn(place: &Path) -> Result<File> {
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let turn = File::create(place.with_added_extension("lock"))?;
    if turn.try_lock().is_err() {
        println!("waiting for another run, which is at {}", place.display());
        turn.lock()?;
    }
    Ok(turn)
}

/// Fails unless the toolchain has this component.
pub(crate) fn component(name: &str) -> Result<()> {
    let found = cargo([name, "--version"]).output().is_ok_and(|output| output.status.success());
    if !found {
        bail!("cargo {name} is missing: rustup component add rustfmt clippy");
    }
    Ok(())
}

/// A tool that can't be had skips its check, but never with CI=true.
pub(crate) fn or_skip<T>(had: Result<T>, check: impl FnOnce(T) -> Result<Outcome>) -> Result<Outcome> {
    match had {
        Ok(tool) => check(tool),
        Err(error) if std::env::var_os("CI").is_some_and(|value| value == "true") => Err(error),
        Err(error) => Ok(Outcome::Skipped(format!("{error:#}"))),
    }
}

/// A program of a Debian package, which is installed if it is missing and we may install it.
pub(crate) fn of_debian(program: &str, package: &'static str) -> Result<PathBuf> {
    debian(&[(program, package)])?;
    on_path(program).with_context(|| format!("{program} is not there after {package} was installed"))
}

/// Installs the Debian packages of what is missing, if we may: a program on PATH, or a file.
pub(crate) fn debian(wanted: &[(&str, &'static str)]) -> Result<()> {
    let is_there =
        |what: &str| if what.starts_with('/') { Path::new(what).exists() } else { on_path(what).is_some() };
    let missing: Vec<&str> =
        wanted.iter().filter(|(what, _)| !is_there(what)).map(|(_, package)| *package).collect();
    if missing.is_empty() { Ok(()) } else { install(&missing) }
}

/// Installs Debian packages, or says which ones are missing.
pub(crate) fn install(missing: &[&str]) -> Result<()> {
    let is_root = read(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root || on_path("apt-get").is_none() {
        bail!("missing: install the packages {} of your system", missing.join(", "));
    }
    println!("installing {}", missing.join(", "));
    let apt = || {
        let mut apt = command("apt-get");
        apt.args(["-qq", "-y"]).env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    run(apt().arg("update"))?;
    run(apt().args(["install", "--no-install-recommends"]).args(missing).stdout(Stdio::null()))
}

/// A program's file, if it is on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn tools() -> Result<PathBuf> {
    Ok(cache()?.join("tools"))
}

/// Where this repository keeps what it installs, outside of the checkout.
pub(crate) fn cache() -> Result<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").or_else(|| absolute("USERPROFILE")).map(|home| home.join(".cache")))
        .context("no cache folder: neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(cache.join("ava-imessage"))
}

/// Cargo's target folder.
pub(crate) fn target() -> Result<PathBuf> {
    let metadata = read(&mut cargo(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let target = metadata["target_directory"].as_str().context("cargo metadata names no target folder")?;
    Ok(root().join(target))
}

/// Builds in the cache too, never inside the checkout.
fn cargo_install(package: &str, version: &str, further: &[&str]) -> Result<()> {
    let tools = tools()?;
    let version = format!("={version}");
    let mut install = cargo(["install", package, "--version", &version, "--locked", "--quiet"]);
    install.args(further).arg("--root").arg(&tools);
    let target = tools.join("target");
    install.env("CARGO_TARGET_DIR", &target);
    run(&mut install).with_context(|| format!("installing {package}"))?;
    // Hundreds of megabytes that nothing needs any more; if they stay, nothing breaks.
    let _ = std::fs::remove_dir_all(target);
    Ok(())
}

fn pip_install(into: &Path) -> Command {
    let mut pip = command(if cfg!(windows) { "python" } else { "python3" });
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target"]);
    pip.arg(into).env("PIP_ROOT_USER_ACTION", "ignore");
    pip
}

fn usable(tool: PathBuf, version: &str) -> Result<PathBuf> {
    if !is_version(&tool, version) {
        bail!("{} is not version {version} after its installation", tool.display());
    }
    Ok(tool)
}

fn is_version(tool: &Path, version: &str) -> bool {
    let Ok(output) = Command::new(tool).arg("--version").output() else { return false };
    String::from_utf8_lossy(&output.stdout).split_whitespace().last() == Some(version)
}

fn executable(path: &str) -> String {
    format!("{path}{}", std::env::consts::EXE_SUFFIX)
}
