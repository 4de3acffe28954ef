//! The exports of the C library. The input is a program: each byte a call, followed by what it takes.
//!
//! As a program that keeps the header's contract may, it gives NULL for anything, structs of older and of newer headers,
//! texts with or without their length, and frees each handle once, whenever it likes. Nothing crashes, an error comes
//! with a status and only with one, and every text that is given back ends with a NUL and is UTF-8.

mod handles;
mod input;
mod machine;

use std::sync::LazyLock;

use ava_sandbox::Sandbox;
use tokio::runtime::{Builder, Runtime};

use self::input::Input;
use self::machine::Machine;

const MOST_CALLS: usize = 64;

static SERVICE: LazyLock<(Runtime, Sandbox)> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let sandbox = runtime.block_on(Sandbox::start()).expect("a port of loopback");
    (runtime, sandbox)
});

pub(crate) fn run(input: &[u8]) {
    let (_, sandbox) = &*SERVICE;
    sandbox.reset();
    let mut input = Input::new(input);
    let mut machine = Machine::new(sandbox);
    for _ in 0..MOST_CALLS {
        if input.is_empty() {
            break;
        }
        machine.step(&mut input);
    }
}
