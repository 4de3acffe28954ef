//! The sandbox as a process: what the `ava sandbox` command runs.

use std::io::{self, Write};

use serde::Serialize;

use crate::{sandbox::Sandbox, settings::Settings};

/// Options of [`serve`].
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// The port on 127.0.0.1. Default 0: a free one.
    pub port: u16,
    /// The key that the API accepts. Default: a new one.
    pub api_key: Option<String>,
    /// The settings it starts with.
    pub settings: Settings,
    /// Print the ready line as JSON. Default false.
    pub json: bool,
    /// Whether `POST /_sandbox/shutdown` ends it. Default false.
    pub allow_shutdown: bool,
}

/// Serves until `shutdown` resolves (or `POST /_sandbox/shutdown`, where allowed), after one line on stdout that says
/// it is ready: for people, or with `json` as `{"event":"ready","base_url":…,"api_key":…,"pid":…,
/// "page_url":…}`.
///
/// # Errors
/// If the port can't be bound, or stdout is closed.
pub async fn serve(options: ServeOptions, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    serve_to(options, io::stdout(), shutdown).await
}

/// [`serve`], with the ready line written to `out`.
///
/// # Errors
/// If the port can't be bound, or `out` fails.
pub async fn serve_to(
    options: ServeOptions,
    mut out: impl Write,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let ServeOptions { port, api_key, settings, json, allow_shutdown } = options;
    let mut builder = Sandbox::builder().port(port).settings(settings).allow_shutdown(allow_shutdown);
    if let Some(api_key) = api_key {
        builder = builder.api_key(api_key);
    }
    let sandbox = builder.start().await?;
    writeln!(out, "{}", ready_line(&sandbox, json)?)?;
    out.flush()?;
    drop(out);
    tokio::select! {
        () = shutdown => {}
        () = sandbox.shutdown_requested() => {}
    }
    sandbox.shutdown().await;
    Ok(())
}

fn ready_line(sandbox: &Sandbox, json: bool) -> io::Result<String> {
    #[derive(Serialize)]
    struct Ready<'a> {
        event: &'a str,
        base_url: &'a str,
        api_key: &'a str,
        pid: u32,
        page_url: &'a str,
    }
    let (base_url, api_key) = (sandbox.base_url(), sandbox.api_key());
    if json {
        let page_url = &sandbox.page_url();
        let ready = Ready { event: "ready", base_url, api_key, pid: std::process::id(), page_url };
        return Ok(serde_json::to_string(&ready)?);
    }
    Ok(format!("ava sandbox ready at {base_url}  key: {api_key}  (no message leaves this machine)"))
}
