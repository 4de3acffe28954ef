//! Texts that C reads: UTF-8 that a NUL follows, owned by the handle that gave them.

use std::ffi::c_char;
use std::sync::OnceLock;

/// A text for C.
pub(crate) struct Text(Box<[u8]>);

impl Text {
    pub(crate) fn new(text: impl Into<String>) -> Text {
        let mut text = text.into();
        text.push('\0');
        Text(text.into_boxed_str().into_boxed_bytes())
    }

    pub(crate) fn pointer(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }

    /// The pointer, and the length where it is wanted.
    ///
    /// # Safety
    /// `length` is null or may be written.
    pub(crate) unsafe fn give(&self, length: *mut usize) -> *const c_char {
        // SAFETY: by this function's contract.
        if let Some(length) = unsafe { length.as_mut() } {
            *length = self.0.len() - 1;
        }
        self.pointer()
    }
}

/// What a getter of a text gives whose handle may be null, or which has none: null, and a length of 0 where one is wanted.
///
/// # Safety
/// `length` is null or may be written.
pub(crate) unsafe fn none(length: *mut usize) -> *const c_char {
    // SAFETY: by this function's contract.
    if let Some(length) = unsafe { length.as_mut() } {
        *length = 0;
    }
    std::ptr::null()
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        let mut all = String::with_capacity(text.len() + 1);
        all.push_str(text);
        Text::new(all)
    }
}

/// A text that need not be there: null then.
pub(crate) fn pointer(text: Option<&Text>) -> *const c_char {
    text.map_or(std::ptr::null(), Text::pointer)
}

/// A value whose text is made when it is asked for.
pub(crate) struct Lazy<T> {
    value: T,
    text: OnceLock<Text>,
}

impl<T> Lazy<T> {
    pub(crate) fn new(value: T) -> Lazy<T> {
        Lazy { value, text: OnceLock::new() }
    }

    pub(crate) fn value(&self) -> &T {
        &self.value
    }

    pub(crate) fn text(&self, make: impl FnOnce(&T) -> String) -> &Text {
        self.text.get_or_init(|| Text::new(make(&self.value)))
    }
}

/// A moment, by the service's clock.
pub(crate) type Time = Lazy<ava_imessage::Timestamp>;

impl Time {
    pub(crate) fn rfc3339(&self) -> *const c_char {
        self.text(ToString::to_string).pointer()
    }

    pub(crate) fn milliseconds(&self) -> i64 {
        self.value().as_millisecond()
    }
}

/// Further members of the wire.
pub(crate) type Extra = Lazy<ava_imessage::Extra>;

impl Extra {
    pub(crate) fn json(&self) -> *const c_char {
        self.text(|extra| serde_json::to_string(extra).unwrap_or_else(|_| "{}".to_owned())).pointer()
    }
}
