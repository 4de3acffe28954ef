//! What holds in which language: the vectors and the table of errors, as every language's own tests saw them.
//!
//! A runner appends a line a vector and a line a kind of error to the file that `AVA_CONFORMANCE_OUT` names, in
//! target/conformance. docs/conformance.md is written from these lines, and at the end of `cargo xtask test` compared
//! with them, so that it can't claim what didn't happen.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::command::root;
use crate::generate;
use crate::names::capitalised;
use crate::report::Outcome;
use crate::tools;

const PAGE: &str = "docs/conformance.md";
const VARIABLE: &str = "AVA_CONFORMANCE_OUT";
/// The least number of vectors that is a proof of anything.
const ENOUGH: usize = 150;

/// What runs the vectors: the name in a runner's lines, and the one that readers know.
const FACES: [(&str, &str); 8] = [
    ("rust", "Rust"),
    ("python-sync", "Python"),
    ("python-async", "Python, asyncio"),
    ("node", "Node"),
    ("c-waits", "C"),
    ("c-callbacks", "C, callbacks"),
    ("kotlin", "Kotlin"),
    ("swift", "Swift"),
];

/// What has names for the kinds of errors.
const LANGUAGES: [(&str, &str); 6] = [
    ("rust", "Rust"),
    ("python", "Python"),
    ("node", "Node"),
    ("c", "C"),
    ("kotlin", "Kotlin"),
    ("swift", "Swift"),
];

/// The variable for a language's tests, and the file that it names, which is empty then: one for each run, for an
/// interpreter's or another's.
pub(crate) fn begin(run: &str) -> Result<(&'static str, PathBuf)> {
    let folder = folder()?;
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!(
        "{}.jsonl",
        run.replace(|letter: char| !letter.is_alphanumeric() && letter != '.', "-")
    ));
    std::fs::write(&file, "").with_context(|| file.display().to_string())?;
    Ok((VARIABLE, file))
}

/// Forgets earlier runs, of interpreters for one that are gone since.
pub(crate) fn forget() -> Result<()> {
    let folder = folder()?;
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}

fn folder() -> Result<PathBuf> {
    Ok(tools::target()?.join("conformance"))
}

/// Compares the page with what the tests left.
pub(crate) fn check() -> Result<Outcome> {
    let results = Results::read(&folder()?)?;
    let absent: Vec<&str> =
        FACES.iter().filter(|(face, _)| !results.has_run(face)).map(|(_, title)| *title).collect();
    if !absent.is_empty() {
        return tools::or_skip(Err(anyhow::anyhow!("it did not run in {}", absent.join(" and "))), |()| {
            Ok(Outcome::Passed)
        });
    }
    let missing = results.missing()?;
    ensure!(missing.is_empty(), "not seen to pass: {}", missing.join(", "));
    let page = page(&results)?;
    let found = std::fs::read_to_string(root().join(PAGE)).unwrap_or_default().replace("\r\n", "\n");
    ensure!(found == page, "{PAGE} is not what the tests saw (run `cargo xtask gen conformance`)");
    println!("{PAGE}: as the tests saw it");
    Ok(Outcome::Passed)
}

/// Writes the page from what the tests left.
pub(crate) fn write() -> Result<()> {
    let page = page(&Results::read(&folder()?)?)?;
    std::fs::write(root().join(PAGE), page).with_context(|| format!("writing {PAGE}"))?;
    println!("{PAGE}: written");
    Ok(())
}

/// A runner's line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    face: String,
    vector: Option<String>,
    error: Option<String>,
    passed: bool,
}

/// By what it is of and whose it is, whether it passed in all runs.
#[derive(Default)]
struct Results {
    vectors: BTreeMap<(String, String), bool>,
    errors: BTreeMap<(String, String), bool>,
}

impl Results {
    fn read(folder: &Path) -> Result<Results> {
        let entries = std::fs::read_dir(folder).context("no tests have run: `cargo xtask test` first")?;
        let mut results = Results::default();
        for entry in entries {
            let file = entry?.path();
            results
                .add(&std::fs::read_to_string(&file)?)
                .with_context(|| format!("reading {}", file.display()))?;
        }
        Ok(results)
    }

    fn add(&mut self, lines: &str) -> Result<()> {
        for line in lines.lines() {
            let line: Line = serde_json::from_str(line).with_context(|| line.to_owned())?;
            let (kind, name) = match (line.vector, line.error) {
                (Some(vector), None) => (&mut self.vectors, vector),
                (None, Some(error)) => (&mut self.errors, error),
                _ => bail!("a line is of a vector or of an error"),
            };
            *kind.entry((name, line.face)).or_insert(true) &= line.passed;
        }
        Ok(())
    }

    fn has_run(&self, face: &str) -> bool {
        self.vectors.keys().any(|(_, by)| by == face)
    }

    /// What did not pass, or did not run, and where.
    fn missing(&self) -> Result<Vec<String>> {
        let mut missing = Vec::new();
        let mut look = |what: &str, places: &[(&str, &str)], holds: &dyn Fn(&str) -> bool| {
            let not: Vec<&str> =
                places.iter().filter(|(place, _)| !holds(place)).map(|(_, title)| *title).collect();
            match not.len() {
                0 => {}
                all if all == places.len() => missing.push(format!("{what} anywhere")),
                _ => missing.push(format!("{what} in {}", not.join(" and "))),
            }
        };
        for Vector { name, .. } in groups()?.iter().flat_map(|group| &group.vectors) {
            look(name, &FACES, &|face| self.vector_passed(name, face));
        }
        for kind in generate::kinds() {
            look(kind.code, &LANGUAGES, &|language| self.error_passed(kind.code, language));
        }
        Ok(missing)
    }

    fn vector_passed(&self, name: &str, face: &str) -> bool {
        self.vectors.get(&(name.to_owned(), face.to_owned())).is_some_and(|passed| *passed)
    }

    fn error_passed(&self, code: &str, language: &str) -> bool {
        self.errors.get(&(code.to_owned(), language.to_owned())).is_some_and(|passed| *passed)
    }
}

/// Vectors whose names begin with the same word.
struct Group {
    word: String,
    about: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    about: String,
}

/// All vectors, in the order and with the words of the table in their README.
fn groups() -> Result<Vec<Group>> {
    let folder = root().join("tests/vectors");
    let readme = std::fs::read_to_string(folder.join("README.md"))?;
    let (_, table) = readme.split_once("\n## Names\n").context("tests/vectors/README.md has no Names")?;
    let rows = table.lines().take_while(|line| !line.starts_with('#'));
    let rows = rows.filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "));
    let mut groups: Vec<Group> = rows
        .map(|(word, about)| Group { word: word.to_owned(), about: about.to_owned(), vectors: Vec::new() })
        .collect();
    for entry in std::fs::read_dir(&folder)? {
        let file = entry?.path();
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if stem == "errors" || file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let vector: Vector =
            serde_json::from_str(&std::fs::read_to_string(&file)?).with_context(|| stem.clone())?;
        let word = stem.split('-').next().unwrap_or_default();
        let group = groups.iter_mut().find(|group| group.word == word);
        group.with_context(|| format!("tests/vectors/README.md names no {word}"))?.vectors.push(vector);
    }
    for group in &mut groups {
        group.vectors.sort_by(|one, other| one.name.cmp(&other.name));
        ensure!(
            !group.vectors.is_empty(),
            "tests/vectors/README.md names {}, and no vector does",
            group.word
        );
    }
    Ok(groups)
}

fn page(results: &Results) -> Result<String> {
    let groups = groups()?;
    let count: usize = groups.iter().map(|group| group.vectors.len()).sum();
    ensure!(count >= ENOUGH, "{count} vectors are too few: {ENOUGH} were promised");
    let mut text = format!(
        "<!-- Generated by `cargo xtask gen conformance` from what the tests saw. Do not edit. -->\n\n\
         # Conformance\n\n\
         {count} vectors, each a promise of the SDK as steps against the sandbox and what must come of them, are played\n\
         through every face of every language by a runner of its own ([how](../tests/vectors/README.md)). A cell says how\n\
         many passed. `cargo xtask test` plays all of them, and fails if this page is not what came of it.\n\n"
    );
    totals(&mut text, &groups, results);
    errors(&mut text, results);
    text.push_str("\n## Every vector\n");
    for group in &groups {
        // Writing to a string does not fail.
        let _ = write!(text, "\n### {}\n\n", capitalised(&group.about));
        for Vector { name, about } in &group.vectors {
            let faces: Vec<&str> = FACES
                .iter()
                .filter(|(face, _)| !results.vector_passed(name, face))
                .map(|(_, title)| *title)
                .collect();
            let failed =
                if faces.is_empty() { String::new() } else { format!(" **Not in {}.**", faces.join("; ")) };
            let _ = writeln!(text, "- [`{name}`](../tests/vectors/{name}.json): {}{failed}", about.trim());
        }
    }
    Ok(text)
}

/// Groups by faces.
fn totals(text: &mut String, groups: &[Group], results: &Results) {
    let titles = FACES.map(|(_, title)| title).join(" | ");
    let _ = write!(text, "| | {titles} |\n| --- |{}\n", " --- |".repeat(FACES.len()));
    let every: Vec<&Vector> = groups.iter().flat_map(|group| &group.vectors).collect();
    let passed = |vectors: &[&Vector]| {
        FACES
            .map(|(face, _)| {
                let passed =
                    vectors.iter().filter(|vector| results.vector_passed(&vector.name, face)).count();
                format!("{passed}/{}", vectors.len())
            })
            .join(" | ")
    };
    for group in groups {
        let _ = writeln!(text, "| {} | {} |", group.about, passed(&group.vectors.iter().collect::<Vec<_>>()));
    }
    let _ = writeln!(text, "| **all** | {} |", passed(&every));
}

/// Kinds by languages, under their names there.
fn errors(text: &mut String, results: &Results) {
    text.push_str(
        "\n## Errors\n\n\
         Every kind of error, by its name in each language. A test of the language holds number, code and name to the\n\
         core's table; how errors arrive, and what they carry, is among the vectors. What to do about each: [errors](errors.md).\n\n",
    );
    let titles = LANGUAGES.map(|(_, title)| title).join(" | ");
    let _ = write!(text, "| | {titles} |\n| --- |{}\n", " --- |".repeat(LANGUAGES.len()));
    let kinds = generate::kinds();
    for kind in &kinds {
        let cells = LANGUAGES.map(|(language, _)| {
            let name = kind.names.get(language).map_or("?", String::as_str);
            let held = results.error_passed(kind.code, language);
            if held { format!("`{name}`") } else { format!("`{name}` **not seen**") }
        });
        let _ = writeln!(text, "| {} `{}` | {} |", kind.number, kind.code, cells.join(" | "));
    }
    let sums = LANGUAGES.map(|(language, _)| {
        let passed = kinds.iter().filter(|kind| results.error_passed(kind.code, language)).count();
        format!("{passed}/{}", kinds.len())
    });
    let _ = writeln!(text, "| **all** | {} |", sums.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_once_has_not_passed() {
        let mut results = Results::default();
        results.add("{\"face\":\"node\",\"vector\":\"a\",\"passed\":false}\n").unwrap();
        results.add("{\"face\":\"node\",\"vector\":\"a\",\"passed\":true}\n").unwrap();
        results.add("{\"face\":\"node\",\"error\":\"timeout\",\"passed\":true}\n").unwrap();
        assert!(results.has_run("node") && !results.has_run("swift"));
        assert!(!results.vector_passed("a", "node"));
        assert!(results.error_passed("timeout", "node") && !results.error_passed("timeout", "swift"));
        assert!(results.add("{\"face\":\"node\",\"passed\":true}").is_err());
    }

    #[test]
    fn every_vector_is_of_a_group() {
        assert!(groups().unwrap().len() > 10);
    }
}
