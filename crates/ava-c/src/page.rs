//! Pages: of a history, and of what a poll brings.

use std::ffi::c_char;

use ava_bridge::core::{MessagePage, PollPage, SkippedRow};

use crate::border::{free, read};
use crate::message::ava_message;
use crate::text::{Extra, Lazy, Text};

/// A row that couldn't be read, and that cost nobody else anything. Its strings live as long as what gave it.
#[repr(C)]
pub struct ava_skipped_row {
    /// The row's place in the answer, from 0.
    pub index: usize,
    /// What is wrong with it, without anybody's data.
    pub reason: *const c_char,
    /// The row as it came, JSON text. It may hold people's data.
    pub raw: *const c_char,
}

/// A skipped row with what its pointers point to.
pub(crate) struct Skipped {
    row: ava_skipped_row,
    _reason: Text,
    _raw: Text,
}

// SAFETY: its pointers point into its own texts, which nobody changes.
unsafe impl Send for Skipped {}
// SAFETY: as above.
unsafe impl Sync for Skipped {}

impl From<SkippedRow> for Skipped {
    fn from(row: SkippedRow) -> Skipped {
        let (reason, raw) = (Text::new(row.reason), Text::new(row.raw));
        let row = ava_skipped_row { index: row.index, reason: reason.pointer(), raw: raw.pointer() };
        Skipped { row, _reason: reason, _raw: raw }
    }
}

impl Skipped {
    pub(crate) fn row(&self) -> *const ava_skipped_row {
        &raw const self.row
    }
}

/// What pages have in common.
struct Rows {
    messages: Vec<ava_message>,
    skipped: Vec<Skipped>,
    extra: Extra,
}

impl Rows {
    fn message(&self, at: usize) -> *const ava_message {
        self.messages.get(at).map_or(std::ptr::null(), |it| it as *const _)
    }

    fn skipped(&self, at: usize) -> *const ava_skipped_row {
        self.skipped.get(at).map_or(std::ptr::null(), Skipped::row)
    }
}

/// A page of a conversation (*Get Messages*). Immutable; its messages and strings live as long as it does.
///
/// Own it: free it with ava_message_page_free().
pub struct ava_message_page {
    rows: Rows,
    total: u64,
    limit: u64,
    offset: u64,
}

impl From<MessagePage> for ava_message_page {
    fn from(page: MessagePage) -> ava_message_page {
        let MessagePage { messages, total, limit, offset, skipped, extra, .. } = page;
        let skipped = skipped.into_iter().map(Skipped::from).collect();
        let rows = Rows { messages: ava_message::all(messages), skipped, extra: Lazy::new(extra) };
        ava_message_page { rows, total, limit, offset }
    }
}

/// Frees a page, its messages included. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_page_free(page: *mut ava_message_page) {
    // SAFETY: the caller vouches that it is NULL or a handle not freed yet.
    unsafe { free(page) }
}

/// How many messages the page has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_page_len(page: *const ava_message_page) -> usize {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, 0, |it| it.rows.messages.len()) }
}

/// One of its messages, from 0; NULL past the end. Borrowed: it lives as long as the page; ava_message_clone() keeps it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_page_message(
    page: *const ava_message_page,
    index: usize,
) -> *const ava_message {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, std::ptr::null(), |it| it.rows.message(index)) }
}

/// How many messages the conversation has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_page_total(page: *const ava_message_page) -> u64 {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, 0, |it| it.total) }
}

/// How many were asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_page_limit(page: *const ava_message_page) -> u64 {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, 0, |it| it.limit) }
}

/// How many were passed over.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_page_offset(page: *const ava_message_page) -> u64 {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, 0, |it| it.offset) }
}

/// How many rows couldn't be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_page_skipped_len(page: *const ava_message_page) -> usize {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, 0, |it| it.rows.skipped.len()) }
}

/// One of the rows that couldn't be read, from 0; NULL past the end. Borrowed from the page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_page_skipped(
    page: *const ava_message_page,
    index: usize,
) -> *const ava_skipped_row {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, std::ptr::null(), |it| it.rows.skipped(index)) }
}

/// Further members of the wire, as the text of a JSON object: "{}" if there are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_page_extra(page: *const ava_message_page) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, std::ptr::null(), |it| it.rows.extra.json()) }
}

/// What one poll has brought (*Receive Messages*). Immutable; its messages and strings live as long as it does.
///
/// Own it: free it with ava_poll_page_free().
pub struct ava_poll_page {
    rows: Rows,
    count: u64,
    has_more: bool,
}

impl From<PollPage> for ava_poll_page {
    fn from(page: PollPage) -> ava_poll_page {
        let PollPage { messages, count, has_more, skipped, extra, .. } = page;
        let skipped = skipped.into_iter().map(Skipped::from).collect();
        let rows = Rows { messages: ava_message::all(messages), skipped, extra: Lazy::new(extra) };
        ava_poll_page { rows, count, has_more }
    }
}

/// Frees a page, its messages included. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_poll_page_free(page: *mut ava_poll_page) {
    // SAFETY: the caller vouches that it is NULL or a handle not freed yet.
    unsafe { free(page) }
}

/// How many messages the page has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_poll_page_len(page: *const ava_poll_page) -> usize {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, 0, |it| it.rows.messages.len()) }
}

/// One of its messages, from 0; NULL past the end. Borrowed: it lives as long as the page; ava_message_clone() keeps it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_poll_page_message(
    page: *const ava_poll_page,
    index: usize,
) -> *const ava_message {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, std::ptr::null(), |it| it.rows.message(index)) }
}

/// How many messages the service says it gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_poll_page_count(page: *const ava_poll_page) -> u64 {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, 0, |it| it.count) }
}

/// Whether the service has more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_poll_page_has_more(page: *const ava_poll_page) -> bool {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, false, |it| it.has_more) }
}

/// How many rows couldn't be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_poll_page_skipped_len(page: *const ava_poll_page) -> usize {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, 0, |it| it.rows.skipped.len()) }
}

/// One of the rows that couldn't be read, from 0; NULL past the end. Borrowed from the page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_poll_page_skipped(
    page: *const ava_poll_page,
    index: usize,
) -> *const ava_skipped_row {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, std::ptr::null(), |it| it.rows.skipped(index)) }
}

/// Further members of the wire, as the text of a JSON object: "{}" if there are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_poll_page_extra(page: *const ava_poll_page) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(page, std::ptr::null(), |it| it.rows.extra.json()) }
}
