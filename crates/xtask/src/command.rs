//! Running other programs: their output streams through, and is read on the way.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::tools;

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// A command in the root of the checkout.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    // What `cargo run` says of this crate; build scripts that watch these would run again.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_this_run = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_", "CARGO_PRIMARY_"];
        if of_this_run.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    // Where `cargo run` says that libraries are: what a package brings would not be looked at where the dev profile has a
    // library of the same name.
    for name in ["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"] {
        let Some(paths) = std::env::var_os(name) else { continue };
        let of_cargo = |path: &PathBuf| {
            path.starts_with(root()) || path.components().any(|part| part.as_os_str() == "rustlib")
        };
        let others: Vec<PathBuf> = std::env::split_paths(&paths).filter(|path| !of_cargo(path)).collect();
        match std::env::join_paths(others) {
            Ok(others) if !others.is_empty() => command.env(name, others),
            _ => command.env_remove(name),
        };
    }
    command
}

/// The cargo that runs this.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments);
    cargo
}

/// The `ava` command of this checkout, built as the Rust tests build it; the sandbox is in it.
pub(crate) fn ava() -> Result<PathBuf> {
    run(&mut cargo(["build", "--workspace", "--all-features", "--bin", "ava", "--quiet"]))?;
    let ava = tools::target()?.join("debug").join(format!("ava{}", std::env::consts::EXE_SUFFIX));
    if !ava.is_file() {
        bail!("{} is not there after it was built", ava.display());
    }
    Ok(ava)
}

/// PATH, with the folder of this program before all others.
pub(crate) fn path_with(program: &Path) -> Result<OsString> {
    let folder = program.parent().context("a program in no folder")?.to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path)))?)
}

/// Runs to the end; what it prints is printed.
///
/// # Errors
/// If it can't be run, or doesn't end with 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("running {}", name(command)))?;
    check(command, status)
}

/// Runs to the end; what it prints is printed only if it fails.
///
/// # Errors
/// If it can't be run, or doesn't end with 0.
pub(crate) fn run_quietly(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("running {}", name(command)))?;
    if !output.status.success() {
        std::io::stderr().write_all(&output.stdout)?;
        std::io::stderr().write_all(&output.stderr)?;
    }
    check(command, output.status)
}

/// Runs to the end, silently, and gives what it printed.
///
/// # Errors
/// If it can't be run, or doesn't end with 0.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("running {}", name(command)))?;
    check(command, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs to the end, printing its lines and giving each to `watch`.
///
/// # Errors
/// If it can't be run.
pub(crate) fn stream(command: &mut Command, mut watch: impl FnMut(&str)) -> Result<ExitStatus> {
    let running = command.stdout(Stdio::piped()).spawn();
    let mut child = running.with_context(|| format!("running {}", name(command)))?;
    if let Some(output) = child.stdout.take() {
        let mut lines = BufReader::new(output);
        let mut line = Vec::new();
        let mut out = std::io::stdout();
        while lines.read_until(b'\n', &mut line)? > 0 {
            out.write_all(&line)?;
            out.flush()?;
            watch(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    }
    Ok(child.wait()?)
}

fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("{} failed ({status})", name(command));
    }
    Ok(())
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    let arguments = command.get_args().take(2).map(OsStr::to_string_lossy);
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// Ends a program that went wrong, and gives what it said on standard error, which must be piped.
pub(crate) fn complaint(child: &mut Child) -> String {
    let _ = child.kill();
    let mut said = String::new();
    if let Some(mut errors) = child.stderr.take() {
        let _ = errors.read_to_string(&mut said);
    }
    said.trim().to_owned()
}
