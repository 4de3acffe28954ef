//! Java and Maven: the machine's, or Debian's packages of them.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::read;
use crate::tools;

/// What Debian calls them.
const JDK: &str = "openjdk-17-jdk-headless";
const PACKAGES: [(&str, &str); 2] = [("javac", JDK), ("mvn", "maven")];
/// What the tests and the compiler run on.
const OLDEST: u32 = 17;

/// Says which there are, after installing them where they are missing and this may.
pub(super) fn setup() -> Result<String> {
    if let Some(found) = found() {
        return Ok(found);
    }
    println!("a JDK from {OLDEST} on and Maven are needed on PATH");
    tools::debian(&PACKAGES)?;
    // Both may be there, and the JDK too old.
    if found().is_none() {
        tools::install(&[JDK])?;
    }
    match found() {
        Some(found) => Ok(found),
        None => bail!(
            "there is still no JDK from {OLDEST} on and Maven on PATH, after their installation{}",
            std::env::var("JAVA_HOME").map(|home| format!("; JAVA_HOME is {home}")).unwrap_or_default()
        ),
    }
}

/// What `mvn --version` says, if it is there and has a JDK that is new enough.
fn found() -> Option<String> {
    let output =
        super::maven::mvn().arg("--version").output().ok().filter(|output| output.status.success())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = java(&said)?;
    // A runtime alone has no compiler.
    let compiler = Command::new(if cfg!(windows) { "javac.exe" } else { "javac" }).arg("-version").output();
    if version < OLDEST || !compiler.is_ok_and(|output| output.status.success()) {
        return None;
    }
    Some(format!("{} on Java {version}", said.lines().next().unwrap_or_default()))
}

/// What Java runs Maven, exactly.
pub(super) fn java_version() -> Result<String> {
    let said = read(super::maven::mvn().arg("--version"))?;
    let line = said.lines().find_map(|line| line.strip_prefix("Java version: ")).context("no Java")?;
    Ok(line.split(',').next().unwrap_or(line).to_owned())
}

/// `Java version: 17.0.15, vendor: …` as 17.
fn java(said: &str) -> Option<u32> {
    let version = said.lines().find_map(|line| line.strip_prefix("Java version: "))?;
    version.split(['.', ',', '-']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_java_is_read() {
        let said =
            "Apache Maven 3.8.7\nMaven home: /usr/share/maven\nJava version: 17.0.15, vendor: Debian\n";
        assert_eq!(java(said), Some(17));
        assert_eq!(java("Java version: 21-ea, vendor: x"), Some(21));
        assert_eq!(java("no such thing"), None);
    }
}
