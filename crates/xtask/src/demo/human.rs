//! The demo for people: a transcript of 80 columns.

use std::io::{self, Write};
use std::time::Duration;

use super::Printer;
use super::cast::PERSON;
use super::event::{Cut, Event};

const WIDTH: usize = 80;
/// Names stand right-aligned in this many columns, the text after a gap of three.
const NAMES: usize = 9;
const INDENT: usize = NAMES + 3;

pub(crate) struct Human<W> {
    out: W,
    colour: bool,
    draft: Option<String>,
}

#[derive(Clone, Copy)]
enum Paint {
    Plain,
    Dim,
    Bold,
    Good,
    Doubtful,
    Bad,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Paint::Plain => "",
            Paint::Dim => "\x1b[2m",
            Paint::Bold => "\x1b[1m",
            Paint::Good => "\x1b[32m",
            Paint::Doubtful => "\x1b[33m",
            Paint::Bad => "\x1b[31m",
        }
    }
}

impl<W: Write> Human<W> {
    pub(crate) fn new(out: W, colour: bool) -> Self {
        Human { out, colour, draft: None }
    }

    fn paint(&mut self, paint: Paint, text: &str) -> io::Result<()> {
        if self.colour && !paint.code().is_empty() {
            write!(self.out, "{}{text}\x1b[0m", paint.code())
        } else {
            write!(self.out, "{text}")
        }
    }

    /// A name and what it says, wrapped beside it.
    fn row(&mut self, name: &str, paint: Paint, text: &str) -> io::Result<()> {
        for (i, line) in wrap(text, WIDTH - INDENT).iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            self.paint(Paint::Dim, &format!("{name:>NAMES$}   "))?;
            self.paint(paint, line)?;
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn note(&mut self, paint: Paint, text: &str) -> io::Result<()> {
        self.row("", paint, text)
    }

    fn line(&mut self, paint: Paint, text: &str) -> io::Result<()> {
        self.paint(paint, text)?;
        writeln!(self.out)
    }
}

impl<W: Write> Printer for Human<W> {
    fn print(&mut self, at: Duration, event: &Event) -> io::Result<()> {
        match event {
            Event::Started { base_url, phone } => {
                self.line(
                    Paint::Bold,
                    "A client of the AVA iMessage API, and a sandbox in place of the API",
                )?;
                self.line(
                    Paint::Dim,
                    &format!("The sandbox is {base_url}; no message leaves this machine."),
                )?;
                self.line(Paint::Dim, &format!("{PERSON}'s number, {phone}, is fictitious."))?;
            }
            Event::Scene { number, title } => {
                writeln!(self.out)?;
                self.line(Paint::Bold, &format!("{number}. {title}"))?;
            }
            Event::Fault { drop: Cut::After } => {
                let text = "will take the next message, and cut the connection before it answers";
                self.row("sandbox", Paint::Dim, text)?;
            }
            Event::Fault { drop: Cut::Before } => {
                self.row("sandbox", Paint::Dim, "will cut the connection before it takes the next message")?;
            }
            Event::Listening => self.row("client", Paint::Dim, "listening for messages")?,
            Event::Sending { text, .. } if self.draft.as_ref() == Some(text) => {
                self.row("us", Paint::Plain, "(AVA's draft, word for word)")?;
            }
            Event::Sending { text, .. } => self.row("us", Paint::Plain, text)?,
            Event::Sent { message_id, confirmation: "history" } => {
                self.note(Paint::Dim, "the answer was lost; the client asks the history, and posts nothing")?;
                self.note(Paint::Good, &format!("sent, confirmed from the history: {message_id}"))?;
            }
            Event::Sent { message_id, .. } => self.note(Paint::Good, &format!("sent: {message_id}"))?,
            Event::Delivered { .. } => self.note(Paint::Good, "delivered, says the history")?,
            Event::Received { message_id, text, .. } => {
                self.row(PERSON, Paint::Plain, text)?;
                self.note(Paint::Dim, &format!("the listener yields it: {message_id}"))?;
            }
            Event::Drafted { text } => {
                self.row("AVA", Paint::Plain, text)?;
                self.draft = Some(text.clone());
                self.note(Paint::Dim, "a draft of the sandbox's stand-in; nothing was sent by it")?;
            }
            Event::Unknown { message, .. } => {
                self.note(Paint::Doubtful, &format!("unknown: {message}"))?;
            }
            Event::Settling => self.row("client", Paint::Dim, "asks the history again, and posts nothing")?,
            Event::StillUnknown { .. } => {
                self.note(Paint::Doubtful, "still unknown: absence proves nothing, it may be on its way")?
            }
            Event::Settled { message_id, .. } => {
                self.note(Paint::Good, &format!("sent, confirmed from the history: {message_id}"))?;
            }
            Event::CommittedLate { message_id } => self.row(
                "sandbox",
                Paint::Dim,
                &format!("only now has the message in its history: {message_id}"),
            )?,
            Event::Records { posts, rows } => self.row(
                "records",
                Paint::Bold,
                &format!("{} of this message, {} in the history", count(*posts, "POST"), count(*rows, "row")),
            )?,
            Event::Finished { claims } => {
                writeln!(self.out)?;
                let text = format!(
                    "All {claims} claims hold against the sandbox's own records ({:.1} s).",
                    at.as_secs_f64()
                );
                self.line(Paint::Good, &text)?;
            }
            Event::Failed { reason } => {
                writeln!(self.out)?;
                self.row("FAILED", Paint::Bad, reason)?;
            }
        }
        self.out.flush()
    }
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Lines of at most `width` columns, broken at spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { continue };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_wrapped_beside_the_name() {
        let mut human = Human::new(Vec::new(), false);
        let text = "word ".repeat(40);
        human.print(Duration::ZERO, &Event::Drafted { text }).unwrap();
        let shown = String::from_utf8(human.out).unwrap();
        assert!(shown.lines().count() > 3, "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= WIDTH), "{shown}");
        assert!(shown.lines().skip(1).all(|line| line.starts_with(&" ".repeat(INDENT))), "{shown}");
    }

    #[test]
    fn colour_is_off_where_it_was_not_asked_for() {
        for colour in [false, true] {
            let mut human = Human::new(Vec::new(), colour);
            human.print(Duration::ZERO, &Event::Finished { claims: 1 }).unwrap();
            assert_eq!(human.out.contains(&0x1b), colour);
        }
    }
}
