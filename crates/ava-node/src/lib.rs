//! The native half of the npm package `ava-imessage`.
//!
//! An operation is a `Call` of the one core client, started here under a number; what becomes of it goes back to
//! JavaScript through the mailbox, many outcomes at a time, as JSON text. What Node does better stays in TypeScript:
//! promises, error classes, signals, running the application's callbacks.

mod answer;
mod client;
mod error;
mod foreign;
mod logging;
mod mailbox;
mod model;
mod options;
mod time;

use napi_derive::napi;

/// The version, which the package's own must be.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The next so many calls panic.
#[cfg(feature = "test-hooks")]
#[napi]
pub fn panic_in_next_calls(count: u32) {
    ava_bridge::hooks::panic_in_next_calls(count as usize);
}

/// The next so many clients panic while they are made.
#[cfg(feature = "test-hooks")]
#[napi]
pub fn panic_in_next_guards(count: u32) {
    ava_bridge::hooks::panic_in_next_guards(count as usize);
}
