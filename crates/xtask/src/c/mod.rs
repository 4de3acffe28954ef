//! The C library: its header, its checks, its packages.

mod border;
mod compiler;
mod consumers;
pub(crate) mod demo;
mod documents;
pub(crate) mod header;
mod install;
mod measured;
mod package;
mod stage;
mod vectors;

use std::path::PathBuf;

use anyhow::{Context, Result};

use self::compiler::{Compiler, Program};
pub(crate) use self::measured::contender;
pub(crate) use self::package::run as package;
use crate::command::{cargo, root, run as done};
use crate::report::{Counts, Outcome, Report, Tally};
use crate::tools;

/// What Debian calls what the checks need.
const PACKAGES: [(&str, &str); 5] = [
    ("gcc", "gcc"),
    ("g++", "g++"),
    ("clang", "clang"),
    ("valgrind", "valgrind"),
    ("/usr/include/cjson/cJSON.h", "libcjson-dev"),
];

/// Installs what the checks need.
pub(crate) fn setup() -> Result<()> {
    tools::debian(&PACKAGES)?;
    println!("gcc, clang, valgrind, cJSON: there");
    install::setup()?;
    Ok(())
}

/// Installs what the package is built with.
pub(crate) fn ready() -> Result<()> {
    install::ready().map(drop)
}

/// Makes every check of the library.
pub(crate) fn check(report: &mut Report) {
    let mut built = None;
    report.check("c: build", || {
        tools::or_skip(setup(), |()| {
            built = Some((Library::build()?, crate::command::ava()?));
            Ok(Outcome::Passed)
        })
    });
    let mut installed = None;
    report.check("c: install", || {
        tools::or_skip(install::setup(), |_| {
            let found = install::install_afresh()?;
            install::symbols(&found)?;
            installed = Some(found);
            Ok(Outcome::Passed)
        })
    });
    if let Some(installed) = installed {
        report.check("c: docs", || Ok(Outcome::Played(documents::run(&installed)?)));
        report.check("c: consumers", || Ok(Outcome::Ran(consumers::run(&installed)?)));
    }
    let Some((library, ava)) = built else { return };
    report.check("c: header", compiler::header_compiles);
    report.check("c: border", || Ok(Outcome::Ran(border::run(&library)?)));
    report.check("c: vectors", || Ok(Outcome::Ran(vectors::run(&library, &ava)?)));
    report.check("c: vectors in valgrind", || Ok(Outcome::Ran(vectors::run_in_valgrind(&library, &ava)?)));
}

/// Installs what the documents' blocks need, and runs them.
pub(crate) fn check_documents(report: &mut Report) {
    report.check("c: docs", || {
        install::setup()?;
        Ok(Outcome::Played(documents::run(&install::install_afresh()?)?))
    });
}

/// The library as the Rust tests build it: with every feature, the tests' own included.
struct Library {
    /// The folder that it is in.
    folder: PathBuf,
}

impl Library {
    fn build() -> Result<Library> {
        done(&mut cargo(["build", "--workspace", "--all-features", "--lib", "--quiet"]))?;
        Ok(Library { folder: tools::target()?.join("debug") })
    }
}

/// A program of one file, compiled against the library.
pub(crate) fn program(name: &str, source: PathBuf) -> Result<PathBuf> {
    tools::debian(&[("gcc", "gcc")])?;
    let program = Compiler::PLAIN.program(name, &[source], &Library::build()?, &[])?;
    Ok(program.path())
}

/// Adds up the results that programs print, each of which must have ended well.
fn add_up(outputs: impl IntoIterator<Item = (bool, String)>) -> Counts {
    let mut total = Counts::default();
    for (succeeded, output) in outputs {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.watch(line));
        let counts = tally.counts(succeeded);
        total.passed += counts.passed;
        total.failed += counts.failed;
    }
    total
}

/// The C and C++ files of a folder.
fn sources(folder: &str) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(root().join(folder)).with_context(|| folder.to_owned())?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "c"));
    files.sort();
    Ok(files)
}
