//! The one door to this repository: `cargo xtask demo | test | bench | fuzz | soak | gen | docs | pictures |
//! package | consumers | setup | swift`.

mod bench;
mod c;
mod command;
mod conformance;
mod consumers;
mod demo;
mod docs;
mod fuzz;
mod generate;
mod kotlin;
mod names;
mod node;
mod options;
mod package;
mod page;
mod pictures;
mod python;
mod report;
mod setup;
mod soak;
mod swift;
mod test;
mod tools;
mod uniffi;
mod version;

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
    /// is skipped and a line says so; with CI=true that is a failure, but for the database
    /// of advisories, which not every machine can reach: its check is skipped then.
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
    /// and whether each goal is met; a missed goal is no failure. Of all languages
    /// it is the recording that docs/benchmarks.md shows, which is written anew.
    /// docs/performance.md says what the numbers mean.
    #[command(verbatim_doc_comment)]
    Bench {
        /// The language to measure [default: all]
        language: Option<Language>,
        /// A few calls of each, to see that it works: the numbers mean nothing
        #[arg(long)]
        quick: bool,
        /// Write what was measured to this file, and to no other
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
    /// Let every language work for minutes against a sandbox that misbehaves, and judge it
    ///
    /// A program of each language (of Python a blocking and an asyncio one) sends, reads,
    /// listens and answers, all at once, while faults come and go as a seed has it. It
    /// fails if memory, open files or threads of one grow, if a message went out twice or
    /// was posted again by guess, if a caller was told what isn't so, or if a listener
    /// missed an answer.
    /// Plots are in target/soak. The first 30 % are not judged by slope.
    #[command(verbatim_doc_comment)]
    Soak {
        /// What to run [default: all of them]
        faces: Vec<String>,
        /// For how long
        #[arg(long, value_name = "N", default_value_t = 10.0)]
        minutes: f64,
        /// What the faults are drawn from [default: another one each time]
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Write the files that are generated from the code
    ///
    /// They are tests/vectors/errors.json, docs/errors.md, docs/options.md, C's header,
    /// docs/benchmarks.md with its pictures, of docs/benchmarks.json, and
    /// docs/pictures/demo.svg and demo-dark.svg, for which the demo is run.
    #[command(verbatim_doc_comment)]
    Gen {
        /// Write nothing; name the files that are out of date, and fail
        #[arg(long)]
        check: bool,
        /// What to write of the rest, which takes a run of the tests, or Node
        from: Option<Rest>,
    },
    /// Build the documentation's site, into target/site
    ///
    /// Of docs/ and the READMEs, by Sphinx; and the reference of each language, by its
    /// own tool. A warning is an error, and so is a link to a page, a heading or a
    /// file that isn't there.
    #[command(verbatim_doc_comment)]
    Docs {
        /// Run the blocks of code in them, instead
        #[arg(long)]
        blocks: bool,
        /// The language whose reference is built, or whose blocks are run [default: all]
        language: Option<Language>,
    },
    /// Take the README's pictures of the phone page
    ///
    /// Into docs/pictures, in Chromium, of the sandbox as it runs. Times and fonts
    /// differ from machine to machine, so that no check compares them.
    #[command(verbatim_doc_comment)]
    Pictures,
    /// Build the packages that are uploaded
    ///
    /// For this machine's platform, into target/packages, a folder for each:
    ///   rust     the crates, as cargo publishes them
    ///   command  an archive: `ava`, completions of four shells, the manual
    ///   python   the wheel for every CPython from 3.9 on, the `ava` command in a
    ///            wheel of its own, and the sources of both
    ///   node     the library and the command, and of each the part of this platform
    ///   c        an archive: headers, shared and static library, pkg-config, CMake
    ///   kotlin   jars (library, its testing part, sources) and pom, as a Maven
    ///            repository; they are installed for this machine's Maven, too
    ///   swift    an archive: a package that others depend on by its path
    /// SHA256SUMS has the sums of all. Each is searched for test hooks and for paths of
    /// this machine. All are built in cargo's profile `packed`, so that nothing is built
    /// twice; the first time takes some minutes.
    #[command(verbatim_doc_comment)]
    Package {
        /// Which ones [default: all]
        what: Vec<package::What>,
        /// Write their sizes into docs/sizes.toml, to which `cargo xtask test` holds them
        #[arg(long)]
        record: bool,
    },
    /// Install the packages as a stranger would, and use them
    ///
    /// Packs what is missing in target/packages, then takes each of the projects in
    /// tests/consumers into an empty folder, installs the packages there without a
    /// network, and runs it against `ava sandbox`, the packaged one.
    #[command(verbatim_doc_comment)]
    Consumers {
        /// Which ones [default: all]
        what: Vec<package::What>,
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
    /// installs, which isn't on PATH because it stands in a root of its own. This checkout,
    /// the `ava` command of PATH, and the present folder with what is beside it can be seen
    /// in there.
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

/// Pages that aren't written of the Rust code. The tests check that they are current.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rest {
    /// docs/conformance.md, of what the tests of every language saw (`cargo xtask test`)
    Conformance,
    /// docs/calls.md, of the phone page's code
    Calls,
}

/// Fails if these aren't arguments of this program.
fn understands(arguments: &[&str]) -> anyhow::Result<()> {
    Arguments::try_parse_from(std::iter::once(&"xtask").chain(arguments))?;
    Ok(())
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
        Task::Soak { faces, minutes, seed } => soak::run(minutes, seed, &faces),
        Task::Package { what, record } => package::run(&what, record),
        Task::Consumers { what } => consumers::run(&what),
        Task::Gen { from: Some(Rest::Conformance), check: true } => conformance::check().map(drop),
        Task::Gen { from: Some(Rest::Conformance), check: false } => conformance::write(),
        Task::Gen { from: Some(Rest::Calls), check: true } => {
            Err(anyhow!("docs/calls.md is checked by the tests of the phone page (`cargo xtask test rust`)"))
        }
        Task::Gen { from: Some(Rest::Calls), check: false } => page::calls(),
        Task::Gen { check, from: None } => generate::run(check),
        Task::Docs { blocks: true, language } => return test::blocks(language),
        Task::Docs { blocks: false, language } => docs::tools()
            .and_then(|tools| docs::build(&tools))
            .and_then(|()| docs::reference::build(language)),
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
