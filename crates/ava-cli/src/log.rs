//! AVA_LOG: what the client does, on standard error. It shows neither keys nor texts nor full phone numbers.

use std::io;

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::failure::{Failure, Result};
use crate::printer::Look;

/// Turns the log on, if AVA_LOG asks for it: a level, or `target=level` with commas between.
pub(crate) fn start(_look: Look) -> Result<()> {
    let Some(asked) = std::env::var("AVA_LOG").ok().filter(|asked| !asked.is_empty()) else { return Ok(()) };
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    // What is already set stays set; nothing else sets any.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter(&asked)?)).try_init();
    Ok(())
}

/// A bare level is this project's alone: the libraries below were not written with secrets in mind.
fn filter(asked: &str) -> Result<Targets> {
    if let Ok(level) = asked.parse::<LevelFilter>() {
        return Ok(Targets::new().with_target("ava", level));
    }
    asked.parse().map_err(|_| {
        Failure::configuration("AVA_LOG: expected a level")
            .next("One of: error, warn, info, debug, trace, off.")
    })
}
