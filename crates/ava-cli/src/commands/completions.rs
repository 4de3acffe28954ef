//! `ava completions`: what a shell needs to complete the command line.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::context::Context;
use crate::failure::Result;

const EXAMPLES: &str = "\
Examples:
  mkdir -p ~/.local/share/bash-completion/completions
  ava completions bash > ~/.local/share/bash-completion/completions/ava

  mkdir -p ~/.zfunc                        with ~/.zfunc in fpath
  ava completions zsh > ~/.zfunc/_ava

  mkdir -p ~/.config/fish/completions
  ava completions fish > ~/.config/fish/completions/ava.fish";

/// Print completions for a shell
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

/// Prints them.
pub(crate) fn run(ctx: &Context, args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ava", &mut script);
    ctx.printer.bytes(&script)
}
