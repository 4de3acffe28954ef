//! What the server of fixed answers and the contenders have in common.
//!
//! The contenders of every language are programs of their own: `<program> <task> <contender> --url URL …`. Each prints
//! one JSON object, alone on a line, with what it measured of itself; `cargo xtask bench` starts them in turns and
//! compares.

pub mod answers;
