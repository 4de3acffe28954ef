//! Fuzzing: libFuzzer with the coverage of the stable compiler, and the replay of what it found to be worth keeping.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::{cargo, command, read, root, run as done};
use crate::report::{Counts, Outcome};
use crate::tools;

/// What `cargo fuzz --sanitizer none` builds with: counters and comparisons that libFuzzer watches.
const COVERAGE: [&str; 8] = [
    "--cfg=libfuzzer",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=4",
    "-Cdebug-assertions=on",
];
/// An input that takes longer is a finding.
const LONGEST_SECONDS: u64 = 10;
const MEMORY_MB: u64 = 2048;
const LARGEST_BYTES: u64 = 4096;
/// So many files of a corpus are kept at the most: enough for the coverage, few enough for a repository.
const KEPT_INPUTS: usize = 200;

/// Feeds each target for so long.
pub(crate) fn run(targets: &[String], time: Duration, keep: bool) -> Result<()> {
    let fuzzer = build()?;
    let all = corpora()?;
    let targets = if targets.is_empty() { &all } else { targets };
    if let Some(unknown) = targets.iter().find(|target| !all.contains(target)) {
        bail!("there is no target {unknown:?}, but {}", all.join(", "));
    }
    let mut failed = Vec::new();
    let mut lines = Vec::new();
    for name in targets {
        let target = Target::new(&fuzzer, name)?;
        match target.run(time)? {
            Ok(found) => lines.push(found),
            Err(failure) => {
                lines.push(format!("{name}: {failure}"));
                failed.push(name.as_str());
                continue;
            }
        }
        if keep {
            lines.push(target.keep()?);
        }
    }
    println!("\n{}", lines.join("\n"));
    if !failed.is_empty() {
        bail!("findings in {}", failed.join(", "));
    }
    Ok(())
}

/// Replays every corpus in the program that the tests build, without coverage.
pub(crate) fn replay() -> Result<Outcome> {
    done(&mut cargo(["build", "--workspace", "--all-features", "--bin", "ava-fuzz", "--quiet"]))?;
    let replay = tools::target()?.join("debug").join(format!("ava-fuzz{}", std::env::consts::EXE_SUFFIX));
    let told = read(&mut command(replay))?;
    let count = told.lines().last().and_then(|line| line.strip_suffix(" inputs replayed")?.parse().ok());
    let passed = count.with_context(|| format!("the replay ended with {told:?}"))?;
    Ok(Outcome::Ran(Counts { passed, ..Counts::default() }))
}

fn build() -> Result<PathBuf> {
    let host = read(command("rustc").arg("-vV"))?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let target = target()?;
    println!("building with coverage; this takes some minutes, once");
    // With --target, what runs while building is built without coverage.
    let mut build = cargo(["build", "--package", "ava-fuzz", "--profile", "fuzz", "--target", host]);
    build.arg("--target-dir").arg(&target).env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\x1f"));
    done(&mut build)?;
    Ok(target.join(host).join("fuzz").join("ava-fuzz"))
}

/// The folders of corpora, in the order of their names.
fn corpora() -> Result<Vec<String>> {
    let folders = std::fs::read_dir(committed())?.map(|folder| Ok(folder?.file_name().into_string()));
    let mut names: Vec<String> = folders.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    names.sort();
    Ok(names)
}

fn committed() -> PathBuf {
    root().join("crates/ava-fuzz/corpus")
}

fn target() -> Result<PathBuf> {
    Ok(tools::target()?.join("fuzz"))
}

struct Target<'a> {
    fuzzer: &'a Path,
    name: &'a str,
    corpus: PathBuf,
    /// What runs on this machine found, and goes on from.
    work: PathBuf,
    findings: PathBuf,
}

impl<'a> Target<'a> {
    fn new(fuzzer: &'a Path, name: &'a str) -> Result<Target<'a>> {
        let target = target()?;
        let [work, findings] = ["corpus", "findings"].map(|folder| target.join(folder).join(name));
        for folder in [&work, &findings] {
            std::fs::create_dir_all(folder)?;
        }
        Ok(Target { fuzzer, name, corpus: committed().join(name), work, findings })
    }

    fn fuzzer(&self) -> Command {
        let mut fuzzer = command(self.fuzzer);
        fuzzer.env("AVA_FUZZ_TARGET", self.name).env("RUST_BACKTRACE", "1");
        fuzzer.arg(format!("-max_len={LARGEST_BYTES}"));
        fuzzer
    }

    /// What was tried and reached, or else what was found.
    fn run(&self, time: Duration) -> Result<Result<String, String>> {
        let mut fuzzer = self.fuzzer();
        fuzzer.arg(format!("-max_total_time={}", time.as_secs().max(1)));
        fuzzer.arg(format!("-timeout={LONGEST_SECONDS}")).arg(format!("-rss_limit_mb={MEMORY_MB}"));
        fuzzer.arg(format!("-artifact_prefix={}/", self.findings.display()));
        fuzzer.args(["-print_final_stats=1", "-use_value_profile=1"]);
        fuzzer.arg(&self.work).arg(&self.corpus);
        println!("\n{}: {} s", self.name, time.as_secs());
        let mut child = fuzzer.stderr(Stdio::piped()).spawn().context("running the fuzzer")?;
        let mut last = String::new();
        let (mut tried, mut said) = (0, Vec::new());
        for line in child.stderr.take().into_iter().flat_map(|said| BufReader::new(said).lines()) {
            let line = line?;
            if let Some(count) = line.strip_prefix("stat::number_of_executed_units:") {
                tried = count.trim().parse()?;
            } else if line.contains(" cov: ") {
                last = line;
            } else if !line.starts_with("stat::") {
                said.push(line);
            }
        }
        if !child.wait()?.success() {
            println!("{}", said.join("\n"));
            return Ok(Err(format!("a finding, kept in {}", self.findings.display())));
        }
        let figure = |name: &str| {
            let rest = last.split_once(name).map(|(_, rest)| rest.trim_start());
            rest.and_then(|rest| rest.split_whitespace().next()).unwrap_or("?").to_owned()
        };
        let rate = tried / time.as_secs().max(1);
        let (edges, features, inputs) = (figure(" cov: "), figure(" ft: "), figure(" corp: "));
        let name = self.name;
        Ok(Ok(format!(
            "{name}: {tried} inputs ({rate} a second), {edges} edges, {features} features, corpus {inputs}"
        )))
    }

    /// Makes the committed corpus the smallest that reaches what all inputs reach, within bounds.
    fn keep(&self) -> Result<String> {
        let merged = target()?.join("merged").join(self.name);
        if merged.exists() {
            std::fs::remove_dir_all(&merged)?;
        }
        std::fs::create_dir_all(&merged)?;
        let mut merge = self.fuzzer();
        merge.args(["-merge=1", "-use_value_profile=0"]).arg(&merged).arg(&self.corpus).arg(&self.work);
        let output = merge.output().context("merging")?;
        if !output.status.success() {
            bail!("merging {} failed:\n{}", self.name, String::from_utf8_lossy(&output.stderr));
        }
        let files = std::fs::read_dir(&merged)?.map(|file| {
            let file = file?;
            Ok((file.metadata()?.len(), file.path()))
        });
        let mut files = files.collect::<Result<Vec<_>>>()?;
        files.sort();
        // Named by hand, an input is a finding or a seed that people look for: it stays.
        let by_hand = |path: &Path| path.extension().is_some();
        for old in std::fs::read_dir(&self.corpus)? {
            let old = old?.path();
            if !by_hand(&old) {
                std::fs::remove_file(old)?;
            }
        }
        let found = files.len();
        // Spread over all sizes, where there are too many.
        let step = found.div_ceil(KEPT_INPUTS).max(1);
        let kept: Vec<_> = files.iter().step_by(step).collect();
        for (_, file) in &kept {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            std::fs::copy(file, self.corpus.join(&name[..name.len().min(12)]))?;
        }
        Ok(format!("{}: {} of {found} inputs kept", self.name, kept.len()))
    }
}
