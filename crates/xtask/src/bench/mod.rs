//! Measuring: what a call costs, beside what it would cost without this library.
//!
//! [`server`], [`cores`], [`machine`], [`contest`] and [`report`] know no language; [`rust`], [`python`], [`node`],
//! [`c`], [`kotlin`] and [`swift`] say what is measured of theirs, and [`program`] of the `ava` command. What they leave
//! is a [`recording`], of which [`page`] and [`chart`] make what people read, at any time after.

mod c;
mod chart;
mod contest;
mod cores;
mod kotlin;
mod machine;
mod node;
mod page;
mod program;
mod python;
mod recording;
mod report;
mod rust;
mod server;
mod swift;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::recording::Recording;
use self::report::Report;
use crate::command::{cargo, root, run as done};
use crate::{Language, tools};

pub(crate) use self::page::pages;

const MB: f64 = 1_000_000.0;

// The same task has the same name in every language.
const SEND: &str = "a send";
const PAGE: &str = "a page of 100 messages, typed";
const MEMORY: &str = "memory after the first send";

fn many(in_flight: u64) -> String {
    format!("{SEND}, {in_flight} in flight")
}

/// How much is done of each.
struct Effort {
    /// Every contender is run so often at each task; the median counts.
    rounds: usize,
    sends: u64,
    pages: u64,
    listeners: u64,
    /// How long listeners are left alone, in seconds, and then watched.
    settle: f64,
    watch: f64,
    starts: u32,
}

const FULL: Effort =
    Effort { rounds: 15, sends: 2000, pages: 1000, listeners: 1000, settle: 45.0, watch: 30.0, starts: 200 };
const QUICK: Effort =
    Effort { rounds: 1, sends: 20, pages: 10, listeners: 10, settle: 0.2, watch: 0.5, starts: 3 };

const ALL: [(Language, &str); 6] = [
    (Language::Rust, "Rust"),
    (Language::Python, "Python"),
    (Language::Node, "Node"),
    (Language::C, "C"),
    (Language::Kotlin, "Kotlin"),
    (Language::Swift, "Swift"),
];

/// Builds, measures and prints. What was measured is written to `json`; of all languages, unless it is quick, it is
/// the recording of the docs, which are written anew.
pub(crate) fn run(only: Option<Language>, quick: bool, json: Option<&Path>) -> Result<()> {
    let mut recording = Recording {
        date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        command: "cargo xtask bench".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        machine: machine::this()?,
        quick,
        languages: Vec::new(),
    };
    println!("building in the release profile");
    let programs = build(only)?;
    cores::allow_many_files()?;
    let mut failed = Vec::new();
    for (language, name) in ALL {
        if only.is_some_and(|only| only != language) {
            continue;
        }
        match measure(language, name, quick, &programs) {
            Ok(measured) => recording.languages.push(measured),
            // The others took their time, too.
            Err(error) if only.is_none() => {
                println!("{name} failed: {error:#}");
                failed.push(name);
            }
            Err(error) => return Err(error),
        }
        // Whatever becomes of the others.
        write(&recording, json.unwrap_or(&tools::target()?.join("benchmarks.json")))?;
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    if only.is_none() && !quick && json.is_none() {
        write(&recording, &root().join(page::RECORDING))?;
        for (path, text) in pages()? {
            std::fs::write(root().join(&path), text).with_context(|| format!("writing {path}"))?;
            println!("{path}: written");
        }
    }
    Ok(())
}

fn write(recording: &Recording, file: &Path) -> Result<()> {
    let text = serde_json::to_string_pretty(recording)?;
    std::fs::write(file, text + "\n").with_context(|| file.display().to_string())
}

fn measure(language: Language, name: &str, quick: bool, programs: &Path) -> Result<recording::Language> {
    let effort = if quick { QUICK } else { FULL };
    let mut report = Report::begin(name, quick);
    match language {
        Language::Rust => {
            rust::measure(programs, &effort, &mut report)?;
            program::measure(&programs.join(executable("ava")), &effort, &mut report)?;
        }
        Language::Python => python::measure(programs, &effort, &mut report)?,
        Language::Node => node::measure(programs, &effort, &mut report)?,
        Language::C => c::measure(programs, &effort, &mut report)?,
        Language::Kotlin => kotlin::measure(programs, &effort, &mut report)?,
        Language::Swift => swift::measure(programs, &effort, &mut report)?,
    }
    Ok(report.finish())
}

/// Builds the contenders and `ava`, each with its own features, and gives the folder of both.
fn build(only: Option<Language>) -> Result<PathBuf> {
    if only.is_none_or(|only| only == Language::Rust) {
        done(&mut cargo(["build", "--release", "--quiet", "--package", "ava-cli"]))?;
    }
    done(&mut cargo(["build", "--release", "--quiet", "--package", "ava-bench"]))?;
    Ok(tools::target()?.join("release"))
}

fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}
