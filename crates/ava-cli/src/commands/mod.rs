//! One module a command: its arguments, its help, and what it does.

pub(crate) mod sandbox;
pub(crate) mod send;

use clap::ArgMatches;

use crate::cli::Command;
use crate::context::Context;
use crate::failure::Result;

/// Runs a command. What it prints is flushed by the caller.
pub(crate) fn run(ctx: &Context, command: Command, _matches: &ArgMatches) -> Result<()> {
    match command {
        Command::Send(args) => send::run(ctx, args),
        Command::Sandbox(args) => sandbox::run(ctx, args),
    }
}
