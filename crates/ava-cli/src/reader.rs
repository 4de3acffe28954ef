//! Whether anybody still reads standard output: `ava listen | head -1` should end when `head` does, not at the next
//! message.

use std::time::Duration;

const EVERY: Duration = Duration::from_millis(500);

/// Resolves once the other end of standard output's pipe is closed.
pub(crate) async fn gone() {
    loop {
        tokio::time::sleep(EVERY).await;
        if is_gone() {
            return;
        }
    }
}

#[cfg(unix)]
fn is_gone() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = std::io::stdout();
    let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut asked, Some(&now)).is_ok() && asked[0].revents().contains(PollFlags::ERR)
}

#[cfg(not(unix))]
fn is_gone() -> bool {
    false
}
