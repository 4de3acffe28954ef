//! The server of fixed answers, a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::cores::{Placement, spawn_on};
use super::executable;

pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    /// Starts it on its core and waits until it is ready.
    pub(crate) fn start(programs: &Path) -> Result<Server> {
        #[derive(Deserialize)]
        struct Ready {
            base_url: String,
        }
        let mut server = Command::new(programs.join(executable("ava-bench-server")));
        server.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = spawn_on(Placement::SERVER, &mut server)?;
        let output = child.stdout.as_mut().context("no stdout")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let ready: Ready = serde_json::from_str(&line).context("the server did not get ready")?;
        Ok(Server { child, url: ready.base_url })
    }
}

impl Drop for Server {
    /// It serves until its stdin is closed.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
