//! Ctrl-C and SIGTERM: the runtime, and what ends it early.

use std::future::Future;
use std::io;

use tokio::runtime;

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// What asked for the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    pub(crate) fn exit(self) -> Exit {
        match self {
            Signal::Interrupt => Exit::INTERRUPTED,
            Signal::Terminate => Exit::TERMINATED,
        }
    }
}

/// Waits for signals. From its making on they no longer end the process by themselves.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    pub(crate) fn new() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    pub(crate) fn new() -> io::Result<Signals> {
        Ok(Signals {})
    }

    /// The next one. The future may be dropped at any time.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }

    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}

/// Runs what a command does over the network, on this thread. The signals are its own to watch.
pub(crate) fn run<T, F: Future<Output = Result<T>>>(work: impl FnOnce(Signals) -> F) -> Result<T> {
    let failed = |error| Failure::local("the runtime could not be started", &error);
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let done = runtime.block_on(async { work(Signals::new().map_err(failed)?).await });
    runtime.shutdown_background();
    done
}

/// As [`run`], for work that leaves nothing behind: a signal ends it where it stands.
pub(crate) fn run_until_interrupted<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    run(|mut signals| async move {
        tokio::select! {
            done = work => done,
            signal = signals.next() => Err(Failure::interrupted(signal, "interrupted")),
        }
    })
}
