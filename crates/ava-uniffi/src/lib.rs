//! The native half of the Swift and the Kotlin package.
//!
//! What UniFFI generates of this is not the API: each package has a facade above it, which does what its language does
//! better (cancelling, sequences, typed errors, the application's closures). So names here suit both, and everything
//! that can be optional is.
//!
//! # How a call goes
//!
//! An operation gives a call object at once: `wait` it, asynchronously; then `take` what came of it, which can fail;
//! `cancel` it in between, from anywhere. Three steps rather than one `async` method, because
//!
//! - generated Swift doesn't tell Rust that a task was cancelled, so that something must be there to tell it to;
//! - a coroutine may be cancelled between the end of a call and the moment it runs again. A value that had been given
//!   to it by then would be lost (and its memory with it); one that was not taken is still here: a send is told of as
//!   cancelled, a message comes again.
//!
//! Work runs on the runtime that all bindings share; UniFFI only polls the task that stands for it.

#![allow(
    clippy::result_large_err,
    reason = "taken apart at once; behind a box, UniFFI's Swift overlooks that it can't be compared"
)]

pub mod attempt;
pub mod call;
pub mod client;
pub mod error;
pub mod foreign;
pub mod logging;
pub mod model;
pub mod options;
pub mod stream;
pub mod time;

uniffi::setup_scaffolding!("ava_imessage");

/// The version, which the packages' own must be.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// The next so many calls panic.
#[cfg(feature = "test-hooks")]
#[uniffi::export]
pub fn panic_in_next_calls(count: u32) {
    ava_bridge::hooks::panic_in_next_calls(count as usize);
}

/// The next so many clients panic while they are made.
#[cfg(feature = "test-hooks")]
#[uniffi::export]
pub fn panic_in_next_guards(count: u32) {
    ava_bridge::hooks::panic_in_next_guards(count as usize);
}
