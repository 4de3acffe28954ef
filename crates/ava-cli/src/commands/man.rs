//! `ava man`: the manual pages.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
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
        return write_all(&root, dir)
            .map_err(|error| Failure::local(format!("{} could not be written", dir.display()), &error));
    }
    let page = match &args.command {
        None => root,
        Some(name) => root
            .find_subcommand(name)
            .ok_or_else(|| Failure::usage(format!("there is no command {name}")))?
            .clone(),
    };
    let roff = self::page(page).map_err(|error| Failure::local("the page could not be made", &error))?;
    ctx.printer.bytes(&roff)
}

fn write_all(root: &Command, dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    for command in root.get_subcommands().chain([root]) {
        let name = Man::new(command.clone()).get_filename();
        std::fs::write(dir.join(name), page(command.clone())?)?;
    }
    Ok(())
}

/// The page, by the sections that clap has, but for two: the synopsis is that of the help, with values, and what stands
/// below the help is headed and left as it is.
fn page(command: Command) -> io::Result<Vec<u8>> {
    let mut roff = Vec::new();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    let below = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (has_commands, has_version) = (command.has_subcommands(), command.get_version().is_some());
    let man = Man::new(command);
    man.render_title(&mut roff)?;
    man.render_name_section(&mut roff)?;
    verbatim(&mut roff, "SYNOPSIS", usage.lines().map(str::trim));
    man.render_description_section(&mut roff)?;
    man.render_options_section(&mut roff)?;
    if has_commands {
        man.render_subcommands_section(&mut roff)?;
    }
    extra(&mut roff, &below);
    if has_version {
        man.render_version_section(&mut roff)?;
    }
    Ok(roff)
}

/// A line that ends with a colon and stands at the margin, after an empty one, heads the indented lines that follow;
/// what stands at the margin itself are notes.
fn extra<'a>(roff: &mut Vec<u8>, below: &'a str) {
    let lines: Vec<&'a str> = below.lines().collect();
    let is_heading = |at: usize| {
        let line = lines[at];
        line.ends_with(':') && !line.starts_with(' ') && (at == 0 || lines[at - 1].is_empty())
    };
    let headings: Vec<usize> = (0..lines.len()).filter(|&at| is_heading(at)).collect();
    for (n, &at) in headings.iter().enumerate() {
        let end = headings.get(n + 1).copied().unwrap_or(lines.len());
        let heading = lines[at].trim_end_matches(':').to_uppercase();
        let is_note = |line: &&str| !line.is_empty() && !line.starts_with(' ');
        let notes = lines[at + 1..end].iter().position(is_note).map_or(end, |place| at + 1 + place);
        let unindented = |line: &'_ &'a str| line.strip_prefix("  ").unwrap_or(line);
        verbatim(roff, &heading, lines[at + 1..notes].iter().map(unindented));
        if notes < end {
            verbatim(roff, "NOTES", lines[notes..end].iter().copied());
        }
    }
}

/// A section whose lines stay as they are.
fn verbatim<'a>(roff: &mut Vec<u8>, heading: &str, lines: impl Iterator<Item = &'a str>) {
    let heading = if heading.contains(' ') { format!("\"{heading}\"") } else { heading.to_owned() };
    let lines: Vec<String> = lines.map(escaped).collect();
    let text = format!(".SH {heading}\n.nf\n{}\n.fi\n", lines.join("\n").trim_end());
    roff.extend_from_slice(text.as_bytes());
}

/// To be copied from: quotes and dashes as they are typed. A control line begins with a dot or a quote.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\(rs").replace('-', "\\-").replace('\'', "\\(aq").replace('`', "\\(ga");
    if line.starts_with('.') { format!("\\&{line}") } else { line }
}
