//! What is to go out: every row of the CSV file, checked before the first one is sent.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::template::Template;
use crate::failure::{Failure, Result};

/// One message.
pub(super) struct Row {
    /// Counted from 1, the header left out.
    pub(super) number: u64,
    /// Where it begins in the file.
    pub(super) line: u64,
    pub(super) phone: String,
    pub(super) text: String,
    /// Of phone and text, in hex: what the result file knows it by.
    pub(super) hash: String,
}

/// All rows.
pub(super) struct Plan {
    pub(super) rows: Vec<Row>,
    /// How many rows say to a phone what a row before them says too.
    pub(super) repeated: usize,
}

/// Reads and checks the file.
pub(super) fn read(path: &Path, template: Option<&str>) -> Result<Plan> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::usage(format!("there is no file {name}")),
        _ => Failure::local(format!("{name} could not be read"), &error),
    })?;
    parse(&bytes, &name, template)
}

fn parse(bytes: &[u8], name: &str, template: Option<&str>) -> Result<Plan> {
    let unreadable = |error| unreadable(name, bytes, error);
    let mut reader = ReaderBuilder::new().from_reader(bytes);
    let headers = reader.headers().map_err(unreadable)?;
    let columns = Columns::of(headers, name, template)?;
    let mut rows = Vec::new();
    let mut seen = HashSet::new();
    let mut repeated = 0;
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, |position| line(bytes, position));
        let row = columns.row(&record, rows.len() as u64 + 1, line, name)?;
        if !seen.insert(row.hash.clone()) {
            repeated += 1;
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(Failure::usage(format!("{name} has no rows")));
    }
    Ok(Plan { rows, repeated })
}

struct Columns {
    names: Vec<String>,
    phone: usize,
    text: Text,
}

enum Text {
    Column(usize),
    Template(Template),
}

impl Columns {
    fn of(headers: &StringRecord, name: &str, template: Option<&str>) -> Result<Columns> {
        let clean = |header: &str| header.trim_start_matches('\u{feff}').trim().to_owned();
        let names: Vec<String> = headers.iter().map(clean).collect();
        let wrong = |why: String| Failure::usage(format!("{name}, line 1: {why}"));
        let twice = names.iter().enumerate().find(|(at, name)| place(&names[..*at], name).is_some());
        if let Some((_, twice)) = twice {
            return Err(wrong(format!("the column {twice:?} is there twice")));
        }
        let missing = |wanted: &str, instead: &str| {
            wrong(format!("there is no column {wanted:?}"))
                .next(format!("Its columns: {}. The first line names them{instead}.", names.join(", ")))
        };
        let phone = place(&names, "phone").ok_or_else(|| missing("phone", ""))?;
        let text = match template {
            Some(template) => Text::Template(Template::parse(template, &names)?),
            None => Text::Column(
                place(&names, "text")
                    .ok_or_else(|| missing("text", "; --template 'Hi {name}!' makes a text of them"))?,
            ),
        };
        Ok(Columns { names, phone, text })
    }

    fn row(&self, record: &StringRecord, number: u64, line: u64, name: &str) -> Result<Row> {
        let wrong = |why: &str| Failure::usage(format!("{name}, line {line}: {why}")).next(NOTHING_SENT);
        let value = |column: usize| record.get(column).unwrap_or_default();
        let phone = value(self.phone).trim();
        // The client would refuse it, too; here row 900 is refused before row 1 goes out.
        if ava_imessage::check_phone(phone).is_err() {
            return Err(wrong("the phone must be E.164, as in +1234567890"));
        }
        let text = match &self.text {
            Text::Column(column) => value(*column).to_owned(),
            Text::Template(template) => template
                .fill(value)
                .map_err(|column| wrong(&format!("the column {:?} is empty", self.names[column])))?,
        };
        if text.trim().is_empty() {
            return Err(wrong("the text is empty"));
        }
        Ok(Row { number, line, hash: hash(phone, &text), phone: phone.to_owned(), text })
    }
}

/// Where a column stands. Nobody means two different ones by `Name` and `name`.
pub(super) fn place(names: &[String], wanted: &str) -> Option<usize> {
    names.iter().position(|name| name.to_lowercase() == wanted.to_lowercase())
}

const NOTHING_SENT: &str = "All rows are checked before the first is sent: nothing was sent.";

/// A phone holds no NUL, so that no two pairs run together.
fn hash(phone: &str, text: &str) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for part in [phone.as_bytes(), &[0], text.as_bytes()] {
        context.update(part);
    }
    context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The reader's position is where the record before ended; line breaks and empty lines may follow.
fn line(bytes: &[u8], position: &csv::Position) -> u64 {
    let rest = usize::try_from(position.byte()).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    let between = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + between.filter(|byte| **byte == b'\n').count() as u64
}

fn unreadable(name: &str, bytes: &[u8], error: csv::Error) -> Failure {
    let line = error.position().map(|position| line(bytes, position));
    let at = line.map_or_else(String::new, |line| format!(", line {line}"));
    let why = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} columns instead of {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        csv::ErrorKind::Io(error) => return Failure::local(format!("{name} could not be read"), error),
        _ => error.to_string(),
    };
    Failure::usage(format!("{name}{at}: {why}")).next(NOTHING_SENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(csv: &str, template: Option<&str>) -> String {
        match parse(csv.as_bytes(), "in.csv", template) {
            Ok(plan) => {
                let row = |row: Row| format!("{}@{} {} {:?}", row.number, row.line, row.phone, row.text);
                plan.rows.into_iter().map(row).collect::<Vec<_>>().join("\n")
            }
            Err(failure) => format!("{failure:?}"),
        }
    }

    #[test]
    fn rows_are_read() {
        let csv = "\u{feff}phone, text\r\n+12,\"two\nlines\"\r\n\r\n +34 ,\"a \"\"b\"\", c\"\r\n";
        assert_eq!(said(csv, None), "1@2 +12 \"two\\nlines\"\n2@5 +34 \"a \\\"b\\\", c\"");
        assert_eq!(said("name,phone\nZoë,+12\n", Some("Hi {name}")), "1@2 +12 \"Hi Zoë\"");
        assert_eq!(said(" Phone , NAME\n+12,Zoë\n", Some("Hi { name }")), "1@2 +12 \"Hi Zoë\"");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (csv, template, words) in [
            ("phone,text\n+12,a\n12,b\n", None, "in.csv, line 3: the phone"),
            ("phone,text\n+12,a\n+12, \n", None, "in.csv, line 3: the text is empty"),
            ("phone,text,phone\n+12,a,b\n", None, "line 1: the column \\\"phone\\\" is there twice"),
            ("phone\n+12\n", None, "no column \\\"text\\\""),
            ("phone,name\n+12,a\n", None, "--template 'Hi {name}!'"),
            ("phone,text,Phone\n+12,a,b\n", None, "line 1: the column \\\"Phone\\\" is there twice"),
            ("tel,text\n+12,a\n", None, "no column \\\"phone\\\""),
            ("phone,text\n+12\n", None, "line 2: 1 columns instead of 2"),
            ("phone,text\n", None, "has no rows"),
            ("", None, "no column"),
            ("phone,name\n+12,\n", Some("{name}"), "line 2: the column \\\"name\\\" is empty"),
            ("phone,name\n+12,a\n", Some("{city}"), "no column \\\"city\\\""),
        ] {
            let said = said(csv, template);
            assert!(said.contains(words), "{csv:?}: {said}");
        }
        let plan = parse(&b"phone,text\n+12,\xff\n"[..], "in.csv", None);
        assert!(format!("{:?}", plan.err().unwrap()).contains("line 2: not UTF-8"));
    }

    #[test]
    fn repeated_rows_are_counted() {
        let plan = parse(&b"phone,text\n+12,a\n+12,a\n+12,b\n"[..], "in.csv", None).unwrap();
        assert_eq!(plan.repeated, 1);
    }
}
