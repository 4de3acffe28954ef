//! `--template`: a text with the columns' names in braces.

use super::plan::place;
use crate::failure::{Failure, Result};

/// `Hi {name}`, taken apart. `{{` and `}}` are the braces themselves.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The place of a column.
    Column(usize),
}

impl Template {
    /// Takes it apart, by the columns that there are.
    pub(super) fn parse(written: &str, columns: &[String]) -> Result<Template> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = written;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if rest.starts_with(brace) {
                text.push_str(brace);
                rest = &rest[1..];
                continue;
            }
            let end = rest.find(['{', '}']).filter(|&end| brace == "{" && rest[end..].starts_with('}'));
            let Some(end) = end else { return Err(unpaired()) };
            parts.push(Part::Text(std::mem::take(&mut text)));
            parts.push(Part::Column(column(rest[..end].trim(), columns)?));
            rest = &rest[end + 1..];
        }
        text.push_str(rest);
        parts.push(Part::Text(text));
        Ok(Template { parts })
    }

    /// The text of a row. `Err` is the place of a column that the row leaves empty: `Hi ,` is no greeting.
    pub(super) fn fill<'a>(&self, value: impl Fn(usize) -> &'a str) -> std::result::Result<String, usize> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(words) => text.push_str(words),
                Part::Column(column) if value(*column).trim().is_empty() => return Err(*column),
                Part::Column(column) => text.push_str(value(*column)),
            }
        }
        Ok(text)
    }
}

fn column(name: &str, columns: &[String]) -> Result<usize> {
    place(columns, name).ok_or_else(|| {
        Failure::usage(format!("--template: the file has no column {name:?}"))
            .next(format!("Its columns: {}.", columns.join(", ")))
    })
}

fn unpaired() -> Failure {
    Failure::usage("--template: a brace stands alone")
        .next("A column is written {name}; for a brace itself write {{ or }}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> Result<String, String> {
        let columns = ["phone".to_owned(), "name".to_owned(), "empty".to_owned()];
        let template =
            Template::parse(template, &columns).map_err(|failure| format!("{:?}", failure.exit()))?;
        template.fill(|column| ["+12", "Zoë", " "][column]).map_err(|column| columns[column].clone())
    }

    #[test]
    fn columns_are_filled_in() {
        assert_eq!(filled("Hi {name}, {{x}} {phone}!").as_deref(), Ok("Hi Zoë, {x} +12!"));
        assert_eq!(filled("{name}{ name }").as_deref(), Ok("ZoëZoë"));
        assert_eq!(filled("{Name}").as_deref(), Ok("Zoë"));
        assert_eq!(filled("ü").as_deref(), Ok("ü"));
        assert_eq!(filled("Hi {empty}"), Err("empty".to_owned()));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for template in ["{", "}", "{name", "name}", "{na{me}", "{}", "{nam}", "{{name}"] {
            assert!(filled(template).is_err(), "{template}");
        }
    }
}
