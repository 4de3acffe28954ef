//! `ava man`: the manual pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use crate::cli::Cli;
use crate::context::Context;
use crate::failure::{Failure, Result};

const EXAMPLES: &str = "\
Examples:
  ava man | man -l -                       read it
  ava man send | man -l -                  that of a command
  ava man --dir ~/.local/share/man/man1    write them all";

/// Print a manual page, or write them all
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ManArgs {
    /// Of which command [default: of `ava` itself]
    #[arg(conflicts_with = "dir")]
    command: Option<String>,
    /// Write every page into this folder
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Prints or writes.
pub(crate) fn run(ctx: &Context, args: &ManArgs) -> Result<()> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    if let Some(dir) = &args.dir {
        let written = std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(root, dir));
        return written
            .map_err(|error| Failure::local(format!("{} could not be written", dir.display()), &error));
    }
    let page = match &args.command {
        None => root,
        Some(name) => root
            .find_subcommand(name)
            .ok_or_else(|| Failure::usage(format!("there is no command {name}")))?
            .clone(),
    };
    let mut roff = Vec::new();
    Man::new(page).render(&mut roff).map_err(|error| Failure::local("the page could not be made", &error))?;
    ctx.printer.bytes(&roff)
}
