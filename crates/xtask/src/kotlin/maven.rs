//! Maven, and what it says of tests. It keeps what it downloads where it always does, in `~/.m2`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::folder;
use crate::command::{command, run as done, stream};
use crate::package::profile::home;
use crate::report::Counts;
use crate::tools;

/// Maven, in the module's folder: without colours, progress and questions.
pub(super) fn mvn() -> Command {
    let mut mvn = command(if cfg!(windows) { "mvn.cmd" } else { "mvn" });
    mvn.current_dir(folder()).args(["--batch-mode", "--no-transfer-progress", "-Dstyle.color=never"]);
    // The compiler's daemon is warm for the next project, and then goes; by default it stays for hours.
    mvn.arg("-Dkotlin.compiler.daemon.shutdownDelayMs=10000");
    let given = std::env::var("MAVEN_OPTS").unwrap_or_default();
    mvn.env("MAVEN_OPTS", format!("{given} -Dkotlin.daemon.options=autoshutdownIdleSeconds=30").trim());
    mvn
}

/// Where it keeps what it downloads.
pub(super) fn repository() -> Result<PathBuf> {
    Ok(home()?.join(".m2/repository"))
}

/// Keeps other checkouts from installing theirs until what depends on ours has run: Maven has one place for both.
pub(super) fn turn() -> Result<File> {
    tools::turn(&tools::cache()?.join("maven"))
}

/// Runs goals, saying nothing unless they fail.
pub(super) fn quietly(at: &Path, arguments: &[&str]) -> Result<()> {
    done(mvn().arg("--quiet").args(arguments).current_dir(at))
}

/// Runs goals that run tests, and counts them.
pub(super) fn tests(maven: &mut Command) -> Result<Counts> {
    let mut last = None;
    let status = stream(maven, |line| last = tally(line).or(last))?;
    let Counts { passed, failed } = last.unwrap_or_default();
    Ok(Counts { passed, failed: if status.success() { failed } else { failed.max(1) } })
}

/// `[INFO] Tests run: 52, Failures: 2, Errors: 1, Skipped: 0`: the sum over all classes, which comes last. A test that
/// was skipped counts as failed, for none may be.
fn tally(line: &str) -> Option<Counts> {
    let (_, rest) = line.split_once("Tests run: ")?;
    if rest.contains("Time elapsed") {
        return None;
    }
    let numbers: Vec<u64> =
        rest.split(", ").filter_map(|part| part.rsplit([' ']).next()?.parse().ok()).collect();
    let [run, failures, errors, skipped] = numbers[..] else { return None };
    let failed = failures + errors + skipped;
    Some(Counts { passed: run.saturating_sub(failed), failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_read() {
        let line = "[ERROR] Tests run: 52, Failures: 2, Errors: 1, Skipped: 1";
        assert_eq!(tally(line), Some(Counts { passed: 48, failed: 4 }));
        let of_a_class =
            "[INFO] Tests run: 9, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 24.38 s -- in a.B";
        assert_eq!(tally(of_a_class), None);
        assert_eq!(tally("[INFO] BUILD SUCCESS"), None);
    }
}
