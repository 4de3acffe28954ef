//! The Python package: found interpreters, environments in the cache, the wheel, the checks.

mod environment;
mod interpreter;
mod package;
mod pytest;
mod wheel;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

pub(crate) use self::environment::Environment;
use self::interpreter::Interpreter;
use self::wheel::Kind;
use crate::command::{ava, command, path_with, root, run as done};
use crate::docs::{self, blocks::Blocks, played::Played};
use crate::report::{Outcome, Report};
use crate::tools;

pub(crate) use self::package::run as package;

/// The folder of the package.
fn folder() -> PathBuf {
    root().join("python")
}

/// What checks and builds it, on one interpreter.
const TOOLS: &str = "requirements/check.txt";
/// What its tests need, on every interpreter.
const TESTS: &str = "requirements/test.txt";

/// What the soak runs, which isn't part of the package.
const SOAK: &str = "../tests/soak/python";

/// Every interpreter that the package supports, of those that this machine has.
fn interpreters() -> Result<Vec<Interpreter>> {
    let found = interpreter::find();
    if found.is_empty() {
        bail!("no CPython from 3.9 on was found, with venv, on PATH or where pyenv and uv keep theirs");
    }
    Ok(found)
}

/// The newest interpreter's environment with the tools.
fn tools() -> Result<Environment> {
    let found = interpreters()?;
    let newest = found.last().context("no Python")?;
    Environment::of_tools(newest, &[TOOLS])
}

/// The newest interpreter's environment with what a file of requirements lists, whose path begins at the root.
pub(crate) fn environment(requirements: &str) -> Result<Environment> {
    let found = interpreters()?;
    let newest = found.last().context("no Python")?;
    Environment::with(newest, &[&format!("../{requirements}")])
}

/// Installs what the checks need.
pub(crate) fn setup() -> Result<()> {
    println!("tools for Python: {}", tools()?.folder().display());
    for interpreter in interpreters()? {
        let environment = Environment::with(&interpreter, &[TESTS])?;
        println!("{interpreter}: {}", environment.folder().display());
    }
    Ok(())
}

/// Installs what the packages are built with.
pub(crate) fn ready() -> Result<()> {
    tools().map(drop)
}

/// The wheel with hooks, if it was built.
pub(crate) fn tested_wheel() -> Result<Option<PathBuf>> {
    wheel::tested()
}

/// The newest interpreter.
pub(crate) fn newest() -> Result<PathBuf> {
    Ok(interpreters()?.pop().context("no Python")?.program)
}

/// Makes every check of the package.
pub(crate) fn check(report: &mut Report) {
    report.check("python: lint", || {
        tools::or_skip(tools(), |tools| {
            // The package, what works for the soak, and what the documentation's site is made with.
            for at in [".", SOAK, "../docs/site"] {
                let ruff = |how: &[&str]| {
                    let mut ruff = tools.run("ruff");
                    ruff.args(how).args(["--config", "pyproject.toml", at]).current_dir(folder());
                    ruff
                };
                done(&mut ruff(&["check"]))?;
                done(&mut ruff(&["format", "--check"]))?;
            }
            Ok(Outcome::Passed)
        })
    });
    report.check("python: types", || {
        tools::or_skip(tools(), |tools| {
            done(tools.run("mypy").args(["src", "tests/typing", SOAK]).current_dir(folder()))?;
            done(tools.run("pyright").args(["--pythonpath"]).arg(tools.python()).current_dir(folder()))?;
            Ok(Outcome::Passed)
        })
    });
    let mut built = None;
    report.check("python: wheel", || {
        tools::or_skip(tools(), |tools| {
            built = Some((wheel::build(&tools, Kind::Testing)?, ava()?));
            Ok(Outcome::Passed)
        })
    });
    let Some((wheel, ava)) = built else { return };
    report.check("python: tests", || Ok(Outcome::Ran(pytest::run(&interpreters()?, &wheel, &ava)?)));
    report.check("python: docs", || Ok(Outcome::Played(documents(&wheel, &ava)?)));
}

/// Runs the blocks of the documents on the oldest and the newest interpreter.
fn documents(wheel: &Path, ava: &Path) -> Result<Played> {
    let found = interpreters()?;
    let ends: BTreeSet<usize> = [0, found.len() - 1].into();
    let mut environments = Vec::new();
    for interpreter in ends.into_iter().filter_map(|number| found.get(number)) {
        let environment = Environment::with(interpreter, &[TESTS])?;
        environment.install(wheel)?;
        environments.push(environment);
    }
    docs::python::run(&Blocks::read()?, &environments, ava)
}

/// Builds what the documents' blocks need, and runs them.
pub(crate) fn check_documents(report: &mut Report) {
    report.check("python: docs", || {
        let wheel = wheel::build(&tools()?, Kind::Testing)?;
        Ok(Outcome::Played(documents(&wheel, &ava()?)?))
    });
}

/// Builds the reference. What pdoc warns of are types that only the stubs know.
pub(crate) fn reference(into: &Path) -> Result<()> {
    let environment = docs::tools()?;
    environment.install(&wheel::build(&tools()?, Kind::Testing)?)?;
    let mut pdoc = command(environment.python());
    pdoc.args([
        "-W",
        "ignore",
        "-m",
        "pdoc",
        "--docformat",
        "google",
        "--no-show-source",
        "--output-directory",
    ]);
    done(pdoc.arg(into).args(["ava_imessage", "ava_imessage.testing"]))
}

/// Plays the example conversation.
pub(crate) fn demo() -> Result<()> {
    let wheel = wheel::build(&tools()?, Kind::Testing)?;
    let found = interpreters()?;
    let environment = Environment::with(found.last().context("no Python")?, &[TESTS])?;
    environment.install(&wheel)?;
    let mut python = command(environment.python());
    python.arg(folder().join("examples/conversation.py")).env("PATH", path_with(&ava()?)?);
    done(&mut python)
}

/// What is measured of the package, and beside whom.
pub(crate) struct Peers {
    /// The interpreter of an environment that has them all, and ours.
    pub(crate) python: PathBuf,
    /// The program that is each contender.
    pub(crate) contender: PathBuf,
    /// Ours, as it ships.
    pub(crate) wheel: PathBuf,
    /// Of the peers.
    pub(crate) versions: Vec<(String, String)>,
}

/// Those of the pinned packages that are measured; the others they stand on.
const MEASURED: [&str; 6] = ["aiohttp", "httpx", "pycurl", "pyreqwest", "requests", "sendblue"];

/// Builds ours as it ships, and installs it beside the peers.
pub(crate) fn peers() -> Result<Peers> {
    let tools = tools()?;
    let found = interpreters()?;
    let newest = found.last().context("no Python")?;
    let environment = Environment::with(newest, &["bench/requirements.txt"])?;
    let wheel = wheel::build(&tools, Kind::Shipping)?;
    environment.install(&wheel)?;
    let pinned = std::fs::read_to_string(folder().join("bench/requirements.txt"))?;
    let pinned = pinned.lines().filter_map(|line| line.split_once("=="));
    let versions = pinned.filter(|(name, _)| MEASURED.contains(name));
    Ok(Peers {
        python: environment.python(),
        contender: folder().join("bench/contender.py"),
        wheel,
        versions: versions.map(|(name, version)| (name.to_owned(), version.to_owned())).collect(),
    })
}

/// The wheel as the tests have it, unpacked into a folder, and an interpreter for it.
pub(crate) fn unpacked(into: &Path) -> Result<(PathBuf, PathBuf)> {
    let tools = tools()?;
    let wheel = wheel::build(&tools, Kind::Testing)?;
    let mut unpack = tools.run("python");
    unpack.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--upgrade"]);
    unpack.arg("--target").arg(into).arg(wheel).env("PIP_ROOT_USER_ACTION", "ignore");
    done(&mut unpack)?;
    Ok((tools.python(), into.to_owned()))
}
