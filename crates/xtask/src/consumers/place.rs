//! An empty folder without a network, and a sandbox in it: what a stranger has who installs the packages offline.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::command::{command, root};
use crate::package::profile::{cargo_home, home};
use crate::package::{What, archive, platform, version};
use crate::tools;

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9";
/// What a program that listens for an answer must not wait for ever; a compiler on a busy machine needs minutes.
const PATIENCE: Duration = Duration::from_secs(900);
/// Milliseconds until the sandbox's other side answers.
const ECHO: &str = "200";

/// The folder, and the sandbox. Both go when it is dropped.
pub(super) struct Place {
    folder: PathBuf,
    sandbox: Child,
    /// Kept open: the sandbox would fail to print.
    _printed: BufReader<ChildStdout>,
    ready: Ready,
    alone: bool,
}

#[derive(Deserialize)]
struct Ready {
    base_url: String,
    api_key: String,
}

impl Place {
    /// Makes it, with a copy of the project of `tests/consumers`, and starts the packaged `ava sandbox` in it.
    pub(super) fn open(project: &str) -> Result<Place> {
        let folder = std::env::temp_dir().join(format!("ava-imessage-{}", std::process::id())).join(project);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        copy(&root().join("tests/consumers").join(project), &folder.join("project"))?;
        std::fs::create_dir_all(folder.join("home"))?;
        archive::unpack(&What::Command.package("ava-", ".tar.gz")?, &folder)?;
        let ava = programs(&folder).join(format!("ava{}", std::env::consts::EXE_SUFFIX));
        let alone = can_be_alone();
        let mut sandbox = if alone { without_network(&ava) } else { command(&ava) };
        sandbox.args(["sandbox", "--json", "--echo", ECHO]).stdout(Stdio::piped());
        let mut sandbox = sandbox.spawn().context("starting the sandbox")?;
        let mut printed = BufReader::new(sandbox.stdout.take().context("no output")?);
        let mut line = String::new();
        printed.read_line(&mut line)?;
        let ready = serde_json::from_str(&line).with_context(|| format!("the sandbox says {line:?}"));
        match ready {
            Ok(ready) => Ok(Place { folder, sandbox, _printed: printed, ready, alone }),
            Err(error) => {
                let _ = sandbox.kill();
                let _ = sandbox.wait();
                Err(error)
            }
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The copy of the project.
    pub(super) fn project(&self) -> PathBuf {
        self.folder.join("project")
    }

    /// The folder of the packaged `ava`.
    pub(super) fn programs(&self) -> PathBuf {
        programs(&self.folder)
    }

    /// Runs a program in the project's folder, and fails with what it printed if it does.
    pub(super) fn run(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Result<()> {
        self.finish(command(program).args(arguments).current_dir(self.project()))
    }

    /// Runs a command as it is, but without a network, and with nothing of this machine's environment beyond what a
    /// toolchain needs.
    pub(super) fn finish(&self, inner: &Command) -> Result<()> {
        let mut outer = if self.alone {
            let mut outer = Command::new("nsenter");
            outer.arg(format!("--net=/proc/{}/ns/net", self.sandbox.id())).arg("--").arg(inner.get_program());
            outer
        } else {
            Command::new(inner.get_program())
        };
        outer.args(inner.get_args()).env_clear().envs(self.environment()?);
        for (name, value) in inner.get_envs() {
            if let Some(value) = value {
                outer.env(name, value);
            }
        }
        outer.current_dir(inner.get_current_dir().unwrap_or(&self.folder));
        let program = inner.get_program().display();
        // A file takes what it prints, so that nobody has to read while it runs.
        let said = self.folder.join("printed");
        let printed = std::fs::File::create(&said)?;
        outer.stdin(Stdio::null()).stdout(printed.try_clone()?).stderr(printed);
        let mut child = outer.spawn().with_context(|| format!("running {program}"))?;
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if Instant::now() > until {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        if status.is_some_and(|status| status.success()) {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&std::fs::read(said)?).into_owned();
        match status {
            Some(status) => bail!("{program} ended with {status}\n{said}"),
            None => bail!("{program} didn't end\n{said}"),
        }
    }

    fn environment(&self) -> Result<Vec<(String, std::ffi::OsString)>> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(self.programs()).chain(std::env::split_paths(&path));
        let mut environment: Vec<(String, std::ffi::OsString)> = vec![
            ("PATH".into(), std::env::join_paths(paths)?),
            // Nobody's settings, and nothing that was downloaded before.
            ("HOME".into(), self.folder.join("home").into()),
            ("LANG".into(), "C.UTF-8".into()),
            ("AVA_BASE_URL".into(), self.ready.base_url.clone().into()),
            ("AVA_API_KEY".into(), self.ready.api_key.clone().into()),
            // Those of the toolchains.
            ("CARGO_HOME".into(), cargo_home()?.into()),
            ("RUSTUP_HOME".into(), home()?.join(".rustup").into()),
        ];
        for name in ["RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "JAVA_HOME", "SystemRoot", "TEMP"] {
            if let Some(value) = std::env::var_os(name) {
                environment.push((name.into(), value));
            }
        }
        for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            environment.push((name.into(), NOWHERE.into()));
        }
        Ok(environment)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.sandbox.kill();
        let _ = self.sandbox.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
        // The last one takes the folder of them all away.
        if let Some(all) = self.folder.parent() {
            let _ = std::fs::remove_dir(all);
        }
    }
}

fn programs(folder: &Path) -> PathBuf {
    folder.join(format!("ava-{}-{}", version(), platform()))
}

/// Whether a process here may have a network of its own, in which there is nothing but itself.
pub(super) fn can_be_alone() -> bool {
    cfg!(target_os = "linux")
        && tools::debian(&[("ip", "iproute2"), ("nsenter", "util-linux")]).is_ok()
        && without_network(Path::new("true")).output().is_ok_and(|output| output.status.success())
}

/// A program with a loopback of its own. It is the process that is started, so that others may join it by its number.
fn without_network(program: &Path) -> Command {
    let mut unshare = command("unshare");
    unshare.args(["--net", "--", "sh", "-euc", "ip link set lo up; exec \"$@\"", "sh"]).arg(program);
    unshare
}

/// Copies what is the project's; not what a build left there.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    let entries = std::fs::read_dir(from).with_context(|| from.display().to_string())?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        if ["target", "node_modules", ".build"].iter().any(|built| name == *built) {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(name))?;
        } else {
            std::fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}
