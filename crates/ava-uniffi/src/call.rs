//! Calls under way: one kind of object for each kind of value.

use std::sync::{Arc, Mutex, PoisonError};

use ava_bridge::core::{
    GeneratedMessage as CoreGenerated, Message as CoreMessage, MessagePage as CorePage, PollPage as CorePoll,
    Receipt, SentMessage as CoreSent,
};
use ava_bridge::{Call, Cancel, Error, ErrorKind, Handed, Listener as CoreListener, Result, guard};

use crate::error::CoreError;
use crate::model::{GeneratedMessage, Message, MessagePage, PollPage, SentMessage};
use crate::stream::Listener;

/// A call in one of its states.
struct Pending<T> {
    state: Mutex<State<T>>,
    cancel: Cancel,
}

enum State<T> {
    Ready(Call<T>),
    Running,
    Ended(Result<T>),
    Taken,
}

impl<T: Send + 'static> Pending<T> {
    fn new(call: Call<T>) -> Pending<T> {
        let cancel = Cancel::new();
        let call = call.cancelled_by(Some(&cancel));
        Pending { state: Mutex::new(State::Ready(call)), cancel }
    }

    fn exchange(&self, next: State<T>) -> State<T> {
        std::mem::replace(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner), next)
    }

    /// If it is dropped, so is the task, and with it the request.
    async fn wait(&self) {
        match self.exchange(State::Running) {
            State::Ready(call) => {
                let outcome = call.start().await;
                self.exchange(State::Ended(outcome));
            }
            // Somebody waits already, or it is over: nothing to wait for here.
            other => drop(self.exchange(other)),
        }
    }

    fn take(&self) -> Result<T> {
        match self.exchange(State::Taken) {
            State::Ended(outcome) => outcome,
            other => {
                drop(self.exchange(other));
                Err(Error::new(ErrorKind::Internal, "a call was taken that has not ended, or twice"))
            }
        }
    }
}

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident($raw:ty) gives $value:ty, by $take:expr;)*) => {$(
        $(#[$doc])*
        #[derive(uniffi::Object)]
        pub struct $name(Pending<$raw>);

        #[uniffi::export]
        impl $name {
            /// Ends when the call has, however. To be called once.
            pub async fn wait(&self) {
                self.0.wait().await;
            }

            /// Has the call end at once, with `cancelled`, if it hasn't ended.
            pub fn cancel(&self) {
                self.0.cancel.cancel();
            }

            /// What came of it, after `wait`, and once: the application certainly has it now.
            pub fn take(&self) -> std::result::Result<$value, CoreError> {
                let take: fn($raw) -> Result<$value> = $take;
                guard(|| self.0.take().and_then(take)).map_err(|error| CoreError::of(&error))
            }
        }

        impl From<Call<$raw>> for $name {
            fn from(call: Call<$raw>) -> $name {
                $name(Pending::new(call))
            }
        }
    )*};
}

calls! {
    /// A send.
    SendCall(Receipt) gives SentMessage, by |receipt| receipt.take().map(Into::into);
    /// A send being settled.
    SettleCall(CoreSent) gives SentMessage, by |sent| Ok(sent.into());
    /// A page of a conversation.
    PageCall(CorePage) gives MessagePage, by |page| Ok(page.into());
    /// A poll.
    PollCall(CorePoll) gives PollPage, by |page| Ok(page.into());
    /// A reply being written.
    GenerateCall(CoreGenerated) gives GeneratedMessage, by |message| Ok(message.into());
    /// A listener being opened.
    ListenCall(CoreListener) gives Arc<Listener>, by |listener| Ok(Arc::new(Listener(listener)));
    /// The next message of a stream; nothing at its end.
    NextCall(Option<Handed>) gives Option<Message>, by |handed| Ok(taken(handed).map(Into::into));
    /// Something that gives no value.
    DoneCall(()) gives (), by Ok;
}

fn taken(handed: Option<Handed>) -> Option<CoreMessage> {
    handed.and_then(Handed::take)
}
