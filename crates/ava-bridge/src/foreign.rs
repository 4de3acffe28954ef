//! Functions of the application that a call waits for. They run on the blocking pool, never on the worker, so that
//! they may block and may use the client.
//!
//! What they fail with is kept as it is behind the call's error ([`source_of`](crate::source_of)). The call's
//! deadline covers them: it ends the wait, not the function, which no one can stop. A panic in one is the call's
//! `internal`.

use std::sync::Arc;
use std::time::Duration;

use ava_imessage::{BoxError, BoxFuture, Checkpoint, CheckpointState, Token, TokenProvider};
use tokio::sync::{Mutex, oneshot};

use crate::runtime::off_the_worker;

/// A provider of tokens that blocks; one that is asked elsewhere is a [`token_provider_elsewhere`]. One that is
/// asynchronous implements [`TokenProvider`] itself and is awaited on the worker, which it must not hold up.
pub fn token_provider(
    ask: impl Fn() -> Result<Token, BoxError> + Send + Sync + 'static,
) -> Arc<dyn TokenProvider> {
    let ask = Arc::new(ask);
    Arc::new(Asked(move || {
        let ask = Arc::clone(&ask);
        off_the_worker(move || ask())
    }))
}

/// A provider that is asked elsewhere, on a thread or an event loop of the language's: `begin` has that begin and
/// returns, and whoever is done says so. No thread waits here, so that providers that hang use none up.
pub fn token_provider_elsewhere(begin: impl Fn(Reply) + Send + Sync + 'static) -> Arc<dyn TokenProvider> {
    let begin = Arc::new(begin);
    Arc::new(Asked(move || {
        let begin = Arc::clone(&begin);
        async move {
            let (sender, outcome) = oneshot::channel();
            off_the_worker(move || begin(Reply(sender))).await;
            outcome.await.unwrap_or_else(|_| Err("nobody will ever give the token".into()))
        }
    }))
}

/// Where the outcome of a [`token_provider_elsewhere`] goes. Dropping it is a failure.
#[derive(Debug)]
pub struct Reply(oneshot::Sender<Result<Token, BoxError>>);

impl Reply {
    /// Gives the outcome. Whether anybody still waits for it makes no difference.
    pub fn give(self, outcome: Result<Token, BoxError>) {
        let _ = self.0.send(outcome);
    }
}

struct Asked<F>(F);

impl<F, Fut> TokenProvider for Asked<F>
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Token, BoxError>> + Send + 'static,
{
    fn token(&self) -> BoxFuture<'_, Result<Token, BoxError>> {
        Box::pin((self.0)())
    }
}

/// Keeps a listener's state as text: a file, a row, a key.
pub trait CheckpointStore: Send + Sync + 'static {
    /// The text saved last, or `None` if there never was one. It may block.
    ///
    /// # Errors
    /// Whatever the application fails with.
    fn load(&self) -> Result<Option<String>, BoxError>;

    /// Keeps a text in place of the last. It may block. Called one at a time, in order.
    ///
    /// # Errors
    /// Whatever the application fails with; the last text must still be there then.
    fn save(&self, state: String) -> Result<(), BoxError>;
}

/// A checkpoint of functions that block.
pub fn checkpoint(store: impl CheckpointStore) -> Arc<dyn Checkpoint> {
    Arc::new(Stored { store: Arc::new(store), turn: Arc::default() })
}

struct Stored<S> {
    store: Arc<S>,
    /// Held until the function returns, though nobody may be waiting for it any more: else a save that hung
    /// could overwrite a later one.
    turn: Arc<Mutex<()>>,
}

impl<S: CheckpointStore> Checkpoint for Stored<S> {
    fn load(&self) -> BoxFuture<'_, Result<Option<CheckpointState>, BoxError>> {
        Box::pin(async {
            let turn = Arc::clone(&self.turn).lock_owned().await;
            let store = Arc::clone(&self.store);
            let text = off_the_worker(move || {
                let _turn = turn;
                store.load()
            });
            text.await?.map(|text| CheckpointState::from_json(&text)).transpose()
        })
    }

    fn save<'a>(&'a self, state: &'a CheckpointState) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async {
            let text = state.to_json()?;
            let turn = Arc::clone(&self.turn).lock_owned().await;
            let store = Arc::clone(&self.store);
            off_the_worker(move || {
                let _turn = turn;
                store.save(text)
            })
            .await
        })
    }
}

/// A checkpoint whose functions are waited for by a deadline.
pub(crate) struct Timely {
    pub(crate) checkpoint: Arc<dyn Checkpoint>,
    pub(crate) within: Duration,
}

impl Timely {
    async fn wait<T>(&self, work: impl Future<Output = Result<T, BoxError>>) -> Result<T, BoxError> {
        match tokio::time::timeout(self.within, work).await {
            Ok(done) => done,
            Err(_) => Err(format!("no answer within {:?}", self.within).into()),
        }
    }
}

impl Checkpoint for Timely {
    fn load(&self) -> BoxFuture<'_, Result<Option<CheckpointState>, BoxError>> {
        Box::pin(self.wait(self.checkpoint.load()))
    }

    fn save<'a>(&'a self, state: &'a CheckpointState) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(self.wait(self.checkpoint.save(state)))
    }
}
