//! The demo: three scenes, played by a real client against the sandbox over real sockets, and checked against the
//! sandbox's own records. The scenes tell [`Event`]s; how they look is the business of two printers.

mod cast;
mod event;
mod human;
mod json;
mod scenes;
mod stage;

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::event::Event;
use self::human::Human;
use self::json::Json;
use self::stage::Stage;

/// A demo that takes longer than this hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// Shows events.
pub(crate) trait Printer {
    /// `at` is the time since the demo began.
    fn print(&mut self, at: Duration, event: &Event) -> io::Result<()>;
}

/// Plays the demo on stdout.
pub(crate) fn run(json: bool) -> Result<()> {
    let out = io::stdout();
    let played = if json {
        play(&mut Json(out))
    } else {
        let colour = out.is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|value| value != "dumb");
        play(&mut Human::new(out, colour))
    };
    match played {
        // `| head` has seen enough.
        Err(error) if is_broken_pipe(&error) => Ok(()),
        played => played,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Plays the demo to `printer`, and fails if something that it claims does not hold.
pub(crate) fn play(printer: &mut dyn Printer) -> Result<()> {
    let began = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let played = runtime.block_on(async {
        match tokio::time::timeout(DEADLINE, perform(printer, began)).await {
            Ok(played) => played,
            Err(_) => bail!("the demo was not over after {} s", DEADLINE.as_secs()),
        }
    });
    if let Err(error) = &played
        && !is_broken_pipe(error)
    {
        printer.print(began.elapsed(), &Event::Failed { reason: format!("{error:#}") })?;
    }
    played.context("the demo failed")
}

async fn perform(printer: &mut dyn Printer, began: Instant) -> Result<()> {
    let mut stage = Stage::set(printer, began).await?;
    scenes::conversation(&mut stage).await?;
    scenes::lost_answer(&mut stage).await?;
    scenes::lost_request(&mut stage).await?;
    stage.strike().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Told(Vec<Event>);

    impl Printer for Told {
        fn print(&mut self, _: Duration, event: &Event) -> io::Result<()> {
            self.0.push(event.clone());
            Ok(())
        }
    }

    #[test]
    fn all_scenes_play_and_nothing_was_posted_twice() {
        let mut told = Told::default();
        play(&mut told).unwrap();
        let records: Vec<_> = told
            .0
            .iter()
            .filter_map(|event| match event {
                Event::Records { posts, rows } => Some((*posts, *rows)),
                _ => None,
            })
            .collect();
        assert_eq!(records, [(1, 1), (1, 0), (1, 1)]);
        let confirmed: Vec<_> = told
            .0
            .iter()
            .filter_map(|event| match event {
                Event::Sent { confirmation, .. } | Event::Settled { confirmation, .. } => Some(*confirmation),
                _ => None,
            })
            .collect();
        assert_eq!(confirmed, ["response", "response", "history", "history"]);
        assert!(matches!(told.0.last(), Some(Event::Finished { .. })));
    }

    #[test]
    fn json_lines_carry_the_name_of_the_event() {
        let mut json = Json(Vec::new());
        let event = Event::Records { posts: 1, rows: 0 };
        json.print(Duration::from_millis(7), &event).unwrap();
        let line = String::from_utf8(json.0).unwrap();
        assert_eq!(line, "{\"event\":\"records\",\"posts\":1,\"rows\":0,\"at_ms\":7}\n");
    }
}
