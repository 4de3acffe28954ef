//! `ava login` and `ava logout`: the key that is kept, and where it may go.

use std::io::{self, BufRead};
use std::path::Path;

use ava_imessage::{DEFAULT_BASE_URL, ErrorKind, Timestamp};
use clap::Args;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::config::{self, Config};
use crate::context::Context;
use crate::credentials::{Credentials, KeySource, WHERE_KEYS_COME_FROM, origin, same_origin};
use crate::failure::{Failure, Result, words_at};
use crate::interrupt;
use crate::style::{GREEN, YELLOW};
use crate::{input, secret};

const LOGIN_EXAMPLES: &str = "\
Examples:
  ava login                           asks for the key, and does not show it
  pass ava/key | ava login --stdin    takes it from a password manager
  ava login --base-url http://127.0.0.1:4010

A key comes from the service: press \"Request API Access\" on
https://chat.buzzedtech.com. It is kept with its address in
~/.config/ava/config.toml (or under $XDG_CONFIG_HOME), readable by you alone,
and goes to no other address. AVA_API_KEY, where it is set, goes first.";

const LOGOUT_EXAMPLES: &str = "\
Examples:
  ava logout

The key itself stays valid: the service's people can revoke it.";

/// Keep an API key
#[derive(Args)]
#[command(after_help = LOGIN_EXAMPLES)]
pub(crate) struct LoginArgs {
    /// Read the key from standard input, its first line
    #[arg(long)]
    stdin: bool,
    /// Don't ask the service whether it takes the key; keep it in place of any other
    #[arg(long)]
    no_check: bool,
}

/// Forget the API key that is kept
#[derive(Args)]
#[command(after_help = LOGOUT_EXAMPLES)]
pub(crate) struct LogoutArgs {}

/// What `--json` gives.
#[derive(Serialize)]
struct LoggedIn<'a> {
    base_url: &'a str,
    config: &'a Path,
    checked: bool,
}

/// Asks for a key, tries it, and keeps it.
pub(crate) fn login(ctx: &Context, args: &LoginArgs) -> Result<()> {
    let base_url = ctx.asked_base_url().unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
    // An address that is refused is refused before a key is typed.
    ctx.builder_for(&candidate(Zeroizing::new("none".into()), &base_url)).build()?;
    let path = config::required_path()?;
    let api_key = if args.stdin { first_line()? } else { ask(ctx, &base_url)? };
    let candidate = candidate(api_key, &base_url);
    let client = ctx.builder_for(&candidate).build()?;
    let checked = !args.no_check && check(ctx, &client, &candidate.base_url)?;
    let Credentials { api_key, base_url, .. } = candidate;
    let config = Config { base_url, api_key };
    config::store(&config)?;
    tell(ctx, &LoggedIn { base_url: &config.base_url, config: &path, checked })
}

fn candidate(api_key: Zeroizing<String>, base_url: &str) -> Credentials {
    Credentials { api_key, base_url: base_url.to_owned(), source: KeySource::Environment }
}

fn ask(ctx: &Context, base_url: &str) -> Result<Zeroizing<String>> {
    if !input::can_ask() {
        return Err(Failure::usage("login asks for the key on a terminal, and this is none")
            .next("Pipe it in: ava login --stdin; or set AVA_API_KEY instead."));
    }
    ctx.printer.aside(WHERE_KEYS_COME_FROM);
    let typed = secret::ask(&format!("API key for {base_url} (not shown): "))?;
    trimmed(&typed)
}

fn first_line() -> Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    let read = io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::local("standard input could not be read", &error))?;
    trimmed(&line)
}

fn trimmed(typed: &str) -> Result<Zeroizing<String>> {
    match typed.trim() {
        "" => Err(Failure::usage("no key was given; nothing was changed")),
        key => Ok(Zeroizing::new(key.to_owned())),
    }
}

/// Whether the service takes the key. It is not kept if it doesn't. If nobody can be asked it is, but not in place of
/// what is kept for another address, unless a person says so: that one may well work.
fn check(ctx: &Context, client: &ava_imessage::Client, base_url: &str) -> Result<bool> {
    let tried = interrupt::run_until_interrupted(async {
        let probe = async { client.poll().since(Timestamp::now()).await };
        Ok(ctx.waiting("Trying the key", probe).await)
    })?;
    let error = match tried {
        Ok(_) => return Ok(true),
        Err(error) => error,
    };
    if matches!(error.kind(), ErrorKind::Authentication | ErrorKind::PermissionDenied) {
        return Err(
            Failure::from(error).next("The key was not kept. Check that it is whole, and for this address.")
        );
    }
    let address = origin(base_url);
    let why = words_at(&error, &address);
    let Some(kept) = config::kept_address().filter(|kept| !same_origin(kept, base_url)) else {
        let words = format!("The key is kept UNCHECKED, and may not work: it could not be tried: {why}.");
        ctx.printer.note("unchecked", &words);
        return Ok(false);
    };
    let stays = format!("the key could not be tried, so the login for {} stays", origin(&kept));
    if input::can_ask() {
        ctx.printer.note("unchecked", &format!("The key could not be tried: {why}."));
        let question = format!("Keep it unchecked, in place of the login for {}? [y/N] ", origin(&kept));
        if input::agreed(&question, secret::INTERRUPTED)? {
            return Ok(false);
        }
    }
    let failure = Failure::from(error).at(&address).about(&stays);
    Err(failure.next("Try again later; --no-check keeps the new key without asking anybody."))
}

fn tell(ctx: &Context, done: &LoggedIn<'_>) -> Result<()> {
    let printer = &ctx.printer;
    if printer.json() {
        return printer.object(done);
    }
    let tried = if done.checked {
        format!("{} The key works.", printer.paint(GREEN, "✓"))
    } else {
        format!("{} The key is unchecked.", printer.paint(YELLOW, "?"))
    };
    printer.line(&format!("{tried} It is kept for {}, in", done.base_url))?;
    printer.line(&format!("  {} (readable by you alone).", done.config.display()))?;
    printer.flush()?;
    if std::env::var_os("AVA_API_KEY").is_some() {
        printer.note("environment", "AVA_API_KEY is set, and goes before the key that was kept.");
    }
    printer.aside("Next: ava send +1234567890 'Hello!'");
    Ok(())
}

/// Removes the file.
pub(crate) fn logout(ctx: &Context, _args: &LogoutArgs) -> Result<()> {
    #[derive(Serialize)]
    struct LoggedOut<'a> {
        removed: Option<&'a Path>,
    }
    let removed = config::remove()?;
    if ctx.printer.json() {
        return ctx.printer.object(&LoggedOut { removed: removed.as_deref() });
    }
    match removed {
        Some(path) => ctx.printer.line(&format!("Forgotten: {} is gone.", path.display())),
        None => ctx.printer.line("No key was kept."),
    }
}
