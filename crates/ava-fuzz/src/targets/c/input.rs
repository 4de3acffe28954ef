//! The input as what a program reads from it: numbers, texts, and choices.

use std::ffi::c_char;

/// What is left of it. Read past its end, it is zeroes.
pub(super) struct Input<'a>(&'a [u8]);

/// A text in a buffer of its own, that ends with a NUL; or none.
pub(super) struct Text {
    bytes: Vec<u8>,
    null: bool,
    /// What is said of its length.
    length: usize,
}

impl Text {
    pub(super) fn start(&self) -> *const c_char {
        if self.null { std::ptr::null() } else { self.bytes.as_ptr().cast() }
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }
}

impl<'a> Input<'a> {
    pub(super) fn new(input: &'a [u8]) -> Input<'a> {
        Input(input)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(super) fn one_in(&mut self, chances: u8) -> bool {
        self.byte() % chances == 1
    }

    /// Small and large, positive and negative ones.
    pub(super) fn number(&mut self) -> i64 {
        match self.byte() {
            small @ 0..=200 => i64::from(small),
            201..=210 => -1,
            211..=220 => i64::MAX,
            221..=230 => i64::MIN,
            _ => i64::from_le_bytes(std::array::from_fn(|_| self.byte())),
        }
    }

    /// A text of the input's, or one that makes sense, or NULL.
    pub(super) fn text(&mut self, sensible: &str) -> Text {
        let (bytes, null) = match self.byte() {
            0..=99 => (sensible.as_bytes().to_vec(), false),
            100..=119 => (Vec::new(), true),
            _ => {
                let length = usize::from(self.byte()).min(self.0.len());
                let (text, rest) = self.0.split_at(length);
                self.0 = rest;
                (text.to_vec(), false)
            }
        };
        self.measured(bytes, null)
    }

    fn measured(&mut self, mut bytes: Vec<u8>, null: bool) -> Text {
        let whole = bytes.len();
        bytes.push(0);
        let length = match self.byte() {
            0..=99 => usize::MAX,
            100..=199 => whole,
            // More than any text can have, which is refused before it is read.
            200..=209 => usize::MAX - 1,
            210..=219 => isize::MAX as usize + 1,
            other => usize::from(other) % (whole + 1),
        };
        Text { bytes, null, length }
    }

    /// One of so many, or none.
    pub(super) fn index(&mut self, count: usize) -> Option<usize> {
        let byte = self.byte();
        if count == 0 || byte % 16 == 15 { None } else { Some(usize::from(byte) % count) }
    }
}
