//! Keeps people's data and secrets out of lines that people read: error messages, logs, `Debug`.

use std::fmt;

const MASK: &str = "[…]";
const LINE_CHARS: usize = 300;
/// A text shorter than this is too common to be masked: "ok" stands in half of all error messages.
const SHORTEST_MASKED_TEXT: usize = 4;
/// A run of this many digits may be a phone number.
const LONGEST_PLAIN_DIGITS: usize = 5;

/// One line of at most 300 characters, with the secrets and long digit runs masked.
pub(crate) fn line(raw: &str, secrets: &[&str]) -> String {
    let mut text = raw.to_owned();
    for secret in secrets {
        mask(&mut text, secret);
    }
    let mut text = fold(&text);
    for secret in secrets {
        mask(&mut text, &fold(secret));
    }
    shorten(&mask_digits(&text))
}

fn mask(text: &mut String, secret: &str) {
    if secret.chars().count() >= SHORTEST_MASKED_TEXT && text.contains(secret) {
        *text = text.replace(secret, MASK);
    }
}

/// White space and control characters (also the invisible ones that reorder text) become single spaces.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let blank = c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if !blank {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn mask_digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_numeric()) {
        let run = &rest[start..];
        let end = run.find(|c: char| !c.is_numeric()).unwrap_or(run.len());
        out.push_str(&rest[..start]);
        if run[..end].chars().count() > LONGEST_PLAIN_DIGITS {
            out.push_str(MASK);
        } else {
            out.push_str(&run[..end]);
        }
        rest = &run[end..];
    }
    out.push_str(rest);
    out
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(LINE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A phone number in a log, or where a binding shows one: its last two digits.
pub struct Phone<'a>(pub &'a str);

impl fmt::Display for Phone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.0.char_indices().rev().nth(1).map_or(0, |(i, _)| i);
        if self.0.chars().count() > 4 { write!(f, "+…{}", &self.0[from..]) } else { f.write_str("+…") }
    }
}

impl fmt::Debug for Phone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A message text in a log, or where a binding shows one: how long it is.
pub struct Text<'a>(pub &'a str);

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} characters>", self.0.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_text_digits_and_lines() {
        assert_eq!(line("bad number +15550001111\n\tretry", &[]), "bad number +[…] retry");
        assert_eq!(line("cannot send 'Hello  you'", &["Hello  you"]), "cannot send '[…]'");
        assert_eq!(line("cannot send 'a b'", &["a\nb"]), "cannot send 'a b'");
        assert_eq!(line("said long\ntext here", &["long\ntext"]), "said […] here");
        assert_eq!(line("code 12345 ok", &["ok"]), "code 12345 ok");
        assert_eq!(line("\u{202e}abc\u{0}d", &[]), "abc d");
        assert_eq!(line(&"x".repeat(400), &[]).chars().count(), 301);
    }

    #[test]
    fn phones_show_two_digits() {
        assert_eq!(Phone("+15550001111").to_string(), "+…11");
        assert_eq!(Phone("+12").to_string(), "+…");
        assert_eq!(Phone("").to_string(), "+…");
    }
}
