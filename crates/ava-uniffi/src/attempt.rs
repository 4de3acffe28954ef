//! Sends that may or may not have happened.

use std::sync::Arc;

use ava_bridge::core::Attempt as CoreAttempt;
use ava_bridge::{attempt_from_text, attempt_to_text, guard};

use crate::error::CoreError;

/// What `settle` needs.
#[derive(uniffi::Object)]
pub struct Attempt(pub(crate) CoreAttempt);

#[uniffi::export]
impl Attempt {
    /// What `to_text` wrote.
    #[uniffi::constructor]
    pub fn from_text(text: String) -> Result<Arc<Attempt>, CoreError> {
        let read = guard(|| attempt_from_text(&text));
        read.map(|attempt| Arc::new(Attempt(attempt))).map_err(|error| CoreError::of(&error))
    }

    /// As JSON text, to be kept over a restart. It holds phone and message.
    pub fn to_text(&self) -> Result<String, CoreError> {
        guard(|| attempt_to_text(&self.0)).map_err(|error| CoreError::of(&error))
    }

    /// To whom.
    pub fn phone(&self) -> String {
        self.0.phone().to_owned()
    }

    /// What.
    pub fn text(&self) -> String {
        self.0.text().to_owned()
    }

    /// Whether another process can settle it.
    pub fn is_portable(&self) -> bool {
        self.0.is_portable()
    }
}
