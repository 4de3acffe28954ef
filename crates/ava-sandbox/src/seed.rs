//! Rows put in place before a test: written out, or by the count.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    clock::shift,
    error::ControlError,
    messages::{Direction, Row, Status},
};

/// The most rows of one seed.
const MOST_ROWS: usize = 1_000_000;

/// Rows to put in place at once, visible at once, whatever the lags: either `rows`, or `count` generated ones.
///
/// Nothing is validated about phone, id and text, so that odd rows can be seeded too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// The other side of all rows.
    pub phone: String,
    /// The rows, written out.
    #[serde(default)]
    pub rows: Option<Vec<SeedRow>>,
    /// How many rows to generate, numbered from 1 (the oldest).
    #[serde(default)]
    pub count: Option<usize>,
    /// Time of generated row 1. Default: so that the last row is at the virtual clock's time.
    #[serde(default)]
    pub start: Option<Timestamp>,
    /// From one generated row to the next. Default 1000.
    #[serde(default)]
    pub step_ms: Option<i64>,
    /// Generated texts are this and the number. Default `message `.
    #[serde(default)]
    pub text_prefix: Option<String>,
    /// Generated ids are this and the number. Default `msg_seed_`.
    #[serde(default)]
    pub id_prefix: Option<String>,
    /// Direction of the generated rows. Default `alternate`.
    #[serde(default)]
    pub direction: Option<Directions>,
}

/// One row of a [`Seed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedRow {
    /// Its id. Default: the next `msg_…`.
    #[serde(default)]
    pub id: Option<String>,
    /// Its text.
    pub text: String,
    /// Who wrote it.
    pub direction: Direction,
    /// Its time. Default: the virtual clock's.
    #[serde(default)]
    pub timestamp: Option<Timestamp>,
    /// Its status, which stays. Default `received` or `delivered`, by direction.
    #[serde(default)]
    pub status: Option<String>,
}

/// Who wrote generated rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Directions {
    /// The other side wrote all.
    Inbound,
    /// The API's user wrote all.
    Outbound,
    /// Outbound first (row 1, 3, …), then inbound, in turns, as in the API document's example.
    #[default]
    Alternate,
}

impl Directions {
    /// The direction of row `number`, counted from 1.
    pub(crate) fn of(self, number: u64) -> Direction {
        match self {
            Directions::Inbound => Direction::Inbound,
            Directions::Outbound => Direction::Outbound,
            Directions::Alternate if number % 2 == 1 => Direction::Outbound,
            Directions::Alternate => Direction::Inbound,
        }
    }
}

impl Seed {
    /// The rows of `phone`, written out.
    pub fn rows(phone: impl Into<String>, rows: Vec<SeedRow>) -> Self {
        Seed { phone: phone.into(), rows: Some(rows), ..Seed::default() }
    }

    /// `count` generated rows of `phone`.
    pub fn count(phone: impl Into<String>, count: usize) -> Self {
        Seed { phone: phone.into(), count: Some(count), ..Seed::default() }
    }

    /// The rows to add; `next_id` names the ones without an id.
    pub(crate) fn into_rows(
        self,
        now: Timestamp,
        mut next_id: impl FnMut() -> String,
    ) -> Result<Vec<Row>, ControlError> {
        let Seed { phone, rows, count, start, step_ms, text_prefix, id_prefix, direction } = self;
        let row = |id, text, direction: Direction, timestamp, status: Option<String>| Row {
            id,
            phone: phone.clone(),
            text,
            direction,
            timestamp,
            status: Status::Fixed(status.unwrap_or_else(|| direction.settled_status().to_owned())),
            history_from: None,
            poll_from: None,
        };
        match (rows, count) {
            (Some(rows), None) => {
                let generated = start.is_some()
                    || step_ms.is_some()
                    || text_prefix.is_some()
                    || id_prefix.is_some()
                    || direction.is_some();
                if generated {
                    return Err(ControlError::new(
                        "seed: start, step_ms, text_prefix, id_prefix and direction go with count, not with rows",
                    ));
                }
                Ok(rows
                    .into_iter()
                    .map(|r| {
                        let id = r.id.unwrap_or_else(&mut next_id);
                        row(id, r.text, r.direction, r.timestamp.unwrap_or(now), r.status)
                    })
                    .collect())
            }
            (None, Some(count)) if count <= MOST_ROWS => {
                let step = step_ms.unwrap_or(1000);
                let nth = |n: usize| step.saturating_mul(i64::try_from(n).unwrap_or(i64::MAX));
                let start = start.unwrap_or_else(|| shift(now, -nth(count.saturating_sub(1))));
                let text_prefix = text_prefix.as_deref().unwrap_or("message ");
                let id_prefix = id_prefix.as_deref().unwrap_or("msg_seed_");
                let direction = direction.unwrap_or_default();
                Ok((0..count)
                    .map(|n| {
                        let number = n as u64 + 1;
                        let id = format!("{id_prefix}{number}");
                        let text = format!("{text_prefix}{number}");
                        row(id, text, direction.of(number), shift(start, nth(n)), None)
                    })
                    .collect())
            }
            (None, Some(_)) => Err(ControlError::new(format!("seed: count is at most {MOST_ROWS}"))),
            _ => Err(ControlError::new("seed: give either rows or count")),
        }
    }
}
