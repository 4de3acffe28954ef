//! One module a command: its arguments, its help, and what it does.

pub(crate) mod bulk;
pub(crate) mod checkpoint;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod draft_reply;
pub(crate) mod generate;
pub(crate) mod listen;
pub(crate) mod login;
pub(crate) mod man;
pub(crate) mod messages;
pub(crate) mod poll;
pub(crate) mod sandbox;
pub(crate) mod send;
pub(crate) mod settle;

use clap::ArgMatches;

use crate::cli::Command;
use crate::context::Context;
use crate::failure::Result;

/// Runs a command. What it prints is flushed by the caller.
pub(crate) fn run(ctx: &Context, command: Command, matches: &ArgMatches) -> Result<()> {
    match command {
        Command::Send(args) => send::run(ctx, args),
        Command::Messages(args) => messages::run(ctx, &args),
        Command::Poll(args) => poll::run(ctx, &args),
        Command::Listen(args) => listen::run(ctx, &args),
        Command::Generate(args) => generate::run(ctx, args, matches),
        Command::DraftReply(args) => draft_reply::run(ctx, &args),
        Command::Settle(args) => settle::run(ctx, &args),
        Command::Doctor(args) => doctor::run(ctx, &args),
        Command::Demo(args) => demo::run(ctx, &args),
        Command::Sandbox(args) => sandbox::run(ctx, args),
        Command::Login(args) => login::login(ctx, &args),
        Command::Logout(args) => login::logout(ctx, &args),
        Command::Completions(args) => completions::run(ctx, &args),
        Command::Man(args) => man::run(ctx, &args),
    }
}
