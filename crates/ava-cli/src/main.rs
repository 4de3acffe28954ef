//! The `ava` command. What it does is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    ava_cli::run()
}
