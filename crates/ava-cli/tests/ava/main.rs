//! The command as people and programs use it: the built binary, against a sandbox in this process.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod demo;
mod help;
#[cfg(unix)]
mod listening;
mod login;
mod output;
mod sending;
mod serving;
mod support;
#[cfg(unix)]
mod terminal;
