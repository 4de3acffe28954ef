//! JSON for programs: one compact object a line, in which nothing is left raw that a terminal would obey.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::text;

/// The value as one line, without the line break.
pub(crate) fn line(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, Escaped));
    debug_assert!(written.is_ok(), "a value that JSON can't hold");
    String::from_utf8(bytes).unwrap_or_default()
}

/// Compact, with the characters escaped that are not seen: JSON itself only asks for those below U+0020.
struct Escaped;

impl Formatter for Escaped {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = 0;
        for (at, c) in fragment.char_indices().filter(|&(_, c)| c == '\x7f' || text::is_unseen(c)) {
            writer.write_all(&fragment.as_bytes()[plain..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + c.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }

    /// `extra` holds the server's own JSON text.
    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // Outside of strings JSON has none of these characters, so that escaping them everywhere is right; and
        // a line break can only stand outside of them.
        let one_line = fragment.replace(['\n', '\r'], " ");
        self.write_string_fragment(writer, &one_line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unseen_characters_are_escaped_and_come_back() {
        let text = "a\u{1b}[2J\u{9b}b\u{202e}c\u{7f}\u{e0041}ü";
        let written = line(&text);
        assert_eq!(written, r#""a\u001b[2J\u009bb\u202ec\u007f\udb40\udc41ü""#);
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }

    #[test]
    fn raw_json_stays_on_its_line() {
        let raw = serde_json::value::RawValue::from_string("{\n \"a\": \"\u{202e}\"}".to_owned()).unwrap();
        assert_eq!(line(&raw), "{  \"a\": \"\\u202e\"}");
    }
}
