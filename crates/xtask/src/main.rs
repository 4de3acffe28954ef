//! The one door to this repository: `cargo xtask demo | test | bench | fuzz | gen | pictures | setup | swift`.

mod bench;
mod c;
mod command;
mod demo;
mod docs;
mod fuzz;
mod generate;
mod kotlin;
mod names;
mod node;
mod options;
mod page;
mod pictures;
mod python;
mod report;
mod setup;
mod swift;
mod test;
mod tools;
mod uniffi;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::anyhow;
use clap::{Parser, Subcommand, ValueEnum};

/// The one door to this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Play a conversation through a client and the local sandbox
    ///
    /// Builds the `ava` command, and runs `ava demo`: three scenes over real sockets
    /// of this machine, faults included, checked against the sandbox's own records.
    /// No message leaves the machine. It takes seconds once it is built, and exits
    /// with 1 if anything that it claims does not hold.
    #[command(verbatim_doc_comment)]
    Demo {
        /// Print one JSON object a line instead of the transcript
        #[arg(long)]
        json: bool,
        /// The language to play it in
        #[arg(default_value = "rust")]
        language: Language,
    },
    /// Make every check: format, lints, docs, tests, licences, …
    ///
    /// All of them are made, whatever fails. The last line is `N passed, M failed`,
    /// and the exit code 1 if M is not 0. Tools that cargo does not bring are
    /// installed first (see `cargo xtask setup`). Where one can't be had, its check
    /// is skipped and a line says so; with CI=true that is a failure.
    #[command(verbatim_doc_comment)]
    Test {
        /// The language to test [default: all]
        language: Option<Language>,
        /// How many seeds the simulation of listening and the drawn sends are run with [default: 300 and 600]
        #[arg(long, value_name = "N")]
        seeds: Option<u64>,
    },
    /// Measure CPU time, memory, size and start against peers
    ///
    /// Builds in the release profile, starts a server of fixed answers as a process
    /// of its own, and measures contenders in turns, pinned to cores. Prints ratios
    /// and whether each goal is met; a missed goal is no failure. It takes three
    /// minutes after the build. docs/performance.md says what the numbers mean.
    #[command(verbatim_doc_comment)]
    Bench {
        /// The language to measure
        #[arg(default_value = "rust")]
        language: Language,
        /// A few calls of each, to see that it works: the numbers mean nothing
        #[arg(long)]
        quick: bool,
        /// Write what was measured to a file, too
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Feed hostile input to what reads others' bytes, and look for what breaks
    ///
    /// libFuzzer, with the coverage of the stable compiler, in a build of its own under
    /// target/fuzz. What breaks a promise is kept in target/fuzz/findings, and fails;
    /// `target/debug/ava-fuzz TARGET FILE` replays it without coverage. Every
    /// `cargo xtask test` replays the corpora, in crates/ava-fuzz/corpus.
    #[command(verbatim_doc_comment)]
    Fuzz {
        /// What to feed [default: each target in turn]
        targets: Vec<String>,
        /// How long each is fed
        #[arg(long, value_name = "N", default_value_t = 60)]
        seconds: u64,
        /// Then make the committed corpus the smallest that reaches what was reached
        #[arg(long)]
        keep: bool,
    },
    /// Write the files that are generated from the code
    ///
    /// They are tests/vectors/errors.json, docs/errors.md, docs/options.md, C's header,
    /// and docs/pictures/demo.svg and demo-dark.svg, for which the demo is run.
    #[command(verbatim_doc_comment)]
    Gen {
        /// Write nothing; name the files that are out of date, and fail
        #[arg(long)]
        check: bool,
    },
    /// Take the README's pictures of the phone page
    ///
    /// Into docs/pictures, in Chromium, of the sandbox as it runs. Times and fonts
    /// differ from machine to machine, so that no check compares them.
    #[command(verbatim_doc_comment)]
    Pictures,
    /// Build the packages that are uploaded
    ///
    /// Python: into python/dist, the wheel for every CPython from 3.9 on, the sources,
    /// and the `ava` command in a wheel of its own. Node: into target/package, the
    /// library and the `ava` command, and of each the part for this platform. Kotlin:
    /// into bindings/kotlin/target, and into Maven's local repository. Swift: into
    /// bindings/swift, whose Package.swift finds it.
    #[command(verbatim_doc_comment)]
    Package {
        /// The language
        language: Language,
    },
    /// Install the tools that the checks need
    ///
    /// At pinned versions, into `$XDG_CACHE_HOME/ava-imessage` or
    /// `~/.cache/ava-imessage`, not into the checkout. Running it again does nothing.
    #[command(verbatim_doc_comment)]
    Setup {
        /// The languages to set up [default: all]
        languages: Vec<Language>,
    },
    /// Run `swift` in the present folder: `cargo xtask swift -- test`
    ///
    /// The machine's own, if it is 6 at least; else the one that `cargo xtask setup swift`
    /// installs, which isn't on PATH because it stands in a root of its own. The present
    /// folder, this checkout and the `ava` command of PATH can be seen in there.
    #[command(verbatim_doc_comment)]
    Swift {
        /// What `swift` is given
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    Rust,
    Python,
    Node,
    C,
    Kotlin,
    Swift,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Demo { json, language: Language::Rust } => demo::run(json),
        Task::Demo { json: false, language: Language::Python } => python::demo(),
        Task::Demo { json: false, language: Language::Node } => node::demo(),
        Task::Demo { json: false, language: Language::C } => c::demo::run(),
        Task::Demo { json: false, language: Language::Kotlin } => kotlin::demo(),
        Task::Demo { json: false, language: Language::Swift } => swift::demo(),
        Task::Demo { json: true, .. } => Err(anyhow!("only the demo in Rust has JSON")),
        Task::Test { language, seeds } => return test::run(language, seeds),
        Task::Bench { language, quick, json } => bench::run(language, quick, json.as_deref()),
        Task::Fuzz { targets, seconds, keep } => fuzz::run(&targets, Duration::from_secs(seconds), keep),
        Task::Package { language: Language::Python } => python::package(),
        Task::Package { language: Language::Node } => node::package(),
        Task::Package { language: Language::Kotlin } => kotlin::package(),
        Task::Package { language: Language::Swift } => swift::package(),
        Task::Package { language: Language::Rust } => {
            Err(anyhow!("crates are packaged by cargo: cargo package --package ava-imessage"))
        }
        Task::Package { language: Language::C } => {
            Err(anyhow!("the C library is installed by cargo cinstall"))
        }
        Task::Gen { check } => generate::run(check),
        Task::Pictures => page::pictures(),
        Task::Setup { languages } => setup::run(&languages),
        Task::Swift { arguments } => match swift::here(&arguments) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
