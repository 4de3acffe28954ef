//! The documentation: the site of it, and the blocks of code in it, which run.

pub(crate) mod blocks;
mod data;
pub(crate) mod node;
pub(crate) mod played;
pub(crate) mod python;
pub(crate) mod reference;
mod rust;
mod shell;
mod site;
pub(crate) mod stage;

pub(crate) use self::site::{build, tools};

use self::blocks::Blocks;
use crate::command::ava;
use crate::report::{Outcome, Report};

/// Checks the site, and the blocks that need no other language's package.
pub(crate) fn check(report: &mut Report) {
    report.check("docs site", || {
        crate::tools::or_skip(tools(), |tools| {
            build(&tools)?;
            Ok(Outcome::Passed)
        })
    });
    check_blocks(report);
}

/// Runs the blocks that need no other language's package.
pub(crate) fn check_blocks(report: &mut Report) {
    report.check("docs: Rust", || Ok(Outcome::Played(rust::run(&Blocks::read()?, &ava()?)?)));
    report.check("docs: shell", || {
        crate::tools::or_skip(shell::tools(), |()| {
            Ok(Outcome::Played(shell::run(&Blocks::read()?, &ava()?)?))
        })
    });
    report.check("docs: data", || Ok(Outcome::Played(data::run(&Blocks::read()?)?)));
}
