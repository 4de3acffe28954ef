//! Functions of the application that a call waits for, and those that are only told.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ava_bridge::core::{
    BoxError, BoxFuture, Checkpoint, CheckpointState, Gap as CoreGap, SkippedRow as CoreRow,
    Token as CoreToken, TokenProvider as CoreProvider,
};
use ava_bridge::{ErrorView, Hook};
use tokio::sync::Mutex;

use crate::attempt::Attempt;
use crate::error::CoreError;
use crate::model::{Gap, SkippedRow};
use crate::time::{Moment, timestamp};

/// What a function of the application threw. It comes back as the very object, as the cause of the call's error.
#[uniffi::export(with_foreign)]
pub trait Thrown: Send + Sync + fmt::Debug {
    /// What is told of it in words; those of its own may hold anything.
    fn class_name(&self) -> String;
}

/// How such a function fails.
#[derive(uniffi::Error)]
pub enum CallbackError {
    /// It threw.
    Thrown {
        /// This.
        thrown: Arc<dyn Thrown>,
    },
    /// The binding itself failed.
    Unexpected {
        /// In its words.
        reason: String,
    },
}

impl CallbackError {
    /// What the application's function threw, if it did.
    pub(crate) fn thrown(&self) -> Option<Arc<dyn Thrown>> {
        match self {
            CallbackError::Thrown { thrown } => Some(Arc::clone(thrown)),
            CallbackError::Unexpected { .. } => None,
        }
    }
}

impl From<uniffi::UnexpectedUniFFICallbackError> for CallbackError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> CallbackError {
        CallbackError::Unexpected { reason: error.reason }
    }
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallbackError::Thrown { thrown } => f.write_str(&thrown.class_name()),
            CallbackError::Unexpected { .. } => f.write_str("the callback could not be called"),
        }
    }
}

impl fmt::Debug for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for CallbackError {}

/// A token, as a provider gives it. The way it came has copies of it that are not wiped.
#[derive(uniffi::Record)]
pub struct Token {
    /// The token itself.
    pub secret: String,
    /// For how long it is valid from now on. What is negative is over.
    pub expires_in_ms: Option<i64>,
    /// Until when it is valid, by this machine's clock.
    pub expires_at: Option<Moment>,
}

/// Gives tokens.
#[uniffi::export(with_foreign)]
#[async_trait::async_trait]
pub trait TokenProvider: Send + Sync {
    /// Gets one. It is cancelled when nobody waits any more.
    async fn token(&self) -> Result<Token, CallbackError>;
}

/// A provider as the core knows it.
pub(crate) struct Provided(pub(crate) Arc<dyn TokenProvider>);

impl CoreProvider for Provided {
    fn token(&self) -> BoxFuture<'_, Result<CoreToken, BoxError>> {
        Box::pin(async {
            let given = self.0.token().await?;
            let mut token = CoreToken::new(given.secret);
            if let Some(life) = given.expires_in_ms {
                token = token.expires_in(Duration::from_millis(u64::try_from(life).unwrap_or_default()));
            }
            if let Some(at) = given.expires_at {
                token = token.expires_at(timestamp(at).map_err(|()| "the token's expiry is no time")?);
            }
            Ok(token)
        })
    }
}

/// Keeps a listener's state as text.
#[uniffi::export(with_foreign)]
#[async_trait::async_trait]
pub trait CheckpointStore: Send + Sync {
    /// The text saved last, or nothing.
    async fn load(&self) -> Result<Option<String>, CallbackError>;

    /// Keeps a text in place of the last.
    async fn save(&self, state: String) -> Result<(), CallbackError>;
}

/// A store as the core knows it.
pub(crate) struct Stored {
    store: Arc<dyn CheckpointStore>,
    /// Held until the function returns, though nobody may be waiting for it any more: else a save that hung could
    /// overwrite a later one.
    turn: Arc<Mutex<()>>,
}

impl Stored {
    pub(crate) fn new(store: Arc<dyn CheckpointStore>) -> Stored {
        Stored { store, turn: Arc::default() }
    }

    /// Runs to its end, whoever still waits.
    async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl FnOnce(Arc<dyn CheckpointStore>) -> BoxFuture<'static, Result<T, CallbackError>> + Send,
    ) -> Result<T, BoxError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let work = work(Arc::clone(&self.store));
        let running = ava_bridge::handle()?.spawn(async move {
            let _turn = turn;
            work.await
        });
        Ok(running.await??)
    }
}

impl Checkpoint for Stored {
    fn load(&self) -> BoxFuture<'_, Result<Option<CheckpointState>, BoxError>> {
        Box::pin(async {
            let text = self.to_the_end(|store| Box::pin(async move { store.load().await })).await?;
            text.map(|text| CheckpointState::from_json(&text)).transpose()
        })
    }

    fn save<'a>(&'a self, state: &'a CheckpointState) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async {
            let text = state.to_json()?;
            self.to_the_end(|store| Box::pin(async move { store.save(text).await })).await
        })
    }
}

/// What a client tells. Called one at a time, on a thread of the library's, which nobody waits for.
#[uniffi::export(with_foreign)]
pub trait ClientHooks: Send + Sync {
    /// A send was cancelled in flight.
    fn on_unknown(&self, attempt: Arc<Attempt>);
}

/// What a listener tells, as a client's hooks are.
#[uniffi::export(with_foreign)]
pub trait ListenHooks: Send + Sync {
    /// Messages of this stretch of time may have been missed.
    fn on_gap(&self, gap: Gap);

    /// A row can't be read.
    fn on_skipped(&self, row: SkippedRow);

    /// A poll failed, and will be tried again.
    fn on_retry(&self, error: CoreError);
}

/// One of a foreign object's functions, as the bridge wants hooks.
pub(crate) fn hook<H: ?Sized + Send + Sync + 'static, T: 'static>(
    hooks: &Arc<H>,
    tell: fn(&H, T),
) -> Hook<T> {
    let hooks = Arc::clone(hooks);
    Arc::new(move |what| tell(&hooks, what))
}

pub(crate) fn on_gap(hooks: &dyn ListenHooks, gap: CoreGap) {
    hooks.on_gap(Gap { from: gap.from.into(), to: gap.to.into() });
}

pub(crate) fn on_skipped(hooks: &dyn ListenHooks, row: CoreRow) {
    hooks.on_skipped(row.into());
}

pub(crate) fn on_retry(hooks: &dyn ListenHooks, error: ErrorView) {
    let thrown = error.source_of::<CallbackError>().and_then(CallbackError::thrown);
    hooks.on_retry(CoreError::of_view(error, thrown));
}
