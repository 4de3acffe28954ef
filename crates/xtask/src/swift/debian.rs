//! Debian's Swift, in a root of its own: Debian 12 has none, and Debian 13's is not to be mixed into it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{command, run as done};
use crate::tools;

/// Swift 6.0.3 is in it.
const RELEASE: &str = "trixie";
const PACKAGES: [&str; 4] = ["swiftlang", "libc6-dev", "libstdc++-14-dev", "git"];
/// What stands in a root that is complete. Another recipe is another root.
const RECIPE: &str = "trixie: swiftlang libc6-dev libstdc++-14-dev git; 1";

/// Where its programs are.
pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The root, made if it isn't there or was given up half-way. It takes 3.4 GB.
pub(super) fn setup() -> Result<PathBuf> {
    let debian = tools::cache()?.join("swift");
    // Two that install would take away each other's half.
    let _turn = tools::turn(&debian)?;
    let complete = debian.join(".complete");
    if std::fs::read_to_string(&complete).is_ok_and(|recipe| recipe == RECIPE) {
        return Ok(debian);
    }
    let as_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    if !as_root || !cfg!(target_os = "linux") {
        bail!("Swift 6 is needed, on PATH: https://www.swift.org/install (as root, Debian's is installed)");
    }
    println!("installing Swift 6 into {}; this takes some minutes, once", debian.display());
    tools::debian(&[("debootstrap", "debootstrap")])?;
    // Whatever was mounted in it went with the process that had mounted it.
    if debian.exists() {
        std::fs::remove_dir_all(&debian).with_context(|| debian.display().to_string())?;
    }
    std::fs::create_dir_all(&debian)?;
    // It mounts things there itself, and may be killed.
    let mut bootstrap = command("unshare");
    bootstrap
        .args(["--mount", "--", "debootstrap", "--variant=minbase", "--include=ca-certificates", RELEASE])
        .arg(&debian);
    done(bootstrap.stdout(std::process::Stdio::null()))?;
    let mut install = enter(&debian, &[], Path::new("/"), "apt-get".as_ref());
    apt(&mut install)
        .args(["-o", "Dpkg::Use-Pty=0", "install", "-y", "-qq", "--no-install-recommends"])
        .args(PACKAGES);
    // A proxy that this machine needs, it needs in there too.
    for (name, value) in std::env::vars_os() {
        if name.to_string_lossy().to_ascii_lowercase().ends_with("_proxy") {
            install.env(name, value);
        }
    }
    done(install.stdout(std::process::Stdio::null()))?;
    done(enter(&debian, &[], Path::new("/"), "apt-get".as_ref()).arg("clean"))?;
    std::fs::write(complete, RECIPE)?;
    Ok(debian)
}

fn apt(command: &mut Command) -> &mut Command {
    command.env("DEBIAN_FRONTEND", "noninteractive")
}

/// A program in the root, in a folder of the `shared` ones. What it needs mounted is mounted in a namespace of the
/// process's own, so that nothing is left behind, however it ends.
pub(super) fn enter(debian: &Path, shared: &[PathBuf], folder: &Path, program: &OsStr) -> Command {
    const SCRIPT: &str = r#"
        debian=$1 folder=$2 shared=$3
        shift 3
        mount -t proc proc "$debian/proc"
        mount -t tmpfs tmpfs "$debian/tmp"
        while [ "$shared" -gt 0 ]; do
            mkdir -p "$debian$1"
            mount --rbind "$1" "$debian$1"
            shift
            shared=$((shared - 1))
        done
        exec chroot "$debian" env --chdir="$folder" "$@""#;
    let mut enter = command("unshare");
    enter.args(["--mount", "--", "sh", "-euc", SCRIPT, "sh"]).arg(debian).arg(folder);
    enter.arg(shared.len().to_string()).args(shared).arg(program);
    enter.env_clear().env("PATH", PATH).env("HOME", "/root").env("LANG", "C.UTF-8");
    enter
}
