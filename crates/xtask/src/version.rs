//! One version everywhere. It stands in `Cargo.toml`; what can be derived from it is: crates, wheels, the C header,
//! pkg-config, CMake and `ava --version` have it from there. What can't be is compared here.

use anyhow::{Context, Result, bail, ensure};

use crate::command::{cargo, read, root};
use crate::package::version;

/// Manifests of npm's that say it.
const NPM: [&str; 3] = ["node/package.json", "node/package-lock.json", "node/cli/package.json"];
/// Maven's file that says it, and those that ask for it.
const POM: &str = "bindings/kotlin/pom.xml";
const ASKING: [&str; 5] = [
    "bindings/kotlin/sample/pom.xml",
    "bindings/kotlin/bench/pom.xml",
    "tests/consumers/kotlin/pom.xml",
    "tests/consumers/maven/pom.xml",
    "tests/soak/kotlin/pom.xml",
];
/// Python's, which must not say it: maturin has it from the crate.
const PYTHON: [&str; 2] = ["python/pyproject.toml", "python/cli/pyproject.toml"];

/// Fails on every place that says another version than `Cargo.toml`.
pub(crate) fn check() -> Result<()> {
    let mut wrong = Vec::new();
    let mut say = |place: &str, said: Option<String>| {
        if said.as_deref() != Some(version()) {
            wrong.push(format!("{place} says {}", said.unwrap_or_else(|| "none".to_owned())));
        }
    };
    for (name, said) in crates()? {
        say(&name, Some(said));
    }
    for (name, said) in dependencies(&text("Cargo.toml")?)? {
        say(&format!("Cargo.toml of {name}"), said);
    }
    for file in NPM {
        let manifest: serde_json::Value = serde_json::from_str(&text(file)?).context(file)?;
        say(file, manifest["version"].as_str().map(str::to_owned));
    }
    say(POM, of_maven(&text(POM)?).into_iter().next());
    for (file, text) in
        ASKING.iter().copied().chain(["bindings/kotlin/README.md"]).map(|file| (file, text(file)))
    {
        let said = of_maven(&text?);
        ensure!(
            !said.is_empty(),
            "{file} doesn't ask for ava-imessage any more: crates/xtask/src/version.rs"
        );
        said.into_iter().for_each(|said| say(file, Some(said)));
    }
    say("include/ava_imessage.h", between(&text("include/ava_imessage.h")?, "#define AVA_VERSION \"", "\""));
    for file in PYTHON {
        let manifest: toml::Value = toml::from_str(&text(file)?).context(file)?;
        if manifest["project"].get("version").is_some() {
            wrong.push(format!("{file} says a version of its own"));
        }
    }
    if let Some(released) = newest(&text("CHANGELOG.md")?)?
        && released != version()
    {
        wrong.push(format!("CHANGELOG.md begins with {released}"));
    }
    if !wrong.is_empty() {
        bail!("Cargo.toml has the version {}, but {}", version(), wrong.join("; "));
    }
    Ok(())
}

fn text(file: &str) -> Result<String> {
    std::fs::read_to_string(root().join(file)).with_context(|| file.to_owned())
}

/// Every crate, and its version.
fn crates() -> Result<Vec<(String, String)>> {
    let metadata = read(&mut cargo(["metadata", "--no-deps", "--format-version", "1", "--offline"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Ok(packages.iter().map(|package| (text(&package["name"]), text(&package["version"]))).collect())
}

/// Which versions the workspace asks for of its own crates.
fn dependencies(manifest: &str) -> Result<Vec<(String, Option<String>)>> {
    let manifest: toml::Value = toml::from_str(manifest)?;
    let all = manifest["workspace"]["dependencies"].as_table().context("no dependencies in Cargo.toml")?;
    let ours = all.iter().filter(|(_, wanted)| wanted.get("path").is_some());
    Ok(ours
        .map(|(name, wanted)| {
            (name.clone(), wanted.get("version").and_then(toml::Value::as_str).map(str::to_owned))
        })
        .collect())
}

/// The versions that stand after our artifact's name, in XML of Maven's.
fn of_maven(xml: &str) -> Vec<String> {
    let ours = xml.split("<artifactId>ava-imessage</artifactId>").skip(1);
    ours.filter_map(|rest| between(rest, "<version>", "</version>")).collect()
}

/// The newest release in the changelog, if there is one. What isn't released stands above it.
fn newest(changelog: &str) -> Result<Option<String>> {
    let mut headings = changelog.lines().filter_map(|line| line.strip_prefix("## ["));
    let first = headings.next().and_then(|rest| rest.split(']').next());
    match first {
        Some("Unreleased") => Ok(headings.next().and_then(|rest| rest.split(']').next()).map(str::to_owned)),
        Some(version) => Ok(Some(version.to_owned())),
        None => bail!("CHANGELOG.md has no `## [` heading"),
    }
}

fn between(text: &str, begin: &str, end: &str) -> Option<String> {
    let (_, rest) = text.split_once(begin)?;
    Some(rest.split_once(end)?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_release_is_found() -> Result<()> {
        assert_eq!(newest("# C\n## [Unreleased]\n### Added\n")?, None);
        assert_eq!(
            newest("# C\n## [Unreleased]\n\n## [0.2.0] - 2027-01-01\n## [0.1.0]\n")?,
            Some("0.2.0".into())
        );
        assert_eq!(newest("# C\n## [0.1.0] - 2026-12-01\n")?, Some("0.1.0".into()));
        assert!(newest("# C\n").is_err());
        Ok(())
    }

    #[test]
    fn mavens_versions_are_found() {
        let xml = "<artifactId>ava-imessage</artifactId>\n <version>1.2.3</version>\n<artifactId>other</artifactId>\
                   <version>9</version><artifactId>ava-imessage</artifactId><version>1.2.4</version>";
        assert_eq!(of_maven(xml), ["1.2.3", "1.2.4"]);
    }
}
