//! What comes from standard input, by a pipe or from a person.

use std::fs;
use std::io::{self, IsTerminal, Read, Write};

use tokio::sync::oneshot;

use crate::failure::{Failure, Result};
use crate::interrupt;

/// Whether a person can be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// All of standard input, without the line break that `echo` adds.
pub(crate) fn piped() -> Result<String> {
    let mut text = String::new();
    match io::stdin().lock().read_to_string(&mut text) {
        Ok(_) => Ok(without_line_end(text)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(Failure::usage("standard input is not UTF-8"))
        }
        Err(error) => Err(Failure::local("standard input could not be read", &error)),
    }
}

/// A file's text, or with `-` that of standard input.
pub(crate) fn file_or_piped(name: &str) -> Result<String> {
    if name == "-" {
        return piped();
    }
    fs::read_to_string(name).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => Failure::usage(format!("{name} is not UTF-8")),
        io::ErrorKind::NotFound => Failure::usage(format!("there is no file {name}")),
        _ => Failure::local(format!("{name} could not be read"), &error),
    })
}

/// The next line of standard input; the rest is left to [`end`].
pub(crate) fn line() -> Result<String> {
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .map_err(|error| Failure::local("standard input could not be read", &error))?;
    Ok(without_line_end(line))
}

/// Waits until standard input ends; what still comes by it is passed over.
pub(crate) async fn end() {
    let (told, ended) = oneshot::channel();
    // A thread of its own: nothing can call a read of standard input back, and no runtime should wait for it.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = told.send(());
    });
    let _ = ended.await;
}

/// Asks a person for a line. A signal ends the asking, with these words; not by itself, since whoever once watched for
/// signals keeps them from ending the process.
pub(crate) fn asked(prompt: &str, interrupted: &'static str) -> Result<String> {
    let failed = |error| Failure::local("the terminal could not be read", &error);
    interrupt::run(|mut signals| async move {
        let mut err = io::stderr();
        write!(err, "{prompt}").and_then(|()| err.flush()).map_err(failed)?;
        let typing = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|_| line)
        });
        tokio::select! {
            typed = typing => typed.map_err(io::Error::other).flatten().map(without_line_end).map_err(failed),
            signal = signals.next() => {
                let _ = writeln!(io::stderr());
                Err(Failure::interrupted(signal, interrupted))
            }
        }
    })
}

/// Asks a person for a yes; anything else is a no.
pub(crate) fn agreed(question: &str, interrupted: &'static str) -> Result<bool> {
    let answer = asked(question, interrupted)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn without_line_end(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}
