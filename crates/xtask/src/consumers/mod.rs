//! Strangers' projects, `tests/consumers`: each is taken to an empty folder, the packages are installed there without a
//! network, and it is run against the packaged sandbox. It sends, listens until the answer comes, reads the history, and
//! catches one error by its type; it ends with another code than 0 if anything of that isn't so.

mod place;
mod projects;

use std::time::Instant;

use anyhow::{Result, bail};

use crate::package::What;
use crate::report::{Counts, Outcome};
use crate::tools;

/// Those of these packages, or all; what isn't packed yet is packed first.
pub(crate) fn run(what: &[What]) -> Result<()> {
    let all = if what.is_empty() { &What::ALL } else { what };
    for what in [What::Command].iter().chain(all) {
        if what.packages()?.is_empty() {
            println!("packing: {}", what.name());
            what.tools()?;
            what.make()?;
        }
    }
    let counts = play(all)?;
    if counts.failed > 0 {
        bail!("{} of {} consumers failed", counts.failed, counts.failed + counts.passed);
    }
    Ok(())
}

/// All of them, on the packages that are there.
pub(crate) fn check() -> Result<Outcome> {
    Ok(Outcome::Ran(play(&What::ALL)?))
}

fn play(all: &[What]) -> Result<Counts> {
    if !place::can_be_alone() {
        println!(
            "no network of one's own is to be had here: proxies that lead nowhere stand for its absence"
        );
    }
    let mut counts = Counts::default();
    for what in all {
        for (name, project) in projects::of(*what) {
            let began = Instant::now();
            let result = tools::or_skip(what.toolchain(), |()| project().map(|()| Outcome::Passed));
            let took = began.elapsed().as_secs_f64();
            match result {
                Ok(Outcome::Skipped(why)) => println!("{name}: skipped: {why}"),
                Ok(_) => {
                    println!("{name}: ok in {took:.1} s");
                    counts.passed += 1;
                }
                Err(error) => {
                    println!("{name}: FAILED in {took:.1} s: {error:#}");
                    counts.failed += 1;
                }
            }
        }
    }
    Ok(counts)
}
