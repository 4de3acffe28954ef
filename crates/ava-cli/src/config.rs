//! The config file: one key, and the address that it belongs to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::failure::{Failure, Result};

/// What `ava login` keeps.
#[derive(Serialize, Deserialize)]
pub(crate) struct Config {
    pub(crate) base_url: String,
    pub(crate) api_key: Zeroizing<String>,
}

/// `$XDG_CONFIG_HOME/ava/config.toml`, else `~/.config/ava/config.toml`; `%APPDATA%\ava\config.toml` on Windows.
pub(crate) fn path() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let configs = folder("XDG_CONFIG_HOME").or_else(|| {
        if cfg!(windows) { folder("APPDATA") } else { folder("HOME").map(|home| home.join(".config")) }
    })?;
    Some(configs.join("ava").join("config.toml"))
}

/// The path, for whom it must be there.
pub(crate) fn required_path() -> Result<PathBuf> {
    path().ok_or_else(|| {
        Failure::configuration("no place for a config file: neither XDG_CONFIG_HOME nor HOME is set")
    })
}

/// What is kept, if anything is.
pub(crate) fn load() -> Result<Option<(Config, PathBuf)>> {
    let Some(path) = path() else { return Ok(None) };
    let unread = |error: &io::Error| Failure::local(format!("{} could not be read", path.display()), error);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unread(&error)),
    };
    refuse_if_shared(&file, &path).map_err(|error| unread(&error))??;
    let mut written = Zeroizing::new(String::new());
    file.read_to_string(&mut written).map_err(|error| unread(&error))?;
    let config = parse(&written).map_err(|()| {
        Failure::configuration(format!("{}: expected base_url and api_key, as TOML", path.display()))
            .next("Write it anew with `ava login`.")
    })?;
    Ok(Some((config, path)))
}

/// The parser's own words would quote the line, and the line may be the key.
pub(crate) fn parse(written: &str) -> std::result::Result<Config, ()> {
    toml::from_str(written).map_err(drop)
}

/// The address of what is kept, for whom the key is of no use. What can't be read tells of none.
pub(crate) fn kept_address() -> Option<String> {
    #[derive(Deserialize)]
    struct Address {
        base_url: String,
    }
    let written = Zeroizing::new(fs::read_to_string(path()?).ok()?);
    toml::from_str(&written).ok().map(|Address { base_url }| base_url)
}

/// A key that others can read is one that others may have.
#[cfg(unix)]
fn refuse_if_shared(file: &File, path: &Path) -> io::Result<Result<()>> {
    use std::os::unix::fs::PermissionsExt;
    if file.metadata()?.permissions().mode() & 0o077 == 0 {
        return Ok(Ok(()));
    }
    let shared =
        Failure::configuration(format!("{}: others may read it, and it holds a key", path.display()));
    Ok(Err(shared.next(format!("Run: chmod 600 {}", path.display()))))
}

#[cfg(not(unix))]
fn refuse_if_shared(_file: &File, _path: &Path) -> io::Result<Result<()>> {
    Ok(Ok(()))
}

/// Keeps it in place of what was there: readable by the owner alone from its first byte on, and all of it or none.
pub(crate) fn store(config: &Config) -> Result<PathBuf> {
    let path = required_path()?;
    let toml = toml::to_string(config).map(Zeroizing::new);
    let toml = toml.map_err(|_| Failure::configuration("the key can't be written as TOML"))?;
    replace(&path, toml.as_bytes())
        .map_err(|error| Failure::local(format!("{} could not be written", path.display()), &error))?;
    Ok(path)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let temporary = folder.join(format!(".config.toml.{}", std::process::id()));
    let written = write_new(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Forgets what is kept; says where it was.
pub(crate) fn remove() -> Result<Option<PathBuf>> {
    let path = required_path()?;
    match fs::remove_file(&path) {
        Ok(()) => Ok(Some(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::local(format!("{} could not be removed", path.display()), &error)),
    }
}
