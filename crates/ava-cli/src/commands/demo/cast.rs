//! Who plays.

/// The other person, and her number, which nobody has.
pub(super) const PERSON: &str = "Maya";
pub(super) const PHONE: &str = "+15550100142";
