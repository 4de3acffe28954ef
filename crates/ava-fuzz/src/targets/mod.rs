//! The targets, a file each.

pub(crate) mod answers;
pub(crate) mod arguments;
pub(crate) mod attempts;
pub(crate) mod bulk;
pub(crate) mod c;
pub(crate) mod checkpoints;
pub(crate) mod errors;
pub(crate) mod phones;
pub(crate) mod retry_after;
pub(crate) mod sandbox;
pub(crate) mod urls;
