//! The C library of ava-imessage. What it promises stands at the top of `include/ava_imessage.h`, which is generated
//! from this crate by `cargo xtask gen`: a doc comment here is one there.
//!
//! Every export is `guard(|| { check; borrow; call; write })`. What is common to them lives in `border`: pointers that
//! come in, handles that go out, panics that end here.

#![allow(non_camel_case_types, reason = "the names are C's")]
#![allow(unsafe_code, reason = "pointers of C's; every block says who vouches for it")]
#![allow(clippy::missing_safety_doc, reason = "the header's first comment is the contract of all of them")]

pub mod attempt;
pub mod border;
pub mod call;
pub mod cancel;
pub mod client;
pub mod error;
pub mod foreign;
pub mod generated;
#[cfg(feature = "test-hooks")]
pub mod hooks;
pub mod library;
pub mod listener;
pub mod log;
pub mod message;
pub mod messages;
pub mod options;
pub mod page;
pub mod sent;
mod text;
