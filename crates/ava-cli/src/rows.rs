//! Messages as rows: when, who or how far, and the text last, since it is the only part that others choose freely.

use anstyle::Style;
use ava_imessage::{Direction, Message, SkippedRow, Status, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::failure::Result;
use crate::printer::Printer;
use crate::style::{CYAN, DIM, GREEN, RED};
use crate::text::{self, neutral};
use crate::when;

const GAP: usize = 2;
/// `59 min ago`, `2026-01-25`.
const RELATIVE_COLUMNS: usize = 10;
/// `2026-01-25T12:00:00Z`.
const EXACT_COLUMNS: usize = 20;
/// `delivered`.
const STATUS_COLUMNS: usize = 9;
/// `+155500011112222`: fifteen digits at the most, and seldom more than twelve.
pub(crate) const PHONE_COLUMNS: usize = 13;

/// Prints messages for people, or as objects.
pub(crate) struct Rows<'a> {
    printer: &'a Printer,
    now: Timestamp,
    zone: TimeZone,
}

struct Cell {
    style: Style,
    words: String,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(printer: &'a Printer) -> Rows<'a> {
        Rows { printer, now: Timestamp::now(), zone: TimeZone::system() }
    }

    /// A row of a conversation: `5 min ago  →  delivered  Hello`.
    pub(crate) fn of_history(&self, message: &Message) -> Result<()> {
        if self.printer.json() {
            return self.printer.object(message);
        }
        let (style, arrow) = match &message.direction {
            Direction::Outbound => (GREEN, "→".to_owned()),
            Direction::Inbound => (CYAN, "←".to_owned()),
            other => (DIM, neutral(other.as_str())),
        };
        let failed = message.status == Status::Failed;
        let status = text::pad(&neutral(message.status.as_str()), STATUS_COLUMNS);
        self.row(
            &[
                self.when(message),
                Cell { style, words: arrow },
                Cell { style: if failed { RED } else { DIM }, words: status },
            ],
            &message.text,
        )
    }

    /// A row of an inbox: `5 min ago  +1234567890  Hi there!`.
    pub(crate) fn of_inbox(&self, message: &Message) -> Result<()> {
        if self.printer.json() {
            return self.printer.object(message);
        }
        self.row(&[self.when(message), phone(message)], &message.text)
    }

    /// A row of a tail, which stays on the screen: `12:05:30  +1234567890  Hi there!`. Where its day is another than
    /// that of the row before, or for the first than today, a line says so.
    pub(crate) fn of_tail(&self, message: &Message, day: &mut Option<Date>) -> Result<()> {
        if self.printer.json() || !self.printer.look.terminal {
            return self.of_inbox(message);
        }
        let time = message.timestamp.to_zoned_datetime(self.zone.clone());
        let before =
            day.replace(time.date()).unwrap_or_else(|| self.now.to_zoned_datetime(self.zone.clone()).date());
        if before != time.date() {
            self.printer.line(&self.printer.paint(DIM, &time.date().to_string()))?;
        }
        let clock = Cell { style: DIM, words: time.strftime("%H:%M:%S").to_string() };
        self.row(&[clock, phone(message)], &message.text)
    }

    /// Says which rows couldn't be read.
    pub(crate) fn skipped(&self, rows: &[SkippedRow]) {
        for row in rows {
            self.printer.note("skipped", &format!("row {} could not be read: {}", row.index, row.reason));
        }
    }

    /// People read how long ago it was, pipes the exact time.
    fn when(&self, message: &Message) -> Cell {
        let words = if self.printer.look.terminal {
            text::pad_left(&when::relative(message.timestamp, self.now, &self.zone), RELATIVE_COLUMNS)
        } else {
            text::pad(&message.timestamp.to_string(), EXACT_COLUMNS)
        };
        Cell { style: DIM, words }
    }

    fn row(&self, cells: &[Cell], said: &str) -> Result<()> {
        let indent: usize = cells.iter().map(|cell| text::columns(&cell.words) + GAP).sum();
        let mut line = String::new();
        for cell in cells {
            line.push_str(&self.printer.paint(cell.style, &cell.words));
            line.push_str(&" ".repeat(GAP));
        }
        if said.is_empty() {
            return self.printer.line(&(line + &self.printer.paint(DIM, "(no text)")));
        }
        let width = self.printer.width().map(|width| width.saturating_sub(indent));
        for (n, part) in text::lines(said, width).iter().enumerate() {
            if n > 0 {
                line = " ".repeat(indent);
            }
            line.push_str(part);
            self.printer.line(line.trim_end())?;
        }
        Ok(())
    }
}

fn phone(message: &Message) -> Cell {
    Cell { style: CYAN, words: text::pad(&neutral(&message.phone), PHONE_COLUMNS) }
}
