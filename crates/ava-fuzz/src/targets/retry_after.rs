//! `Retry-After`. The input is its value, and after a line break that of `Date`.
//!
//! It is never negative, and no longer than 136 years; plain seconds are taken as they are.

use std::time::Duration;

use crate::canned::{self, Answer, Canned};

const LONGEST: u64 = u32::MAX as u64;

pub(crate) fn run(input: &[u8]) {
    let mut lines = input.splitn(2, |byte| *byte == b'\n');
    let (value, date) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let refused = Answer::new(429, b"").header("retry-after", value).header("date", date);
    let carried = refused.headers.contains_key("retry-after");
    let client = canned::client(Canned::new([refused]));
    let error = canned::run(async { client.poll().await }).expect_err("a 429 is a refusal");
    let wait = error.retry_after();
    if let Some(wait) = wait {
        assert!(carried && wait <= Duration::from_secs(LONGEST), "{wait:?}");
    }
    let plain = std::str::from_utf8(value).ok().map(str::trim);
    if let Some(plain) = plain.filter(|plain| plain.bytes().all(|byte| byte.is_ascii_digit()) && carried) {
        let seconds = plain.chars().fold(None, |sum: Option<u64>, digit| {
            Some(sum.unwrap_or(0).saturating_mul(10).saturating_add(u64::from(digit.to_digit(10)?)))
        });
        assert_eq!(wait, seconds.map(|seconds| Duration::from_secs(seconds.min(LONGEST))), "{plain:?}");
    }
}
