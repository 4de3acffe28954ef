//! A listener's checkpoint file: held by one listener at a time, and what to do when it can't be used.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use ava_imessage::{Error, ErrorKind};

use crate::failure::{Failure, Result};

/// The checkpoint is held for as long as this is. The lock is on a file beside it, since the checkpoint itself is
/// replaced at every save; the system takes it back from a process that ended, however it did.
pub(crate) struct Held {
    _lock: File,
}

/// Holds it, or says who does.
pub(crate) fn hold(checkpoint: &Path) -> Result<Held> {
    let path = beside(checkpoint);
    let failed = |error: io::Error| Failure::local(format!("{} could not be used", path.display()), &error);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(&path).map_err(|error| failed(error).next(MEND))?;
    match lock.try_lock() {
        Ok(()) => Ok(Held { _lock: lock }),
        Err(TryLockError::WouldBlock) => {
            let words = format!("another listen is using the checkpoint {}", checkpoint.display());
            Err(Failure::usage(words).next(
                "Wait until it ends, or give this one a --checkpoint of its own: with one file for both, messages \
                 would come twice or get lost.",
            ))
        }
        // Some network file systems have no locks.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
            Ok(Held { _lock: lock })
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn beside(checkpoint: &Path) -> PathBuf {
    let mut name = checkpoint.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

const MEND: &str = "Mend the file or its folder, and listen again: what was not acknowledged comes again.";

/// The failure of a listen that has this checkpoint. The client doesn't know the file by name.
pub(crate) fn failure(error: Error, checkpoint: Option<&Path>) -> Failure {
    let kind = error.kind();
    let unreadable = std::error::Error::source(&error).is_some_and(|source| !source.is::<io::Error>());
    let failure = Failure::from(error);
    let Some(path) = checkpoint else { return failure };
    let next = match kind {
        ErrorKind::Configuration => {
            "A checkpoint is for one address and one --phone: take the ones that it was made with, or another FILE."
        }
        ErrorKind::Storage if unreadable => {
            "Give another --checkpoint FILE, or put this one away: listening then begins anew."
        }
        ErrorKind::Storage => MEND,
        _ => return failure,
    };
    failure.about(&path.display().to_string()).next(next)
}
