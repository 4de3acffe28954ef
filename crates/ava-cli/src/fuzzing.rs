//! What reads others' bytes, for the targets of `ava-fuzz`.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use ava_imessage::Attempt;
use clap::{CommandFactory, FromArgMatches};

use crate::cli::Cli;
pub use crate::commands::bulk::Message;
use crate::program::Program;
use crate::{commands, config, credentials, text, token};

/// Reads a command line; what is wrong with it is told as one line.
///
/// # Errors
/// If it makes no sense.
pub fn arguments(words: Vec<OsString>) -> Result<(), String> {
    let parsed = Cli::command().try_get_matches_from(words);
    match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{:?}", crate::told(&error.render().to_string()))),
    }
}

/// What would go out by a CSV file, a template and the file of earlier results.
pub fn bulk(csv: &Path, template: Option<&str>, results: &Path) -> Option<Vec<Message>> {
    commands::bulk::messages(csv, template, results).ok()
}

/// The attempt that a word stands for.
pub fn attempt(word: &str) -> Option<Attempt> {
    token::decode(word).ok()
}

/// The word of an attempt.
pub fn word(attempt: &Attempt) -> String {
    token::encode(attempt)
}

/// Address and key of a config file.
pub fn config(toml: &str) -> Option<(String, String)> {
    let config = config::parse(toml).ok()?;
    Some((config.base_url, config.api_key.to_string()))
}

/// Whether two addresses are of one scheme, host and port; and the first for people.
pub fn origins(one: &str, other: &str) -> (bool, String) {
    (credentials::same_origin(one, other), credentials::origin(one))
}

/// Whether a program of `--exec` can be made out.
pub fn program(command: &str) -> bool {
    Program::parse(command, 1, Duration::from_secs(1)).is_ok()
}

/// A stranger's text as lines of a terminal.
pub fn lines(said: &str, columns: Option<usize>) -> Vec<String> {
    let mut lines = text::lines(said, columns);
    lines.extend(text::row(columns, "+1234567890  ", said));
    lines.push(text::sentence(said, columns));
    if let Some(columns) = columns {
        lines.push(text::fitting(&text::neutral(said), columns));
    }
    lines
}
