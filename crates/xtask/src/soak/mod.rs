//! The soak: every language's program of `tests/soak` at once, for minutes, against a sandbox that misbehaves.

mod face;
mod ledger;
mod playing;
mod plot;
mod samples;
mod weather;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use ava_sandbox::{InboundMessage, Sandbox, Settings};

use self::face::Face;
use self::ledger::{Ledger, Posts};
use self::playing::Playing;
use self::samples::Samples;
use self::weather::Weather;
use crate::tools;

/// Between two looks at the traffic, which keeps the last 500 requests.
const TICK: Duration = Duration::from_millis(250);
const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// Each face is written to so often.
const INBOUND_EVERY: Duration = Duration::from_millis(500);
/// Rows become visible so late at the most, by the overlap that listeners are promised to bridge: 120 s.
const LATEST_MS: u64 = 3000;
/// Tokens live longer than they are handed out, so that a client that keeps one is refused, and one that asks is not.
const TOKEN_LIFE: Duration = Duration::from_secs(15);
const TOKEN_EVERY: Duration = Duration::from_secs(10);
/// For listeners to give what has come, once the weather is fair: after many failures one waits a minute.
const LAST_MESSAGES: Duration = Duration::from_secs(75);
/// For programs to end their last sends.
const LAST_SENDS: Duration = Duration::from_secs(20);

/// Runs it, plots it, and judges it.
pub(crate) fn run(minutes: f64, seed: Option<u64>, only: &[String]) -> Result<()> {
    let length = Duration::try_from_secs_f64(minutes * 60.0).context("--minutes: no length of time")?;
    let now = || std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let seed = seed.unwrap_or_else(now);
    let folder = tools::target()?.join("soak");
    std::fs::create_dir_all(&folder)?;
    let faces = face::all(&folder, only)?;
    println!("{} for {} s, seed {seed}", names(&faces), length.as_secs());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let sandbox = runtime.block_on(Sandbox::builder().settings(Settings::default()).start())?;
    let mut soak = Soak::begin(&sandbox, &faces, &folder, seed)?;
    soak.go_on(length)?;
    let broken = soak.end(&folder)?;
    runtime.block_on(sandbox.shutdown());
    if broken.is_empty() {
        println!("\nno promise broken, nothing grows; plots in {}", folder.display());
        return Ok(());
    }
    for promise in &broken {
        println!("BROKEN  {promise}");
    }
    bail!("{} promises broken (seed {seed}); plots in {}", broken.len(), folder.display())
}

fn names(faces: &[Face]) -> String {
    faces.iter().map(|face| face.name).collect::<Vec<_>>().join(", ")
}

struct Soak<'a> {
    sandbox: &'a Sandbox,
    playing: Vec<Playing>,
    samples: Vec<Samples>,
    weather: Weather,
    token: std::path::PathBuf,
    ledger: Ledger,
    posts: Posts,
    /// Of the traffic.
    seen: u64,
    began: Instant,
}

impl<'a> Soak<'a> {
    fn begin(sandbox: &'a Sandbox, faces: &[Face], folder: &Path, seed: u64) -> Result<Soak<'a>> {
        let mut soak = Soak {
            sandbox,
            playing: Vec::new(),
            samples: Vec::new(),
            weather: Weather::new(seed),
            token: folder.join("token"),
            ledger: Ledger::default(),
            posts: Posts::default(),
            seen: 0,
            began: Instant::now(),
        };
        soak.hand_out_token()?;
        for (number, face) in faces.iter().enumerate() {
            let mut program = face.program();
            program.env("AVA_BASE_URL", sandbox.base_url()).env("SOAK_TOKEN_FILE", &soak.token);
            program.env_remove("AVA_API_KEY").env_remove("AVA_LOG");
            soak.playing.push(Playing::start(face.name, format!("+1555010{number:04}"), &mut program)?);
        }
        for playing in &mut soak.playing {
            playing.until_ready()?;
            soak.samples.push(Samples::of(playing.name, playing.process()));
        }
        soak.began = Instant::now();
        Ok(soak)
    }

    fn go_on(&mut self, length: Duration) -> Result<()> {
        let (mut sampled, mut written, mut token) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        let mut reported = Duration::ZERO;
        while self.began.elapsed() < length {
            let now = self.began.elapsed();
            self.weather.blow(self.sandbox, now)?;
            if now >= written {
                written += INBOUND_EVERY;
                self.write_to_all();
            }
            if now >= token {
                token += TOKEN_EVERY;
                self.hand_out_token()?;
            }
            if now >= sampled {
                sampled += SAMPLE_EVERY;
                self.samples.iter_mut().try_for_each(|samples| samples.take(now))?;
            }
            self.look()?;
            if now >= reported + Duration::from_secs(60) {
                reported = now;
                println!("{:>5} s: {}", now.as_secs(), self.ledger.sum());
            }
            std::thread::sleep(TICK);
        }
        Ok(())
    }

    /// Fair weather; when all was heard, the programs end, and are judged.
    fn end(mut self, folder: &Path) -> Result<Vec<String>> {
        self.sandbox.clear_faults();
        self.hand_out_token()?;
        let until = Instant::now() + LAST_MESSAGES;
        while Instant::now() < until && !self.ledger.all_is_heard() {
            self.look()?;
            std::thread::sleep(TICK);
        }
        for playing in &mut self.playing {
            playing.tell_to_end();
        }
        // While they end their last sends are looked at, too.
        let until = Instant::now() + LAST_SENDS;
        while self.playing.iter_mut().any(Playing::is_running) && Instant::now() < until {
            self.look()?;
            std::thread::sleep(TICK);
        }
        self.look()?;
        let mut broken = Vec::new();
        for playing in &mut self.playing {
            broken.extend(playing.end());
        }
        self.look()?;
        println!("{:>5} s: {}", self.began.elapsed().as_secs(), self.ledger.sum());
        println!("weather: {}", self.weather.sum());
        broken.extend(self.ledger.judge(&self.sandbox.state().messages, &self.posts));
        for samples in &self.samples {
            println!("{}", samples.line());
            broken.extend(samples.judge());
        }
        plot::all(&self.samples, folder)?;
        Ok(broken)
    }

    /// Reads what the programs said, and what the sandbox saw.
    fn look(&mut self) -> Result<()> {
        let traffic = self.sandbox.traffic(self.seen);
        self.seen = traffic.version;
        self.posts.read(&traffic.exchanges);
        for playing in &mut self.playing {
            for line in playing.lines() {
                self.ledger.read(playing.name, &line)?;
            }
        }
        Ok(())
    }

    fn write_to_all(&mut self) {
        for playing in &self.playing {
            let late = self.weather.up_to(LATEST_MS);
            let mut message = InboundMessage::new(&playing.phone, "How are you?");
            message.visible_after_ms = (late > LATEST_MS / 2).then_some(late);
            self.ledger.written(playing.name, self.sandbox.inbound_with(message).id);
        }
    }

    fn hand_out_token(&self) -> Result<()> {
        let token = self.sandbox.issue_token(TOKEN_LIFE, None);
        // Replaced as a whole: somebody may be reading it.
        let beside = self.token.with_extension("new");
        std::fs::write(&beside, token.token)?;
        std::fs::rename(&beside, &self.token)?;
        Ok(())
    }
}

/// That the harness works and judges, in seconds, with what is quickest to build.
pub(crate) fn smoke() -> Result<crate::report::Outcome> {
    ensure!(ledger::would_see_a_doubled_message(), "the judge is blind");
    run(0.15, Some(1), &["rust".to_owned()])?;
    Ok(crate::report::Outcome::Passed)
}
