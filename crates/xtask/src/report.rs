//! What the checks came to.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::docs::played::Played;

/// How many tests ran in a check, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

/// How a check ended.
pub(crate) enum Outcome {
    /// It is one check, and it passed.
    Passed,
    /// It ran so many tests.
    Ran(Counts),
    /// It ran so many blocks of the documents.
    Played(Played),
    /// It was not made, and why.
    Skipped(String),
}

/// All the checks so far.
#[derive(Default)]
pub(crate) struct Report {
    checks: Vec<Check>,
    played: Vec<Played>,
}

struct Check {
    name: String,
    took: Duration,
    counts: Counts,
    note: String,
}

impl Report {
    /// Makes a check: announces it, times it, and counts an error as one failure.
    pub(crate) fn check(&mut self, name: &str, check: impl FnOnce() -> Result<Outcome>) {
        println!("\n==> {name}");
        let began = Instant::now();
        let (counts, note) = match check() {
            Ok(Outcome::Passed) => (Counts { passed: 1, failed: 0 }, String::new()),
            Ok(Outcome::Ran(counts)) => something(counts),
            Ok(Outcome::Played(played)) => {
                let counts = played.counts();
                self.played.push(played);
                something(counts)
            }
            Ok(Outcome::Skipped(why)) => (Counts::default(), why),
            Err(error) => (Counts { passed: 0, failed: 1 }, format!("{error:#}")),
        };
        let check = Check { name: name.to_owned(), took: began.elapsed(), counts, note };
        println!("{}", check.line());
        self.checks.push(check);
    }

    /// Prints the summary, and last of all the counts, alone on a line.
    pub(crate) fn finish(self) -> ExitCode {
        println!("\n==> summary");
        let mut total = Counts::default();
        let mut took = Duration::ZERO;
        for check in &self.checks {
            println!("{}", check.line());
            total.passed += check.counts.passed;
            total.failed += check.counts.failed;
            took += check.took;
        }
        if !self.played.is_empty() {
            println!("\n{}", Played::heading());
            self.played.iter().for_each(|row| println!("{}", row.line()));
            println!();
        }
        println!("in {:.1} s\n", took.as_secs_f64());
        println!("{} passed, {} failed", total.passed, total.failed);
        if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// A check that ran no test holds nothing: what counts its tests no longer finds them.
fn something(counts: Counts) -> (Counts, String) {
    if counts == Counts::default() {
        return (Counts { passed: 0, failed: 1 }, "nothing ran".into());
    }
    (counts, String::new())
}

impl Check {
    fn line(&self) -> String {
        let Counts { passed, failed } = self.counts;
        let word = match (passed, failed) {
            (0, 0) => "skipped",
            (_, 0) => "ok",
            _ => "FAILED",
        };
        let counts =
            if passed + failed > 1 { format!("{passed} passed, {failed} failed") } else { String::new() };
        let line =
            format!("{word:<8}{:<24}{:>7.1} s  {counts}{}", self.name, self.took.as_secs_f64(), self.note);
        line.trim_end().to_owned()
    }
}

/// Adds up the `test result:` lines of test binaries and doc tests.
#[derive(Default)]
pub(crate) struct Tally(Counts);

impl Tally {
    /// Reads one line of `cargo test`'s output.
    pub(crate) fn watch(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let number_before = |word: &str| {
            let rest = result.split(['.', ';']).map(str::trim).find_map(|part| part.strip_suffix(word));
            rest.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
        };
        self.0.passed += number_before("passed");
        self.0.failed += number_before("failed");
    }

    /// What ran. A run that ended badly without a failed test (it did not compile, it crashed) counts as one failure.
    pub(crate) fn counts(self, succeeded: bool) -> Counts {
        let Counts { passed, failed } = self.0;
        Counts { passed, failed: if succeeded { failed } else { failed.max(1) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::blocks::Runner;

    #[test]
    fn results_are_added_up() {
        let mut tally = Tally::default();
        tally.watch("running 3 tests");
        tally.watch(
            "test result: ok. 41 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.25s",
        );
        tally.watch("test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out");
        tally.watch("test noise::test result: ok. 5 passed ... ok");
        assert_eq!(tally.counts(false), Counts { passed: 43, failed: 1 });
    }

    #[test]
    fn a_check_in_which_nothing_ran_is_a_failure() {
        let mut report = Report::default();
        let played = Played { runner: Runner::Data, ran: 0, read: 0, failed: 0, excepted: 2 };
        report.check("no tests", || Ok(Outcome::Ran(Counts::default())));
        report.check("no blocks", || Ok(Outcome::Played(played.clone())));
        report.check("blocks that were read", || Ok(Outcome::Played(Played { read: 1, ..played.clone() })));
        report.check("a test", || Ok(Outcome::Ran(Counts { passed: 1, failed: 0 })));
        report.check("no tool", || Ok(Outcome::Skipped("why".into())));
        let counts: Vec<_> =
            report.checks.iter().map(|check| (check.counts.passed, check.counts.failed)).collect();
        assert_eq!(counts, [(0, 1), (0, 1), (1, 0), (1, 0), (0, 0)]);
        assert!(
            report.checks[0].line().starts_with("FAILED") && report.checks[0].line().ends_with("nothing ran")
        );
    }

    #[test]
    fn a_crash_is_a_failure() {
        let mut tally = Tally::default();
        tally.watch("test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!(tally.counts(false), Counts { passed: 5, failed: 1 });
    }
}
