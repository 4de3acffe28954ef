//! Virtual environments with pinned packages, in the user's cache folder.

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::folder;
use super::interpreter::Interpreter;
use crate::command::{command, root, run as done};
use crate::tools;

/// Written when everything is in it.
const COMPLETE: &str = "complete";

/// An environment that is complete.
pub(crate) struct Environment(PathBuf);

impl Environment {
    /// The environment of tools alone, which all checkouts share. Made if it isn't there; other requirements make another.
    pub(crate) fn of_tools(interpreter: &Interpreter, requirements: &[&str]) -> Result<Environment> {
        Environment::make(interpreter, requirements, None)
    }

    /// The same for this checkout alone: a build of ours is put into it, and another checkout would test that as its own.
    /// Making it takes a quarter of a minute. Two runs in one checkout share it, as they share `target`.
    pub(crate) fn with(interpreter: &Interpreter, requirements: &[&str]) -> Result<Environment> {
        Environment::make(interpreter, requirements, Some(root()))
    }

    fn make(interpreter: &Interpreter, requirements: &[&str], of: Option<PathBuf>) -> Result<Environment> {
        let files: Vec<PathBuf> = requirements.iter().map(|file| folder().join(file)).collect();
        let mut hasher = DefaultHasher::new();
        interpreter.program.hash(&mut hasher);
        if let Some(checkout) = of {
            checkout.hash(&mut hasher);
        }
        for file in &files {
            let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            text.hash(&mut hasher);
        }
        let name = format!("{interpreter} {:016x}", hasher.finish()).to_lowercase().replace(' ', "-");
        let environment = Environment(tools::cache()?.join("python").join(name));
        // Two that make it would take away each other's half.
        let _turn = tools::turn(&environment.0)?;
        if !environment.0.join(COMPLETE).is_file() {
            println!("{interpreter}: making an environment with {}", requirements.join(" and "));
            // What an interrupted run left.
            let _ = std::fs::remove_dir_all(&environment.0);
            done(command(&interpreter.program).args(["-m", "venv"]).arg(&environment.0))?;
            let mut pip = environment.pip();
            pip.arg("--no-deps");
            for file in &files {
                pip.arg("--requirement").arg(file);
            }
            done(&mut pip)?;
            std::fs::write(environment.0.join(COMPLETE), "")?;
        }
        Ok(environment)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    fn programs(&self) -> PathBuf {
        self.0.join(if cfg!(windows) { "Scripts" } else { "bin" })
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.programs().join(format!("python{}", std::env::consts::EXE_SUFFIX))
    }

    /// One of its programs, which finds the others.
    pub(crate) fn run(&self, program: impl AsRef<Path>) -> Command {
        let mut run = command(self.programs().join(program));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(self.programs()).chain(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(paths) {
            run.env("PATH", path);
        }
        run.env("VIRTUAL_ENV", &self.0);
        run
    }

    /// Puts a wheel in, in place of what it had of that name.
    pub(crate) fn install(&self, wheel: impl AsRef<OsStr>) -> Result<()> {
        done(self.pip().args(["--no-deps", "--force-reinstall"]).arg(wheel))
    }

    fn pip(&self) -> Command {
        let mut pip = self.run("python");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.env("PIP_ROOT_USER_ACTION", "ignore");
        pip
    }
}
