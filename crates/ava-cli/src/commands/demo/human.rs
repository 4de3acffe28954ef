//! The demo for people: a transcript of 80 columns.

use std::time::Duration;

use anstyle::Style;

use super::Narrator;
use super::cast::PERSON;
use super::event::{Cut, Event};
use crate::failure::Result;
use crate::printer::{Look, Printer};
use crate::style::{BOLD, CYAN, DIM, GREEN, YELLOW, paint};
use crate::text;

/// On wider terminals too, and in pipes.
const WIDTH: usize = 80;
/// Names stand right-aligned in this many columns, the text after a gap of three.
const NAMES: usize = 9;
const INDENT: usize = NAMES + 3;

const PLAIN: Style = Style::new();

pub(super) struct Human<'a> {
    printer: &'a Printer,
    transcript: Transcript,
}

impl<'a> Human<'a> {
    pub(super) fn new(printer: &'a Printer) -> Human<'a> {
        Human { printer, transcript: Transcript::new(printer.look) }
    }
}

impl Narrator for Human<'_> {
    fn tell(&mut self, _: Duration, event: &Event) -> Result<()> {
        for line in self.transcript.lines(event) {
            self.printer.line(&line)?;
        }
        self.printer.flush()
    }
}

struct Transcript {
    colour: bool,
    width: usize,
    draft: Option<String>,
}

impl Transcript {
    fn new(look: Look) -> Transcript {
        Transcript { colour: look.colour, width: look.columns.unwrap_or(WIDTH).min(WIDTH), draft: None }
    }

    fn lines(&mut self, event: &Event) -> Vec<String> {
        match event {
            Event::Started { base_url, phone } => [
                self.line(BOLD, "A client of the AVA iMessage API, and a sandbox in place of the API"),
                self.line(DIM, &format!("The sandbox is {base_url}; no message leaves this machine.")),
                self.line(DIM, &format!("{PERSON}'s number, {phone}, is fictitious.")),
            ]
            .concat(),
            Event::Scene { number, title } => self.after_a_gap(BOLD, &format!("{number}. {title}")),
            Event::Fault { drop: Cut::After } => self
                .machine("sandbox", "will take the next message, and cut the connection before it answers"),
            Event::Fault { drop: Cut::Before } => {
                self.machine("sandbox", "will cut the connection before it takes the next message")
            }
            Event::Listening => self.machine("client", "listening for messages"),
            Event::Sending { text, .. } if self.draft.as_ref() == Some(text) => {
                self.person("us", "(AVA's draft, word for word)")
            }
            Event::Sending { text, .. } => self.person("us", text),
            Event::Sent { message_id, confirmation: "history" } => [
                self.note(DIM, "the answer was lost; the client asks the history, and posts nothing"),
                self.confirmed(message_id),
            ]
            .concat(),
            Event::Sent { message_id, .. } => self.note(GREEN, &format!("sent: {message_id}")),
            Event::Delivered { .. } => self.note(GREEN, "delivered, says the history"),
            Event::Received { message_id, text, .. } => {
                [self.person(PERSON, text), self.note(DIM, &format!("the listener yields it: {message_id}"))]
                    .concat()
            }
            Event::Drafted { text } => {
                self.draft = Some(text.clone());
                let note = "a draft of the sandbox's stand-in; nothing was sent by it";
                [self.person("AVA", text), self.note(DIM, note)].concat()
            }
            Event::Unknown { message, .. } => self.note(YELLOW, &format!("unknown: {message}")),
            Event::Settling => self.machine("client", "asks the history again, and posts nothing"),
            Event::StillUnknown { .. } => {
                self.note(YELLOW, "still unknown: absence proves nothing, it may be on its way")
            }
            Event::Settled { message_id, .. } => self.confirmed(message_id),
            Event::CommittedLate { message_id } => {
                self.machine("sandbox", &format!("only now has the message in its history: {message_id}"))
            }
            Event::Records { posts, rows } => {
                let found = format!(
                    "{} of this message, {} in the history",
                    text::count(*posts, "POST"),
                    text::count(*rows, "row")
                );
                self.row("records", DIM, BOLD, &found)
            }
            Event::Finished { claims } => self
                .after_a_gap(GREEN, &format!("All {claims} claims hold against the sandbox's own records.")),
        }
    }

    fn person(&self, name: &str, said: &str) -> Vec<String> {
        self.row(name, CYAN, PLAIN, said)
    }

    fn machine(&self, name: &str, does: &str) -> Vec<String> {
        self.row(name, DIM, DIM, does)
    }

    fn note(&self, style: Style, words: &str) -> Vec<String> {
        self.row("", PLAIN, style, words)
    }

    fn confirmed(&self, message_id: &str) -> Vec<String> {
        self.note(GREEN, &format!("sent, confirmed from the history: {message_id}"))
    }

    /// A name and what it says, wrapped beside it.
    fn row(&self, name: &str, named: Style, style: Style, words: &str) -> Vec<String> {
        let lines = text::lines(words, Some(self.width.saturating_sub(INDENT)));
        let beside = lines.iter().enumerate().map(|(at, line)| {
            let name = if at == 0 { name } else { "" };
            let margin = " ".repeat(NAMES - name.len().min(NAMES));
            let gap = " ".repeat(INDENT - NAMES);
            format!("{margin}{}{gap}{}", self.paint(named, name), self.paint(style, line))
        });
        beside.collect()
    }

    fn line(&self, style: Style, words: &str) -> Vec<String> {
        text::lines(words, Some(self.width)).iter().map(|line| self.paint(style, line)).collect()
    }

    fn after_a_gap(&self, style: Style, words: &str) -> Vec<String> {
        [vec![String::new()], self.line(style, words)].concat()
    }

    fn paint(&self, style: Style, words: &str) -> String {
        paint(self.colour && !words.is_empty(), style, words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(colour: bool, columns: Option<usize>) -> Transcript {
        Transcript::new(Look { json: false, terminal: columns.is_some(), colour, lively: false, columns })
    }

    #[test]
    fn long_texts_are_wrapped_beside_the_name() {
        for (columns, width) in [(None, WIDTH), (Some(200), WIDTH), (Some(40), 40)] {
            let text = "word ".repeat(40);
            let shown = transcript(false, columns).lines(&Event::Drafted { text });
            assert!(shown.len() > 3, "{shown:?}");
            assert!(shown.iter().all(|line| line.chars().count() <= width), "{shown:?}");
            assert!(shown.iter().skip(1).all(|line| line.starts_with(&" ".repeat(INDENT))), "{shown:?}");
        }
    }

    #[test]
    fn colour_is_off_where_it_was_not_asked_for() {
        for colour in [false, true] {
            let shown = transcript(colour, None).lines(&Event::Finished { claims: 1 });
            assert_eq!(shown.concat().contains('\x1b'), colour);
        }
    }
}
