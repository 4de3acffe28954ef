//! The Maven module of `bindings/kotlin`: what it is built of, the checks, the packages.

mod core;
mod documents;
mod maven;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{ava, path_with, root, run as done};
use crate::conformance;
use crate::docs;
use crate::package::{What, version};
use crate::report::{Outcome, Report};
use crate::tools;
use crate::uniffi::{self, Kind};

/// The folder of the module.
fn folder() -> PathBuf {
    root().join("bindings/kotlin")
}

/// A project that depends on the packages as anybody's would.
fn consumer() -> PathBuf {
    root().join("tests/consumers/kotlin")
}

/// Installs what the checks need.
pub(crate) fn setup() -> Result<()> {
    println!("Kotlin: {}", toolchain::setup()?);
    Ok(())
}

/// Installs what the packages are built with.
pub(crate) fn ready() -> Result<()> {
    toolchain::setup().map(drop)
}

/// Makes every check of the package.
pub(crate) fn check(report: &mut Report) {
    let mut built = None;
    report.check("kotlin: build", || {
        tools::or_skip(toolchain::setup(), |_| {
            core::make(Kind::Testing)?;
            built = Some(ava()?);
            Ok(Outcome::Passed)
        })
    });
    let Some(ava) = built else { return };
    let (mut installed, mut turn) = (false, None);
    report.check("kotlin: tests", || {
        turn = Some(maven::turn()?);
        let (variable, file) = conformance::begin("kotlin")?;
        let counts = maven::tests(maven::mvn().arg("install").arg(defined(&ava)).env(variable, file))?;
        installed = counts.failed == 0;
        Ok(Outcome::Ran(counts))
    });
    // After a failure what is installed is of another time.
    if installed {
        report.check("kotlin: docs", || Ok(Outcome::Played(documents::run(&ava)?)));
        report.check("kotlin: sample", || {
            let mut tests = maven::mvn();
            tests.current_dir(folder().join("sample")).arg("test").env("PATH", path_with(&ava)?);
            Ok(Outcome::Ran(maven::tests(&mut tests)?))
        });
    }
    drop(turn);
}

/// Builds the package, and installs it for this machine's Maven, where other projects find it. Who runs such a project
/// holds [`maven::turn`] meanwhile.
fn install(kind: Kind) -> Result<()> {
    toolchain::setup()?;
    core::make(kind)?;
    maven::quietly(&folder(), &["install", "-Dmaven.test.skip"])
}

/// Installs what the documents' blocks need, and runs them.
pub(crate) fn check_documents(report: &mut Report) {
    report.check("kotlin: docs", || {
        let _turn = maven::turn()?;
        install(Kind::Testing)?;
        Ok(Outcome::Played(documents::run(&ava()?)?))
    });
}

fn defined(ava: &Path) -> String {
    format!("-Dava.command={}", ava.display())
}

/// Builds the reference.
pub(crate) fn reference(into: &Path) -> Result<()> {
    toolchain::setup()?;
    core::make(Kind::Testing)?;
    maven::quietly(&folder(), &["compile", "dokka:dokka"])?;
    docs::reference::copy(&folder().join("target/dokka"), into)
}

/// Plays the example conversation, with the sample app's own classes.
pub(crate) fn demo() -> Result<()> {
    let _turn = maven::turn()?;
    install(Kind::Testing)?;
    play("com.example.Conversation")
}

/// Runs a program of the sample's, against this checkout's sandbox.
fn play(main: &str) -> Result<()> {
    let mut sample = maven::mvn();
    sample.current_dir(folder().join("sample")).args(["--quiet", "compile", "exec:java"]);
    sample.arg(format!("-Dexec.mainClass={main}")).env("PATH", path_with(&ava()?)?);
    done(&mut sample)
}

/// Builds the jars as they ship, for this platform, and lays them out as a repository of Maven's. They are installed for
/// this machine's Maven, too.
pub(crate) fn package(into: &Path) -> Result<()> {
    let _turn = maven::turn()?;
    install(Kind::Packed)?;
    let name = format!("ava-imessage-{}", version());
    let repository = into.join("com/buzzedtech/ava-imessage").join(version());
    std::fs::create_dir_all(&repository)?;
    std::fs::copy(folder().join("pom.xml"), repository.join(format!("{name}.pom")))?;
    for part in ["", "-testing", "-sources"] {
        let jar = format!("{name}{part}.jar");
        std::fs::copy(folder().join("target").join(&jar), repository.join(&jar)).context(jar)?;
    }
    Ok(())
}

/// Copies Maven's local repository, as far as it isn't ours: what somebody has who used Kotlin before, but not us.
pub(crate) fn repository_without_ours(into: &Path) -> Result<()> {
    link(&maven::repository()?, into)
}

fn link(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())?.flatten() {
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.ends_with("com/buzzedtech") {
            continue;
        }
        if path.is_dir() {
            link(&path, &copy)?;
        } else if std::fs::hard_link(&path, &copy).is_err() {
            std::fs::copy(&path, &copy)?;
        }
    }
    Ok(())
}

/// Maven, which asks nobody for what isn't in a repository.
pub(crate) fn maven_offline(repository: &Path) -> Command {
    let mut mvn = maven::mvn();
    mvn.arg("--offline").arg(format!("-Dmaven.repo.local={}", repository.display()));
    mvn
}

/// What is measured of the package, and beside whom.
pub(crate) struct Peers {
    /// Of the program that is each contender.
    pub(crate) class_path: String,
    /// The native library, as it ships.
    pub(crate) library: PathBuf,
    pub(crate) java: String,
    pub(crate) okhttp: String,
}

/// Packs ours as it ships, and builds the contenders.
pub(crate) fn peers() -> Result<Peers> {
    What::Kotlin.make()?;
    let class_path = class_path(&folder().join("bench"))?.to_string_lossy().into_owned();
    // The jar's name has its version.
    let (_, okhttp) = class_path.split_once("okhttp-jvm-").context("no OkHttp in the class path")?;
    let okhttp = okhttp.split(".jar").next().unwrap_or_default().to_owned();
    Ok(Peers { class_path, library: uniffi::packed()?, java: toolchain::java_version()?, okhttp })
}

/// Compiles a project, and says where Java finds its classes and all that they need.
fn class_path(project: &Path) -> Result<std::ffi::OsString> {
    maven::quietly(project, &["compile", "dependency:build-classpath"])?;
    let others = std::fs::read_to_string(project.join("target/classpath.txt")).context("the class path")?;
    let mut class_path = vec![project.join("target/classes")];
    class_path.extend(std::env::split_paths(others.trim()).map(|jar| {
        // Ours as it was just packed: what is in Maven's repository, another checkout may replace meanwhile.
        let here = jar.file_name().map(|name| folder().join("target").join(name));
        here.filter(|here| here.is_file()).unwrap_or(jar)
    }));
    Ok(std::env::join_paths(class_path)?)
}

/// The class path of a project that depends on the package, as the tests build it.
pub(crate) fn dependant(project: &Path) -> Result<std::ffi::OsString> {
    let _turn = maven::turn()?;
    install(Kind::Testing)?;
    class_path(project)
}
