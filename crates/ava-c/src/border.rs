//! What crosses between C and Rust: pointers in, handles out, and no panic in either direction.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ava_bridge::{Error, ErrorKind, Result, guard};

use crate::error::ava_error;

/// How a call ended: `AVA_OK`, or the number of the kind of error. The header has its values.
pub type ava_status = u32;

/// It went well.
pub(crate) const OK: ava_status = 0;

/// As the length of a text: it ends with its first NUL.
pub(crate) const AVA_NUL_TERMINATED: usize = usize::MAX;

/// As the value of an option: zero, none, or no. (0 leaves the default.)
pub const AVA_NONE: i64 = -1;

/// As a length of time: for ever.
pub const AVA_FOREVER: i64 = i64::MAX;

pub(crate) fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

/// Runs the body of an export that can fail. The error goes to `error`, if that is there, and is written in this case
/// only.
pub(crate) fn run(error: *mut *mut ava_error, body: impl FnOnce() -> Result<()>) -> ava_status {
    let failure = match guard(body) {
        Ok(()) => return OK,
        Err(failure) => failure,
    };
    let status = u32::from(failure.kind().number());
    // SAFETY: null, or the caller vouches that a pointer may be written there.
    if let Some(place) = unsafe { error.as_mut() } {
        *place = into_handle(ava_error::new(&failure));
    }
    status
}

/// Runs the body of an export that can't fail. A panic gives `otherwise`.
pub(crate) fn quietly<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(otherwise)
}

/// A handle, given to C for good.
pub(crate) fn into_handle<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Frees a handle.
///
/// # Safety
/// It is null, or from [`into_handle`] and not freed yet.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: by this function's contract.
        quietly((), || drop(unsafe { Box::from_raw(handle) }));
    }
}

/// What an export that can't fail reads of a handle; `otherwise` if that is null.
///
/// # Safety
/// The handle is null, or valid for as long as the caller uses what it gets.
pub(crate) unsafe fn read<'a, T: 'a, R>(handle: *const T, otherwise: R, body: impl FnOnce(&'a T) -> R) -> R {
    // SAFETY: by this function's contract.
    match unsafe { handle.as_ref() } {
        Some(handle) => quietly(otherwise, || body(handle)),
        None => otherwise,
    }
}

/// An argument that must be there.
///
/// # Safety
/// It is null, or points to a valid value for as long as the caller of this uses it.
pub(crate) unsafe fn required<'a, T>(pointer: *const T, name: &str) -> Result<&'a T> {
    // SAFETY: by this function's contract.
    unsafe { pointer.as_ref() }.ok_or_else(|| invalid(format!("{name}: is NULL")))
}

/// Where an outcome will be written, checked before anything is done.
pub(crate) struct Out<T>(*mut *mut T);

impl<T> Out<T> {
    pub(crate) fn new(place: *mut *mut T, name: &str) -> Result<Out<T>> {
        if place.is_null() { Err(invalid(format!("{name}: is NULL"))) } else { Ok(Out(place)) }
    }

    pub(crate) fn write(&self, handle: *mut T) {
        // SAFETY: not null, and the caller of the export vouches that a pointer may be written there.
        unsafe { self.0.write(handle) }
    }

    pub(crate) fn give(&self, value: T) {
        self.write(into_handle(value));
    }
}

/// A text with its length, or `AVA_NUL_TERMINATED`.
///
/// # Safety
/// It is null, or so many bytes (up to a NUL) are valid for as long as the caller of this uses them.
pub(crate) unsafe fn text<'a>(start: *const c_char, length: usize, name: &str) -> Result<&'a str> {
    if start.is_null() {
        return Err(invalid(format!("{name}: is NULL")));
    }
    let bytes = if length == AVA_NUL_TERMINATED {
        // SAFETY: by this function's contract a NUL ends it.
        unsafe { CStr::from_ptr(start) }.to_bytes()
    } else if length > isize::MAX as usize {
        return Err(invalid(format!("{name}_len: is no length")));
    } else {
        // SAFETY: by this function's contract so many bytes are there.
        unsafe { std::slice::from_raw_parts(start.cast(), length) }
    };
    std::str::from_utf8(bytes).map_err(|_| invalid(format!("{name}: is not UTF-8")))
}

/// A string, which ends with a NUL.
///
/// # Safety
/// As [`text`]'s.
pub(crate) unsafe fn string<'a>(start: *const c_char, name: &str) -> Result<&'a str> {
    // SAFETY: by this function's contract.
    unsafe { text(start, AVA_NUL_TERMINATED, name) }
}

/// A string that need not be there.
///
/// # Safety
/// As [`text`]'s.
pub(crate) unsafe fn optional(start: *const c_char, name: &str) -> Result<Option<String>> {
    if start.is_null() {
        return Ok(None);
    }
    // SAFETY: by this function's contract.
    unsafe { string(start, name) }.map(|string| Some(string.to_owned()))
}

/// An array with its length.
///
/// # Safety
/// So many values are there, for as long as the caller of this uses them, if the length isn't 0.
pub(crate) unsafe fn list<'a, T>(start: *const T, length: usize, name: &str) -> Result<&'a [T]> {
    if length == 0 {
        return Ok(&[]);
    }
    if start.is_null() {
        return Err(invalid(format!("{name}: is NULL")));
    }
    if length > isize::MAX as usize / size_of::<T>().max(1) {
        return Err(invalid(format!("{name}_len: is no length")));
    }
    // SAFETY: by this function's contract, and its size fits.
    Ok(unsafe { std::slice::from_raw_parts(start, length) })
}

/// A struct of options, which begins with its size and for which zeroes are a value: the defaults.
///
/// # Safety
/// `repr(C)`, the first field is a `usize` by the name of `size`, and all bytes zero are a valid value.
pub(crate) unsafe trait Extensible: Copy {}

/// Options as the caller's version of the header has them. What it doesn't have is zero; what only a newer one has
/// must be.
///
/// # Safety
/// It is null, or points to a struct of the size that its first field says.
pub(crate) unsafe fn options<T: Extensible>(given: *const T, name: &str) -> Result<T> {
    // SAFETY: by this function's contract.
    let Some((known, size)) = (unsafe { known(given) }) else {
        return Err(invalid(format!("{name}.size: must be the sizeof of the struct")));
    };
    for at in size_of::<T>()..size {
        // SAFETY: below the size that the caller vouches for.
        if unsafe { given.cast::<u8>().add(at).read() } != 0 {
            return Err(invalid(format!("{name}: has an option that this library doesn't know")));
        }
    }
    Ok(known)
}

/// What this version knows of options, and their size; nothing if their size can't be one.
///
/// # Safety
/// As [`options`]'s.
pub(crate) unsafe fn known<T: Extensible>(given: *const T) -> Option<(T, usize)> {
    let mut ours = MaybeUninit::<T>::zeroed();
    let mut size = 0;
    if !given.is_null() {
        // SAFETY: by this function's contract, and `Extensible`'s.
        size = unsafe { given.cast::<usize>().read() };
        // No struct's size is other than a multiple of its alignment; one that is would cut a pointer in two.
        if size < size_of::<usize>() || size > 1 << 16 || size % align_of::<T>() != 0 {
            return None;
        }
        // SAFETY: no more than either has.
        unsafe { given.cast::<u8>().copy_to(ours.as_mut_ptr().cast(), size.min(size_of::<T>())) };
    }
    // SAFETY: zeroes are a value, and so is what the caller has written over them.
    Some((unsafe { ours.assume_init() }, size))
}
