//! Functions of the application: those that a call waits for, and those that are only told. JavaScript runs them, on
//! its own thread; here is only who is asked, and the wait for the answer.

use std::sync::Arc;

use ava_bridge::Hook;
use ava_bridge::core::{BoxError, BoxFuture, Checkpoint, CheckpointState, Timestamp, Token, TokenProvider};
use tokio::sync::oneshot;

use crate::error::Raised;
use crate::mailbox::{Item, Queue};
use crate::time;

/// Something that JavaScript keeps under a number for as long as this lives.
pub(crate) struct Kept {
    id: u32,
    queue: Arc<Queue>,
}

impl Kept {
    pub(crate) fn new(id: u32, queue: &Arc<Queue>) -> Kept {
        Kept { id, queue: Arc::clone(queue) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Has one of its functions told something, as JSON text.
    pub(crate) fn tell(&self, which: &'static str, what: String) {
        self.queue.put(Item::Tell(self.id, which, what));
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.queue.put(Item::Forget(self.id));
    }
}

/// Whose functions are asked and told: a client's, a listener's.
pub(crate) type Owner = Arc<Kept>;

/// A question to a function of the application.
pub(crate) struct Question {
    pub(crate) owner: Owner,
    pub(crate) which: &'static str,
    pub(crate) argument: Option<String>,
}

/// What such a function gave.
pub(crate) struct Answered {
    pub(crate) value: Option<String>,
    /// In milliseconds, of a token.
    pub(crate) expires_in: Option<f64>,
    pub(crate) expires_at: Option<f64>,
}

pub(crate) type Reply = Result<Answered, Raised>;

async fn ask(owner: &Owner, which: &'static str, argument: Option<String>) -> Result<Answered, BoxError> {
    let (answer, reply) = oneshot::channel();
    owner.queue.put(Item::Ask(Question { owner: Arc::clone(owner), which, argument }, answer));
    match reply.await {
        Ok(reply) => Ok(reply?),
        Err(_) => Err("the callback was abandoned: its event loop has ended".into()),
    }
}

/// The `tokenProvider` or the `checkpoint` of an owner.
pub(crate) struct Asked(pub(crate) Owner);

impl TokenProvider for Asked {
    fn token(&self) -> BoxFuture<'_, Result<Token, BoxError>> {
        Box::pin(async {
            let given = ask(&self.0, "tokenProvider", None).await?;
            let mut token = Token::new(given.value.unwrap_or_default());
            if let Some(life) = given.expires_in {
                token = token.expires_in(time::milliseconds(life));
            }
            if let Some(at) = given.expires_at {
                #[allow(clippy::cast_possible_truncation, reason = "a Date's milliseconds are whole")]
                let at = Timestamp::from_millisecond(at as i64)?;
                token = token.expires_at(at);
            }
            Ok(token)
        })
    }
}

impl Checkpoint for Asked {
    fn load(&self) -> BoxFuture<'_, Result<Option<CheckpointState>, BoxError>> {
        Box::pin(async {
            let given = ask(&self.0, "load", None).await?;
            given.value.map(|text| CheckpointState::from_json(&text)).transpose()
        })
    }

    fn save<'a>(&'a self, state: &'a CheckpointState) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async {
            ask(&self.0, "save", Some(state.to_json()?)).await?;
            Ok(())
        })
    }
}

/// A hook of an owner's: `item` makes of what it is told what JavaScript is.
pub(crate) fn hook<T: 'static>(
    owner: &Owner,
    which: &'static str,
    item: fn(u32, &'static str, T) -> Item,
) -> Hook<T> {
    let owner = Arc::clone(owner);
    Arc::new(move |what| owner.queue.put(item(owner.id, which, what)))
}
