//! What ends the demo before its end.

use std::fmt::Display;

use ava_imessage::Error;

use crate::failure::Failure;

/// Nothing of the play may pass for a failure of the command itself: a send that failed in it is no real message, to
/// be settled or sent again.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nobody can see it.
    Unseen(Failure),
    /// Something did not hold.
    Broken(String),
}

impl Stop {
    pub(super) fn because(reason: impl Display) -> Stop {
        Stop::Broken(reason.to_string())
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Unseen(failure)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::because(error)
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Failure {
        match stop {
            Stop::Unseen(failure) => failure,
            Stop::Broken(reason) => Failure::internal(format!("the demo failed: {reason}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use ava_imessage::ErrorKind;

    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_send_that_fails_in_the_play_is_no_unknown_of_the_command() {
        let stop = Stop::from(Error::new(ErrorKind::DeliveryUnknown, "it may have gone out"));
        assert_eq!(Failure::from(stop).exit(), Exit::FAILURE);
        assert_eq!(Failure::from(Stop::from(Failure::closed_pipe())).exit(), Exit::OK);
    }
}
