//! An attempt as one word: base64url of its JSON, to be copied from one command line to the next.

use ava_imessage::Attempt;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::failure::{Failure, Result};

/// The one word.
pub(crate) fn encode(attempt: &Attempt) -> String {
    let json = serde_json::to_string(attempt).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(json)
}

/// Reads the one word, or the JSON text that other languages keep.
pub(crate) fn decode(written: &str) -> Result<Attempt> {
    let written: String = written.trim().into();
    let json = if written.starts_with('{') {
        written.into_bytes()
    } else {
        let word: String = written.split_whitespace().collect();
        URL_SAFE_NO_PAD.decode(word.trim_end_matches('=')).map_err(|_| malformed())?
    };
    serde_json::from_slice(&json).map_err(|_| malformed())
}

fn malformed() -> Failure {
    Failure::usage("that is no attempt, or not all of it")
        .next("Give the whole word that followed `ava settle`, or the attempt's JSON text.")
}
