//! The C library: its header, its builds, its checks.

pub(crate) mod header;
