//! The spinner, for what takes longer than the eye.

use std::future::Future;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::printer::Look;

/// Before this nothing is shown.
const PATIENCE: Duration = Duration::from_millis(200);
const TICK: Duration = Duration::from_millis(100);

/// Waits, and says so on standard error if it is a terminal for people.
pub(crate) async fn waiting<T>(look: Look, words: &'static str, work: impl Future<Output = T>) -> T {
    if !look.lively {
        return work.await;
    }
    tokio::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = tokio::time::sleep(PATIENCE) => {}
    }
    let spinner = Spinner::start(words);
    let done = work.await;
    drop(spinner);
    done
}

/// A spinner that is wiped when dropped, also where an interrupt drops what it waits for.
struct Spinner(ProgressBar);

impl Spinner {
    fn start(words: &'static str) -> Spinner {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}") {
            bar.set_style(style);
        }
        bar.set_message(words);
        bar.enable_steady_tick(TICK);
        Spinner(bar)
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
