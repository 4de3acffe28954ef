//! The files of a bulk send, for fuzzing.

use std::path::Path;

use super::plan;
use super::results::Results;
use crate::failure::Failure;

/// A row that would be sent.
pub struct Message {
    /// To whom.
    pub phone: String,
    /// What.
    pub text: String,
    /// Whether what earlier runs did lets it go out.
    pub left: bool,
}

/// What would go out by a CSV file, a template and the file of earlier results.
pub(crate) fn messages(csv: &Path, template: Option<&str>, results: &Path) -> Result<Vec<Message>, Failure> {
    let plan = plan::read(csv, template)?;
    let past = Results::look(results, None, &plan.rows)?;
    let rows = plan.rows.into_iter();
    Ok(rows.map(|row| Message { left: past.may_send(&row), phone: row.phone, text: row.text }).collect())
}
