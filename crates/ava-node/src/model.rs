//! What the API speaks of, as JSON lists that TypeScript makes frozen objects of. `models.ts` reads them.
//!
//! Names would be most of the text, so that there are none, and messages are one after the other in one list. The text
//! is ASCII: one letter beyond Latin-1 would have V8 keep, and parse, all of it in two bytes a letter.

use std::io;

use ava_bridge::core::{
    Direction, Extra, Gap, GeneratedMessage, Message, MessagePage, PollPage, SentMessage, SkippedRow, Status,
};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

/// A value of the core as a list of its members.
pub(crate) struct Row<'a, T>(pub(crate) &'a T);

macro_rules! row {
    ($type:ty, |$value:ident| $members:expr) => {
        impl Serialize for Row<'_, $type> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $value = self.0;
                $members.serialize(serializer)
            }
        }
    };
}

row!(Message, |it| Messages(std::slice::from_ref(it)));
row!(SentMessage, |it| (
    &it.message_id,
    it.timestamp.as_millisecond(),
    &it.timestamp,
    it.confirmation.as_str(),
    given(&it.extra)
));
row!(GeneratedMessage, |it| (
    &it.text,
    &it.message_id,
    it.sent,
    it.timestamp.as_millisecond(),
    &it.timestamp,
    given(&it.extra)
));
row!(SkippedRow, |it| (it.index, &it.reason, &it.raw));
row!(Gap, |it| (it.from.as_millisecond(), it.to.as_millisecond()));
row!(MessagePage, |it| (
    Messages(&it.messages),
    it.total,
    it.limit,
    it.offset,
    Rows(&it.skipped),
    given(&it.extra)
));
row!(PollPage, |it| (Messages(&it.messages), it.count, it.has_more, Rows(&it.skipped), given(&it.extra)));

fn given(extra: &Extra) -> Option<&Extra> {
    Some(extra).filter(|extra| !extra.is_empty())
}

struct Rows<'a, T>(&'a [T]);

impl<T> Serialize for Rows<'_, T>
where
    for<'a> Row<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Row))
    }
}

/// The members of all of them in one list, eight for each.
pub(crate) struct Messages<'a>(pub(crate) &'a [Message]);

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut last: Option<&str> = None;
        for it in self.0 {
            list.serialize_element(&it.id)?;
            // The last one's, mostly.
            list.serialize_element(&Some(&it.phone).filter(|phone| last != Some(phone.as_str())))?;
            last = Some(&it.phone);
            list.serialize_element(&it.text)?;
            list.serialize_element(&Word::of_direction(&it.direction))?;
            list.serialize_element(&it.timestamp.as_millisecond())?;
            list.serialize_element(&it.timestamp)?;
            list.serialize_element(&Word::of_status(&it.status))?;
            list.serialize_element(&given(&it.extra))?;
        }
        list.end()
    }
}

/// A word that there is a number for, or another.
#[derive(Serialize)]
#[serde(untagged)]
enum Word<'a> {
    Known(u8),
    Other(&'a str),
}

impl Word<'_> {
    /// The place in `DIRECTIONS` of `models.ts`.
    fn of_direction(direction: &Direction) -> Word<'_> {
        match direction {
            Direction::Inbound => Word::Known(0),
            Direction::Outbound => Word::Known(1),
            other => Word::Other(other.as_str()),
        }
    }

    /// The place in `STATUSES` of `models.ts`.
    fn of_status(status: &Status) -> Word<'_> {
        match status {
            Status::Queued => Word::Known(0),
            Status::Sent => Word::Known(1),
            Status::Delivered => Word::Known(2),
            Status::Failed => Word::Known(3),
            Status::Received => Word::Known(4),
            other => Word::Other(other.as_str()),
        }
    }
}

/// As JSON text of ASCII. Serialising what the core gives doesn't fail; if it did, `null` would be told of as a bug.
pub(crate) fn json(value: &impl Serialize) -> String {
    let mut text = Vec::with_capacity(128);
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Ascii);
    let written = value.serialize(&mut serializer).ok().and_then(|()| String::from_utf8(text).ok());
    written.unwrap_or_else(|| "null".to_owned())
}

/// Compact, with escapes for everything beyond ASCII, which stands in texts only.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if fragment.is_ascii() {
            return writer.write_all(fragment.as_bytes());
        }
        for char in fragment.chars() {
            if char.is_ascii() {
                writer.write_all(&[char as u8])?;
            } else {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }

    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.write_string_fragment(writer, fragment)
    }
}
