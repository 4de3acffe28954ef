//! What was found, and what it means.

use ava_imessage::ErrorKind;
use serde::Serialize;

/// How good that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Ok,
    /// Good to know, or not to be told.
    Note,
    Problem,
}

impl Verdict {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Note => "note",
            Verdict::Problem => "problem",
        }
    }
}

/// A line of the table.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
    pub(super) finding: String,
    pub(super) meaning: String,
    /// Of a problem that has an exit status of its own.
    #[serde(skip)]
    pub(super) kind: Option<ErrorKind>,
}

impl Finding {
    pub(super) fn new(
        check: &'static str,
        verdict: Verdict,
        finding: impl Into<String>,
        meaning: impl Into<String>,
    ) -> Finding {
        Finding { check, verdict, finding: finding.into(), meaning: meaning.into(), kind: None }
    }

    pub(super) fn kind(mut self, kind: ErrorKind) -> Finding {
        self.kind = Some(kind);
        self
    }
}
