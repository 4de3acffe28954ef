//! AVA_LOG: what the client does, on standard error. It shows neither keys nor texts nor full phone numbers.
//! Without it, a listener's warnings are told to people all the same: it goes on through failures, and a tail that
//! fails in silence looks like one that has nothing to show.

use std::fmt::{Debug, Write as _};
use std::io;

use ava_imessage::Error;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::failure::{Failure, Result, words_at};
use crate::json;
use crate::printer::{Look, Note};
use crate::style::{YELLOW, paint};
use crate::text::sentence;

/// Turns the log on, if AVA_LOG asks for it: a level, or `target=level` with commas between.
pub(crate) fn start() -> Result<()> {
    let Some(asked) = asked() else { return Ok(()) };
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
    // What is already set stays set; nothing else sets any.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter(&asked)?)).try_init();
    Ok(())
}

/// Tells the client's warnings, where there is no log that does.
pub(crate) fn tell_warnings(look: Look) {
    if tells_warnings() {
        // At `info` a listener says that polling works again.
        let filter = Targets::new().with_target("ava_imessage", Level::INFO);
        let _ = tracing_subscriber::registry().with(Warnings { look }.with_filter(filter)).try_init();
    }
}

/// Whether warnings are told here, and not by the log.
pub(crate) fn tells_warnings() -> bool {
    asked().is_none()
}

/// Tells of a poll that failed and will be tried again: what happened and where, which the log's own line does not.
pub(crate) fn tell_retry(look: Look, error: &Error, address: &str) {
    tell(look, "warning", &format!("{}; polling again", words_at(error, address)));
}

fn tell(look: Look, note: &'static str, words: &str) {
    use std::io::Write as _;
    let line = if look.json {
        json::line(&Note { note, message: words })
    } else {
        format!("{} {}", paint(look.colour, YELLOW, &format!("{note}:")), sentence(words, look.columns))
    };
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn asked() -> Option<String> {
    std::env::var("AVA_LOG").ok().filter(|asked| !asked.is_empty())
}

/// A bare level is this project's alone: the libraries below were not written with secrets in mind. `Targets` itself would
/// take a word that is no level for a target, of which it then shows everything.
fn filter(asked: &str) -> Result<Targets> {
    let mut targets = Targets::new();
    for part in asked.split(',').map(str::trim) {
        let (target, level) = part.split_once('=').unwrap_or(("ava", part));
        let level = level.parse::<LevelFilter>().ok().filter(|_| !target.is_empty() && !level.is_empty());
        let Some(level) = level else {
            let what = format!("AVA_LOG: expected a level, and not {part:?}");
            return Err(Failure::configuration(what).next("One of: error, warn, info, debug, trace, off."));
        };
        targets = targets.with_target(target, level);
    }
    Ok(targets)
}

/// `warning: a row of the inbox can't be read (…)`, or for programs `{"note":"warning","message":"…"}`.
struct Warnings {
    look: Look,
}

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        if words.of_retry {
            return;
        }
        let note = if *event.metadata().level() == Level::WARN { "warning" } else { "note" };
        tell(self.look, note, &words.all());
    }
}

/// An event as a sentence.
#[derive(Default)]
struct Words {
    message: String,
    details: Vec<String>,
    /// A poll failed and is tried again, which [`tell_retry`] tells of.
    of_retry: bool,
}

impl Words {
    fn all(&self) -> String {
        if self.details.is_empty() {
            return self.message.clone();
        }
        format!("{} ({})", self.message, self.details.join(", "))
    }
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => drop(write!(self.message, "{value:?}")),
            name => self.details.push(format!("{name} {value:?}")),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "error.type" | "reason" => self.details.push(value.to_owned()),
            name => self.details.push(format!("{name} {value}")),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.of_retry |= field.name() == "wait_ms";
        self.details.push(match field.name() {
            "status" => format!("HTTP {value}"),
            "interval_ms" => format!("every {}.{} s", value / 1000, value % 1000 / 100),
            name => format!("{name} {value}"),
        });
    }
}
