//! Where the output goes: standard output for what was asked for, standard error for what is said about it.

use std::cell::RefCell;
use std::io::{self, BufWriter, Stdout, Write};

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use clap::ValueEnum;
use serde::Serialize;
use terminal_size::{Height, Width};

use crate::failure::{Failure, Result};
use crate::style::{DIM, paint};
use crate::{json, text};

/// When to use colours and spinners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On terminals, unless NO_COLOR is set
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// How one of the two streams looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) json: bool,
    pub(crate) terminal: bool,
    pub(crate) colour: bool,
    /// A spinner or a progress bar may move here.
    pub(crate) lively: bool,
    /// How many columns it has, if it is a terminal.
    pub(crate) columns: Option<usize>,
}

impl Look {
    pub(crate) fn of_stderr(json: bool, colour: Colour) -> Look {
        Look::of(&io::stderr(), terminal_size::terminal_size_of(io::stderr()), json, colour)
    }

    fn of_stdout(json: bool, colour: Colour) -> Look {
        Look::of(&io::stdout(), terminal_size::terminal_size_of(io::stdout()), json, colour)
    }

    fn of<S: RawStream>(stream: &S, size: Option<(Width, Height)>, json: bool, colour: Colour) -> Look {
        let terminal = stream.is_terminal();
        let auto = !matches!(AutoStream::choice(stream), ColorChoice::Never);
        let colour = match colour {
            Colour::Auto => auto,
            Colour::Always => true,
            Colour::Never => false,
        };
        let columns = size.map_or(text::COLUMNS, |(Width(columns), _)| usize::from(columns));
        Look {
            json,
            terminal,
            colour: colour && !json,
            lively: terminal && colour && !json,
            columns: terminal.then_some(columns),
        }
    }
}

/// What is said beside the output, for programs.
#[derive(Serialize)]
pub(crate) struct Note<'a> {
    pub(crate) note: &'static str,
    pub(crate) message: &'a str,
}

/// Writes for people or for programs.
pub(crate) struct Printer {
    stdout: RefCell<BufWriter<Stdout>>,
    /// Of standard output.
    pub(crate) look: Look,
    /// Of standard error.
    pub(crate) err: Look,
}

impl Printer {
    pub(crate) fn new(json: bool, colour: Colour) -> Printer {
        Printer {
            stdout: RefCell::new(BufWriter::new(io::stdout())),
            look: Look::of_stdout(json, colour),
            err: Look::of_stderr(json, colour),
        }
    }

    /// Whether programs read the output.
    pub(crate) fn json(&self) -> bool {
        self.look.json
    }

    /// A line on standard output.
    pub(crate) fn line(&self, line: &str) -> Result<()> {
        let mut out = self.stdout.borrow_mut();
        writeln!(out, "{line}").map_err(|error| unwritten(&error))
    }

    /// An object on standard output, on a line of its own.
    pub(crate) fn object(&self, value: &impl Serialize) -> Result<()> {
        self.line(&json::line(value))
    }

    /// Whatever bytes a command makes: completions, man pages.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<()> {
        self.stdout.borrow_mut().write_all(bytes).map_err(|error| unwritten(&error))
    }

    /// How many columns standard output has, if it is a terminal.
    pub(crate) fn width(&self) -> Option<usize> {
        self.look.columns
    }

    /// So that the reader has it now.
    pub(crate) fn flush(&self) -> Result<()> {
        self.stdout.borrow_mut().flush().map_err(|error| unwritten(&error))
    }

    /// The words in a style, as standard output takes it.
    pub(crate) fn paint(&self, style: Style, words: &str) -> String {
        paint(self.look.colour, style, words)
    }

    /// Says something beside the output, where a person is there to read it.
    pub(crate) fn aside(&self, words: &str) {
        if self.err.terminal && !self.err.json {
            let _ = writeln!(
                io::stderr().lock(),
                "{}",
                paint(self.err.colour, DIM, &text::sentence(words, self.err.columns))
            );
        }
    }

    /// Says what must not go unsaid; for programs as `{"note": …, "message": …}` on standard error.
    pub(crate) fn note(&self, name: &'static str, message: &str) {
        let words = if self.err.json {
            json::line(&Note { note: name, message })
        } else {
            text::sentence(message, self.err.columns)
        };
        let _ = writeln!(io::stderr().lock(), "{words}");
    }
}

fn unwritten(error: &io::Error) -> Failure {
    Failure::local("the output could not be written", error)
}
