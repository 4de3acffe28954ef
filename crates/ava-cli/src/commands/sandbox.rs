//! `ava sandbox`: the API on this machine, until it is told to end.

use std::cell::RefCell;
use std::io::{self, Write};

use ava_sandbox::{IdleReply, ServeOptions, Settings};
use clap::Args;
use serde::Deserialize;

use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::input;
use crate::interrupt;
use crate::printer::Printer;
use crate::style::{BOLD, CYAN};

const EXAMPLES: &str = concat!(
    "\
Examples:
  ava sandbox --open                 on a free port, and its page in a browser
  ava sandbox --port 4010 --echo     answers, so that `ava listen` shows some
  ava sandbox --settings odd.json    {\"history_order\": \"newest_first\"}
  ava sandbox --json
      {\"event\":\"ready\",\"base_url\":…,\"api_key\":…,\"pid\":…,
       \"page_url\":…}

It binds 127.0.0.1 only, and no message leaves this machine. On its page
you play the other person, watch requests and switch faults on. Without it:
  curl -d '{\"phone\":\"+1234567890\",\"text\":\"Hi!\"}' \\
      http://127.0.0.1:4010/_sandbox/inbound
Faults, scripts, clocks and tokens: docs/sandbox.md in the sources, at
",
    env!("CARGO_PKG_REPOSITORY"),
    "
Ctrl-C ends it."
);

/// Run the API on this machine, to try things out; nothing leaves it
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SandboxArgs {
    /// The port on 127.0.0.1; 0 is a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The made-up key to accept; not a real one [default: a new one]
    #[arg(long, value_name = "KEY")]
    api_key: Option<String>,
    /// Open its page in the browser: you play the other person there
    #[arg(long)]
    open: bool,
    /// Answer every message with `Echo: …`, after so many milliseconds
    #[arg(long, value_name = "MS", num_args = 0..=1, default_missing_value = "500")]
    echo: Option<u64>,
    /// A file of settings as JSON; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    settings: Option<String>,
    /// Let `POST /_sandbox/shutdown` end it
    #[arg(long)]
    allow_shutdown: bool,
    /// End when standard input does, and so with the program that started it (settings by `-` are one line then)
    #[arg(long)]
    until_eof: bool,
}

/// Serves until Ctrl-C or SIGTERM, which is how it is meant to end.
pub(crate) fn run(ctx: &Context, args: SandboxArgs) -> Result<()> {
    ctx.without_endpoint("the sandbox is an API of its own; --port says where")?;
    let options = ServeOptions {
        port: args.port,
        api_key: args.api_key.clone(),
        settings: settings(&args)?,
        // The line for people is made from it.
        json: true,
        allow_shutdown: args.allow_shutdown,
    };
    let unsaid = RefCell::default();
    interrupt::run(|mut signals| async {
        let shutdown = async move {
            tokio::select! {
                _ = signals.next() => {}
                () = input::end(), if args.until_eof => {}
            }
        };
        let ready = Ready { printer: &ctx.printer, open: args.open, line: Vec::new(), unsaid: &unsaid };
        let served = ava_sandbox::serve_to(options, ready, shutdown).await;
        if let Some(failure) = unsaid.take() {
            return Err(failure);
        }
        served.map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => Failure::configuration(format!("port {} is in use", args.port))
                .next("Take another, or none for a free one."),
            io::ErrorKind::InvalidInput => Failure::configuration(error.to_string()),
            _ => Failure::local("the sandbox could not serve", &error),
        })
    })
}

fn settings(args: &SandboxArgs) -> Result<Settings> {
    let text = match args.settings.as_deref() {
        None => None,
        Some("-") if args.until_eof => Some(("-", input::line()?)),
        Some(name) => Some((name, input::file_or_piped(name)?)),
    };
    let mut settings = match text {
        None => Settings::default(),
        Some((name, text)) => {
            serde_json::from_str(&text).map_err(|error| Failure::usage(format!("{name}: {error}")))?
        }
    };
    if let Some(after_ms) = args.echo {
        settings.idle_reply = Some(IdleReply::Echo { after_ms });
    }
    Ok(settings)
}

/// Takes the ready line, and says it as it is wanted.
struct Ready<'a> {
    printer: &'a Printer,
    /// Whether the page is to be opened.
    open: bool,
    line: Vec<u8>,
    /// Why it could not be said.
    unsaid: &'a RefCell<Option<Failure>>,
}

#[derive(Deserialize)]
struct ReadyLine {
    base_url: String,
    api_key: String,
    page_url: String,
}

impl Write for Ready<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let ready: ReadyLine = serde_json::from_slice(&self.line)?;
        let words = if self.printer.json() {
            String::from_utf8_lossy(&self.line).trim_end().to_owned()
        } else {
            self.words(&ready)
        };
        let said = self.printer.line(&words).and_then(|()| self.printer.flush());
        said.map_err(|failure| {
            self.unsaid.replace(Some(failure));
            io::Error::other("the output could not be written")
        })?;
        if self.open {
            self.open(&ready.page_url);
        }
        Ok(())
    }
}

impl Ready<'_> {
    /// The sandbox serves all the same if no browser can be opened: over ssh there is none.
    fn open(&self, page_url: &str) {
        if open::that_detached(page_url).is_err() {
            self.printer.note("no_browser", &format!("No browser could be opened. The page: {page_url}"));
        }
    }

    fn words(&self, ReadyLine { base_url, api_key, page_url }: &ReadyLine) -> String {
        let code = |line: String| self.printer.paint(CYAN, &line);
        let title = format!("ava sandbox ready at {base_url}");
        [
            format!("{} (no message leaves this machine)", self.printer.paint(BOLD, &title)),
            String::new(),
            "In another terminal:".into(),
            // A line each, or an 80-column terminal breaks the key.
            code(format!("  export AVA_BASE_URL={base_url}")),
            code(format!("  export AVA_API_KEY={api_key}")),
            code("  ava send +1234567890 'Hello!'".into()),
            "Be the other person, and watch, in a browser:".into(),
            code(format!("  {page_url}")),
            "Or let a message arrive:".into(),
            code(format!(
                "  curl -d '{{\"phone\":\"+1234567890\",\"text\":\"Hi!\"}}' \\\n    {base_url}/_sandbox/inbound"
            )),
            String::new(),
            "Ctrl-C ends it.".into(),
        ]
        .join("\n")
    }
}
