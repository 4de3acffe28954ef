//! What the API speaks of, as JSON lists that TypeScript makes frozen objects of: names would be most of the text.

use ava_bridge::core::{Gap, GeneratedMessage, Message, MessagePage, PollPage, SentMessage, SkippedRow};
use serde::{Serialize, Serializer};

/// A value of the core as a list of its members. `models.ts` reads them in this order.
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

row!(Message, |it| (
    &it.id,
    &it.phone,
    &it.text,
    &it.direction,
    it.timestamp.as_millisecond(),
    &it.timestamp,
    &it.status,
    &it.extra
));
row!(SentMessage, |it| (
    &it.message_id,
    it.timestamp.as_millisecond(),
    &it.timestamp,
    it.confirmation.as_str(),
    &it.extra
));
row!(GeneratedMessage, |it| (
    &it.text,
    &it.message_id,
    it.sent,
    it.timestamp.as_millisecond(),
    &it.timestamp,
    &it.extra
));
row!(SkippedRow, |it| (it.index, &it.reason, &it.raw));
row!(Gap, |it| (it.from.as_millisecond(), it.to.as_millisecond()));
row!(MessagePage, |it| (Rows(&it.messages), it.total, it.limit, it.offset, Rows(&it.skipped), &it.extra));
row!(PollPage, |it| (Rows(&it.messages), it.count, it.has_more, Rows(&it.skipped), &it.extra));

/// A list of these.
pub(crate) struct Rows<'a, T>(pub(crate) &'a [T]);

impl<T> Serialize for Rows<'_, T>
where
    for<'a> Row<'a, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Row))
    }
}

/// As JSON text. Serialising what the core gives doesn't fail; if it did, `null` would be told of as a bug.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
