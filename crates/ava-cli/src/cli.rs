//! The command line. Each command's own arguments stand beside what it does.

use std::time::Duration;

use ava_imessage::{DEFAULT_BASE_URL, DEFAULT_GENERATE_TIMEOUT, DEFAULT_TIMEOUT, Timestamp};
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};

use crate::commands::{
    completions, demo, doctor, draft_reply, generate, listen, login, man, messages, poll, sandbox, send,
    settle,
};
use crate::exit;
use crate::printer::Colour;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const ABOUT: &str = "Send iMessages, read and tail conversations, and draft replies with the AVA API";

fn environment() -> String {
    format!(
        "\
Environment:
  AVA_API_KEY   the API key; without it, what `ava login` kept is used
  AVA_BASE_URL  where the API is [default: {DEFAULT_BASE_URL}]
  AVA_LOG       what to log on standard error: error, warn, info, debug, trace
  NO_COLOR      set: no colours, no spinners

Start here:
  ava demo                           see it at work; nothing is sent anywhere
  ava sandbox                        the API on this machine, without a key
  ava login                          keep your key
  ava send +1234567890 'Hello!'      send a message
  ava listen                         watch messages arrive"
    )
}

/// What is typed.
#[derive(Parser)]
#[command(
    name = "ava",
    version,
    about = ABOUT,
    after_help = format!("{}\n\n{}", environment(), exit::HELP),
    styles = STYLES,
    max_term_width = 80,
    subcommand_required = true,
    arg_required_else_help = true,
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Globals {
    /// Write JSON: an object, or one a line; errors too, on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Where the API is, instead of AVA_BASE_URL
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds, help = timeout_help())]
    pub(crate) timeout: Option<Duration>,
    /// When to use colours and spinners
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub(crate) color: Colour,
}

fn timeout_help() -> String {
    format!(
        "How long a call may take, its retries included [default: {}; {} for drafts]",
        DEFAULT_TIMEOUT.as_secs_f64(),
        DEFAULT_GENERATE_TIMEOUT.as_secs_f64()
    )
}

/// The commands, in the order of the help.
#[derive(Subcommand)]
pub(crate) enum Command {
    Send(send::SendArgs),
    #[command(alias = "history")]
    Messages(messages::MessagesArgs),
    Poll(poll::PollArgs),
    #[command(alias = "tail")]
    Listen(listen::ListenArgs),
    Generate(generate::GenerateArgs),
    #[command(alias = "reply")]
    DraftReply(draft_reply::DraftReplyArgs),
    Settle(settle::SettleArgs),
    Doctor(doctor::DoctorArgs),
    Demo(demo::DemoArgs),
    Sandbox(sandbox::SandboxArgs),
    Login(login::LoginArgs),
    Logout(login::LogoutArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// A time with its zone.
pub(crate) fn time(written: &str) -> Result<Timestamp, String> {
    written.parse().map_err(|_| "expected a time with its zone, as in 2026-01-25T12:00:00Z".to_owned())
}

/// Seconds, with a fraction if need be, and more than none.
pub(crate) fn seconds(written: &str) -> Result<Duration, String> {
    let seconds: f64 = written.parse().map_err(|_| "not a number of seconds".to_owned())?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| "not a number of seconds".to_owned())?;
    if duration.is_zero() { Err("must be more than 0".into()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn seconds_are_positive() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        for wrong in ["0", "-1", "x", "", "nan", "inf", "1e30"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
