//! XCTest.

use std::path::Path;

use anyhow::Result;

use super::toolchain::Toolchain;
use super::{folder, scratch};
use crate::command::{read, stream};
use crate::conformance;
use crate::report::Counts;

/// What is handed on to the tests.
const HANDED_ON: [&str; 2] = ["AVA_VECTORS", "AVA_SLOWEST"];

/// Runs the tests that were built, and counts them.
pub(super) fn run(swift: &Toolchain, ava: &Path) -> Result<Counts> {
    let mut place = swift.run("swift", &folder());
    place.args(["build", "--show-bin-path", "--scratch-path"]).arg(scratch("package")?);
    let place = read(&mut place)?;
    let program = Path::new(place.trim()).join("AvaIMessagePackageTests.xctest");
    let mut tests = swift.run(program, &folder());
    tests.env("PATH", swift.path_with(ava)?);
    for name in HANDED_ON {
        if let Some(value) = std::env::var_os(name) {
            tests.env(name, value);
        }
    }
    let (variable, file) = conformance::begin("swift")?;
    tests.env(variable, file);
    let mut counts = Counts::default();
    let status = stream(&mut tests, |line| {
        // The last one is that of all suites.
        if let Some(seen) = executed(line) {
            counts = seen;
        }
    })?;
    if !status.success() {
        counts.failed = counts.failed.max(1);
    }
    Ok(counts)
}

/// `Executed 12 tests, with 1 failure (0 unexpected) in …`. Its failures are assertions, of which a test may have some.
fn executed(line: &str) -> Option<Counts> {
    let mut words = line.trim().strip_prefix("Executed ")?.split_whitespace();
    let tests: u64 = words.next()?.parse().ok()?;
    let failures: u64 = words.nth(2)?.parse().ok()?;
    let failed = failures.min(tests);
    Some(Counts { passed: tests - failed, failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted() {
        let line = "\t Executed 12 tests, with 1 failure (0 unexpected) in 0.03 (0.03) seconds";
        assert_eq!(executed(line), Some(Counts { passed: 11, failed: 1 }));
        let line = "\t Executed 1 test, with 0 failures (0 unexpected) in 0.004 (0.004) seconds";
        assert_eq!(executed(line), Some(Counts { passed: 1, failed: 0 }));
        assert_eq!(executed("Test Suite 'All tests' started"), None);
    }
}
