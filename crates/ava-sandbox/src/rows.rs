//! A page of a generated history, so that a script about 250 rows stays small.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    api::HistoryAnswer, clock::shift, messages::Message, script::DOCUMENT_TIME, seed::Directions,
    settings::Order,
};

/// The answer to `GET /api/messages/:phone` for one slice of `count` generated rows, numbered from 1 (the oldest).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rows {
    /// How many rows the whole history has.
    pub count: u64,
    /// Time of row 1. Default `2026-01-25T12:00:00Z`.
    pub start: Timestamp,
    /// From one row to the next. Default 1000.
    pub step_ms: i64,
    /// Which end comes first. Default oldest first.
    pub order: Order,
    /// The other side. Default `+1234567890`.
    pub phone: String,
    /// The slice's size, as the answer's `limit` says. Default 50.
    pub limit: u64,
    /// Where the slice begins, as the answer's `offset` says. Default 0.
    pub offset: u64,
    /// What the answer's `total` says. Default `count`.
    pub total: Option<u64>,
    /// Ids are this and the row's number. Default `msg_`.
    pub id_prefix: String,
    /// Who wrote the rows. Default `alternate`.
    pub direction: Directions,
    /// Texts are this and the row's number. Default `message `.
    pub text_prefix: String,
}

impl Default for Rows {
    fn default() -> Self {
        Rows {
            count: 0,
            start: DOCUMENT_TIME,
            step_ms: 1000,
            order: Order::OldestFirst,
            phone: "+1234567890".into(),
            limit: 50,
            offset: 0,
            total: None,
            id_prefix: "msg_".into(),
            direction: Directions::Alternate,
            text_prefix: "message ".into(),
        }
    }
}

impl Rows {
    /// The answer's body. Row times show fractions of a second only where they have some.
    pub(crate) fn body(&self) -> Vec<u8> {
        let end = self.offset.saturating_add(self.limit).min(self.count);
        let messages = (self.offset..end)
            .map(|place| match self.order {
                Order::OldestFirst => place + 1,
                Order::NewestFirst => self.count - place,
            })
            .map(|number| self.row(number))
            .collect();
        let answer = HistoryAnswer {
            success: true,
            messages,
            total: self.total.unwrap_or(self.count),
            limit: self.limit,
            offset: self.offset,
        };
        serde_json::to_vec(&answer).unwrap_or_default()
    }

    fn row(&self, number: u64) -> Message {
        let direction = self.direction.of(number);
        let steps = i64::try_from(number - 1).unwrap_or(i64::MAX);
        Message {
            id: format!("{}{number}", self.id_prefix),
            phone: self.phone.clone(),
            message: format!("{}{number}", self.text_prefix),
            direction,
            timestamp: shift(self.start, self.step_ms.saturating_mul(steps)).to_string(),
            status: direction.settled_status().to_owned(),
        }
    }
}
