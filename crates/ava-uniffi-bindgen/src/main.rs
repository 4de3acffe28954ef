//! UniFFI's generator, of the very version that `ava-uniffi` is built with; any other refuses its library.

fn main() {
    uniffi::uniffi_bindgen_main();
}
