//! Panics on demand, for the library's own tests: not in the header, and not in a library that ships.

/// Has the next `count` calls panic inside the runtime.
#[unsafe(no_mangle)]
pub extern "C" fn ava_test_panic_in_next_calls(count: usize) {
    ava_bridge::hooks::panic_in_next_calls(count);
}

/// Has the next `count` exports that can fail panic.
#[unsafe(no_mangle)]
pub extern "C" fn ava_test_panic_in_next_exports(count: usize) {
    ava_bridge::hooks::panic_in_next_guards(count);
}
