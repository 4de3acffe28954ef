//! Who plays.

/// The other person, and her number, which nobody has.
pub(crate) const PERSON: &str = "Maya";
pub(crate) const PHONE: &str = "+15550100142";
