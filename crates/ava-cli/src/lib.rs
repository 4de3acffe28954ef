//! The `ava` command: the AVA iMessage API for people at a terminal, scripts and other programs. A library so that what
//! it reads can be fuzzed; nobody else should stand on it.

mod cli;
mod commands;
mod config;
mod context;
mod credentials;
mod exit;
mod failure;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod input;
mod interrupt;
mod json;
mod log;
mod printer;
mod program;
mod reader;
mod rows;
mod secret;
mod sending;
mod style;
mod text;
mod token;
mod waiting;
mod when;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::cli::Cli;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::{Colour, Look};

/// Runs the command that the process' arguments name.
pub fn run() -> ExitCode {
    let exit = match parse() {
        Ok((cli, matches)) => carry_out(cli, &matches),
        Err(error) => refuse(&error),
    };
    ExitCode::from(exit.0)
}

fn parse() -> Result<(Cli, clap::ArgMatches), clap::Error> {
    let matches = Cli::command().try_get_matches()?;
    Ok((Cli::from_arg_matches(&matches)?, matches))
}

fn carry_out(cli: Cli, matches: &clap::ArgMatches) -> Exit {
    let context = Context::new(cli.globals);
    let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
    let done = log::start().and_then(|()| commands::run(&context, cli.command, matches));
    let failure = match done.and_then(|()| context.printer.flush()) {
        Ok(()) => return Exit::OK,
        Err(failure) => failure,
    };
    let failure = match context.address() {
        Some(address) => failure.at(&address),
        None => failure,
    };
    // What was written before it failed is still worth having.
    let _ = context.printer.flush();
    failure.report(context.printer.err);
    failure.exit()
}

/// Help and version, or a command line that makes no sense.
fn refuse(error: &clap::Error) -> Exit {
    let json = std::env::args_os().any(|arg| arg == "--json");
    if error.use_stderr() && json {
        let failure = told(&error.render().to_string());
        failure.report(Look::of_stderr(true, Colour::Never));
        return failure.exit();
    }
    // A closed pipe is no error here either.
    let _ = error.print();
    if error.use_stderr() { Exit::USAGE } else { Exit::OK }
}

/// What clap says in paragraphs: what is wrong, which may be a list, tips, the usage, where to read on.
fn told(words: &str) -> Failure {
    let line = |paragraph: &str| paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let mut paragraphs = words.split("\n\n");
    let message = line(paragraphs.next().unwrap_or_default());
    let failure = Failure::usage(message.trim_start_matches("error: "));
    let tips: Vec<String> =
        paragraphs.map(line).filter_map(|line| line.strip_prefix("tip: ").map(str::to_owned)).collect();
    if tips.is_empty() { failure } else { failure.next(tips.join("; ")) }
}
