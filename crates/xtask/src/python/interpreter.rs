//! The CPythons of this machine.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The oldest that the package supports, and one that is not to come soon.
const OLDEST: u8 = 9;
const NEWEST: u8 = 30;

/// A CPython with a GIL: the stable ABI of the wheel is theirs.
pub(crate) struct Interpreter {
    pub(crate) program: PathBuf,
    minor: u8,
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Python 3.{}", self.minor)
    }
}

/// One of each minor version, the oldest first.
pub(crate) fn find() -> Vec<Interpreter> {
    let mut found = BTreeMap::new();
    for program in candidates() {
        if let Some(minor) = minor_of(&program) {
            found.entry(minor).or_insert(program);
        }
    }
    found.into_iter().map(|(minor, program)| Interpreter { program, minor }).collect()
}

/// PATH first, then where pyenv and uv keep theirs.
fn candidates() -> Vec<PathBuf> {
    let mut candidates: Vec<PathBuf> =
        (OLDEST..=NEWEST).map(|n| PathBuf::from(format!("python3.{n}"))).collect();
    candidates.extend(["python3", "python"].map(PathBuf::from));
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let pyenv = std::env::var_os("PYENV_ROOT").map(PathBuf::from).or(home.as_ref().map(|h| h.join(".pyenv")));
    let folders = [pyenv.map(|root| root.join("versions")), home.map(|h| h.join(".local/share/uv/python"))];
    for folder in folders.into_iter().flatten() {
        let Ok(versions) = std::fs::read_dir(folder) else { continue };
        let mut programs: Vec<PathBuf> =
            versions.flatten().map(|entry| entry.path().join("bin/python3")).collect();
        programs.sort();
        candidates.extend(programs.into_iter().filter(|program| program.is_file()));
    }
    candidates
}

/// The minor version of what can be used: it must be able to make environments, too.
fn minor_of(program: &PathBuf) -> Option<u8> {
    const ASK: &str = "import ensurepip, platform, sys, sysconfig, venv; \
                       print(platform.python_implementation(), sys.version_info[0], sys.version_info[1], \
                       sysconfig.get_config_var('Py_GIL_DISABLED') or 0)";
    let output = Command::new(program).args(["-c", ASK]).stdin(Stdio::null()).output().ok()?;
    let words = String::from_utf8(output.stdout).ok()?;
    match words.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["CPython", "3", minor, "0"] => minor.parse().ok().filter(|minor| (OLDEST..=NEWEST).contains(minor)),
        _ => None,
    }
}
