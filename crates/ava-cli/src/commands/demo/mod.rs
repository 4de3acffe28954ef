//! `ava demo`: three scenes, played by a real client against a sandbox over real sockets, and checked against the
//! sandbox's own records. The scenes tell [`Event`]s; how they look is the business of two narrators.

mod cast;
mod event;
mod human;
mod json;
mod scenes;
mod stage;
mod stop;

use std::time::{Duration, Instant};

use clap::Args;

use self::event::Event;
use self::human::Human;
use self::json::Json;
use self::stage::Stage;
use self::stop::Stop;
use crate::context::Context;
use crate::failure::Result;
use crate::interrupt;

const EXAMPLES: &str = "\
Examples:
  ava demo
  ava demo --json | jq -r .event

It takes seconds, and needs no key: it starts a sandbox of its own on a free
port of 127.0.0.1, and no message leaves this machine. What it shows is checked
against the sandbox's records; it exits with 1 if anything does not hold.
JSON, one event a line: {event, …, at_ms}.";

/// Play a conversation and two lost connections on this machine
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DemoArgs {}

/// A demo that takes longer than this hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// Shows events.
trait Narrator {
    /// `at` is the time since the demo began.
    fn tell(&mut self, at: Duration, event: &Event) -> Result<()>;
}

/// Plays it, and fails if something that it claims does not hold.
pub(crate) fn run(ctx: &Context, _: &DemoArgs) -> Result<()> {
    ctx.without_endpoint("it plays against a sandbox of its own")?;
    interrupt::run_until_interrupted(async {
        let printer = &ctx.printer;
        let played = if printer.json() {
            play(&mut Json(printer)).await
        } else {
            play(&mut Human::new(printer)).await
        };
        Ok(played?)
    })
}

async fn play(narrator: &mut dyn Narrator) -> Result<(), Stop> {
    match tokio::time::timeout(DEADLINE, perform(narrator)).await {
        Ok(played) => played,
        Err(_) => Err(Stop::because(format!("it was not over after {} s", DEADLINE.as_secs()))),
    }
}

async fn perform(narrator: &mut dyn Narrator) -> Result<(), Stop> {
    let mut stage = Stage::set(narrator, Instant::now()).await?;
    scenes::conversation(&mut stage).await?;
    scenes::lost_answer(&mut stage).await?;
    scenes::lost_request(&mut stage).await?;
    stage.strike().await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail where it likes")]

    use super::*;

    #[derive(Default)]
    struct Told(Vec<Event>);

    impl Narrator for Told {
        fn tell(&mut self, _: Duration, event: &Event) -> Result<()> {
            self.0.push(event.clone());
            Ok(())
        }
    }

    #[tokio::test]
    async fn all_scenes_play_and_nothing_was_posted_twice() {
        let mut told = Told::default();
        play(&mut told).await.unwrap();
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
}
