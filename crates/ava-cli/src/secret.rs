//! Asking for a key without showing it.

use std::io::{self, Write};

use zeroize::Zeroizing;

use crate::failure::{Failure, Result};
use crate::interrupt::{self, Signal};

/// What is said where login is broken off.
pub(crate) const INTERRUPTED: &str = "interrupted; nothing was changed";

/// Asks on the terminal. Whatever ends it, the terminal shows what is typed again afterwards.
pub(crate) fn ask(prompt: &str) -> Result<Zeroizing<String>> {
    let prompt = prompt.to_owned();
    interrupt::run(|mut signals| async move {
        let terminal = Terminal::now();
        // The signals are watched, so that Ctrl-C comes back as an error instead of ending the process there.
        let typing =
            tokio::task::spawn_blocking(move || rpassword::prompt_password(prompt).map(Zeroizing::new));
        let typed = tokio::select! {
            typed = typing => typed.map_err(io::Error::other).flatten(),
            signal = signals.next() => {
                terminal.restore();
                let _ = writeln!(io::stderr());
                return Err(Failure::interrupted(signal, INTERRUPTED));
            }
        };
        typed.map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => Failure::interrupted(Signal::Interrupt, INTERRUPTED),
            io::ErrorKind::UnexpectedEof => Failure::usage("no key was given; nothing was changed"),
            _ => Failure::local("the terminal could not be read", &error),
        })
    })
}

/// How the terminal was set.
struct Terminal {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Terminal {
    fn now() -> Terminal {
        Terminal {
            #[cfg(unix)]
            before: rustix::termios::tcgetattr(io::stdin()).ok(),
        }
    }

    fn restore(&self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, before);
        }
    }
}
