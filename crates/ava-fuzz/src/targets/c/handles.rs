//! Handles and structs of options, as a C program has them.

#![allow(unsafe_code, reason = "it calls what is made for C")]

use std::ptr::null_mut;

use super::input::Input;

const MOST_HANDLES: usize = 8;

/// Makes a call of C's.
macro_rules! c {
    ($call:expr) => {
        // SAFETY: handles are null, or of a `Handles`, which frees each once and no sooner than it forgets it; texts and
        // structs are the caller's, live while the call is made, and as long as what is said of their length.
        unsafe { $call }
    };
}

/// Handles of a kind, freed with them.
pub(super) struct Handles<T>(Vec<*mut T>, unsafe extern "C" fn(*mut T));

impl<T> Handles<T> {
    /// None yet, and what frees one.
    pub(super) fn freed_by(free: unsafe extern "C" fn(*mut T)) -> Handles<T> {
        Handles(Vec::new(), free)
    }

    /// Keeps what a call gave, if it gave anything; the oldest goes when there are too many.
    pub(super) fn keep(&mut self, handle: *mut T) {
        if handle.is_null() {
            return;
        }
        if self.0.len() == MOST_HANDLES {
            let oldest = self.0.remove(0);
            c!((self.1)(oldest));
        }
        self.0.push(handle);
    }

    pub(super) fn any(&self, input: &mut Input<'_>) -> *mut T {
        input.index(self.0.len()).map_or(null_mut(), |at| self.0[at])
    }

    /// Frees one, or NULL.
    pub(super) fn free(&mut self, input: &mut Input<'_>) {
        let handle = input.index(self.0.len()).map_or(null_mut(), |at| self.0.remove(at));
        c!((self.1)(handle));
    }
}

impl<T> Drop for Handles<T> {
    fn drop(&mut self) {
        for handle in self.0.drain(..) {
            c!((self.1)(handle));
        }
    }
}

/// A struct of options as another version of the header has it: shorter, or longer and zero, or not.
pub(super) fn resized<T: Copy>(options: &T, input: &mut Input<'_>) -> Vec<u64> {
    let whole = size_of::<T>();
    let size = match input.byte() {
        0..=159 => whole,
        160..=199 => 8 + usize::from(input.byte()) % whole,
        200..=229 => whole + usize::from(input.byte()),
        _ => usize::from(input.byte()) % 8,
    };
    let mut words = vec![0_u64; whole.max(size).div_ceil(8)];
    // SAFETY: both hold `whole` bytes, and overlap nowhere; `words` is aligned for any struct of numbers and pointers.
    unsafe {
        std::ptr::copy_nonoverlapping((&raw const *options).cast::<u8>(), words.as_mut_ptr().cast(), whole)
    };
    if size > whole && input.one_in(4) {
        // An option that only a newer library knows.
        if let Some(last) = words.last_mut() {
            *last = u64::MAX;
        }
    }
    words[0] = size as u64;
    words
}

/// A struct of zeroes, which is all defaults.
pub(super) fn zeroed<T: Copy>() -> T {
    // SAFETY: as the header has it, every struct of options may be zeroes.
    unsafe { std::mem::zeroed() }
}

pub(super) use c;
