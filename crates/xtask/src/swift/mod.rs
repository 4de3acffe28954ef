//! The SwiftPM package of `bindings/swift`: the toolchain, the native half, the checks.

mod debian;
mod documents;
mod package;
mod toolchain;
mod xctest;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

pub(crate) use self::package::run as package;
use self::toolchain::Toolchain;
use crate::command::{ava, root, run as done};
use crate::report::{Outcome, Report};
use crate::tools;
use crate::uniffi::{self, Kind};

/// The folder of the package.
fn folder() -> PathBuf {
    root().join("bindings/swift")
}

/// A project that depends on the package as anybody's would; what the README shows is in it.
fn consumer() -> PathBuf {
    root().join("tests/consumers/swiftpm")
}

/// What isn't generated.
const WRITTEN_BY_HAND: [&str; 5] =
    ["Sources/AvaIMessage", "Sources/AvaIMessageTesting", "Tests", "Sample/Sources", "Bench/Sources"];

/// Where Swift builds one of the packages.
fn scratch(name: &str) -> Result<PathBuf> {
    Ok(tools::target()?.join("swift").join(name))
}

/// Installs what the checks need.
pub(crate) fn setup() -> Result<()> {
    let swift = Toolchain::setup()?;
    println!("Swift: {}", swift.version()?);
    if swift.is_elsewhere() {
        let here = root().join("Cargo.toml");
        println!("  in this checkout: cargo xtask swift -- run");
        println!("  anywhere: cargo run -q --manifest-path {} -p xtask -- swift run", here.display());
    }
    Ok(())
}

/// Installs what the package is used with.
pub(crate) fn ready() -> Result<()> {
    Toolchain::setup().map(drop)
}

/// Runs `swift` in the present folder.
pub(crate) fn here(arguments: &[OsString]) -> Result<ExitCode> {
    let mut swift = Toolchain::setup()?.anywhere(&std::env::current_dir()?)?;
    let status = swift.args(arguments).status().context("running swift")?;
    // A signal's end has no code.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

/// Makes every check of the package.
pub(crate) fn check(report: &mut Report) {
    let mut built = None;
    report.check("swift: build", || {
        tools::or_skip(Toolchain::setup(), |swift| {
            make(Kind::Testing)?;
            done(swift.build(&folder(), &scratch("package")?).arg("--build-tests"))?;
            built = Some((swift, ava()?));
            Ok(Outcome::Passed)
        })
    });
    let Some((swift, ava)) = built else { return };
    report.check("swift: format", || {
        let mut lint = swift.tool("swift-format");
        lint.args(["lint", "--strict", "--recursive", "--configuration", ".swift-format", "Package.swift"]);
        lint.args(WRITTEN_BY_HAND)
            .args(["tests/consumers/swift", "tests/soak/swiftpm"].map(|other| root().join(other)));
        done(&mut lint)?;
        Ok(Outcome::Passed)
    });
    report.check("swift: tests", || Ok(Outcome::Ran(xctest::run(&swift, &ava)?)));
    report.check("swift: reference", || {
        docs(&swift)?;
        Ok(Outcome::Passed)
    });
    report.check("swift: docs", || Ok(Outcome::Played(documents::run(&swift, &ava)?)));
    report.check("swift: sample", || {
        for name in ["conversation", "reply"] {
            play(&swift, &ava, name)?;
        }
        Ok(Outcome::Passed)
    });
}

/// Builds what the documents' blocks need, and runs them.
pub(crate) fn check_documents(report: &mut Report) {
    report.check("swift: docs", || {
        let swift = Toolchain::setup()?;
        make(Kind::Testing)?;
        Ok(Outcome::Played(documents::run(&swift, &ava()?)?))
    });
}

/// Builds the native half and writes what Swift imports of it, together. They are not committed: what isn't there can't
/// be out of date.
fn make(kind: Kind) -> Result<PathBuf> {
    make_in(kind, &folder())
}

/// The same, into a copy of the package.
fn make_in(kind: Kind, package: &Path) -> Result<PathBuf> {
    let generated = scratch("generated")?;
    let library = uniffi::make(kind, "swift", &generated)?;
    let (native, sources) = (package.join("Native"), package.join("Sources/AvaCore"));
    std::fs::create_dir_all(&native)?;
    std::fs::create_dir_all(&sources)?;
    replace(&generated.join("AvaCore.swift"), &sources.join("AvaCore.swift"))?;
    replace(&generated.join("AvaCoreFFI.h"), &native.join("AvaCoreFFI.h"))?;
    // Not the one that is generated, which names Apple's modules.
    std::fs::write(
        native.join("module.modulemap"),
        "module AvaCoreFFI {\n    header \"AvaCoreFFI.h\"\n    export *\n}\n",
    )?;
    replace(&library, &native.join(uniffi::library()))?;
    Ok(library)
}

/// Copies a file, if it is another: Swift builds again what is newer.
fn replace(from: &Path, to: &Path) -> Result<()> {
    let new = std::fs::read(from).with_context(|| from.display().to_string())?;
    if std::fs::read(to).is_ok_and(|old| old == new) {
        return Ok(());
    }
    // A program may still have the old library open, and keeps it.
    let beside = to.with_extension("new");
    std::fs::write(&beside, new)?;
    Ok(std::fs::rename(beside, to)?)
}

/// Builds the reference, and fails on a link that leads nowhere.
fn docs(swift: &Toolchain) -> Result<()> {
    let graph = scratch("package")?.join("symbols");
    if graph.is_dir() {
        std::fs::remove_dir_all(&graph)?;
    }
    std::fs::create_dir_all(&graph)?;
    let modules = scratch("package")?.join("debug/Modules");
    let mut extract = swift.tool("swift-symbolgraph-extract");
    extract.args(["-module-name", "AvaIMessage", "-minimum-access-level", "public"]);
    extract
        .args(["-target", swift.target()?.as_str(), "-I"])
        .arg(&modules)
        .arg("-I")
        .arg(folder().join("Native"));
    done(extract.arg("-output-dir").arg(&graph))?;
    let mut convert = swift.tool("docc");
    convert.args(["convert", "Sources/AvaIMessage/AvaIMessage.docc", "--warnings-as-errors"]);
    convert.args(["--transform-for-static-hosting", "--hosting-base-path", "reference/swift"]);
    convert.arg("--additional-symbol-graph-dir").arg(&graph);
    done(convert.arg("--output-path").arg(scratch("docs")?))
}

/// Builds the reference, for a site whose root is the server's.
pub(crate) fn reference(into: &Path) -> Result<()> {
    let swift = Toolchain::setup()?;
    make(Kind::Testing)?;
    done(swift.build(&folder(), &scratch("package")?).arg("--quiet"))?;
    docs(&swift)?;
    crate::docs::reference::copy(&scratch("docs")?, into)
}

/// Plays the example conversation.
pub(crate) fn demo() -> Result<()> {
    let swift = Toolchain::setup()?;
    make(Kind::Testing)?;
    play(&swift, &ava()?, "conversation")
}

/// Runs a program of the sample's.
fn play(swift: &Toolchain, ava: &Path, name: &str) -> Result<()> {
    let sample = folder().join("Sample");
    let scratch = scratch("sample")?;
    done(swift.build(&sample, &scratch).arg("--quiet"))?;
    done(swift.run(scratch.join("debug").join(name), &sample).env("PATH", swift.path_with(ava)?))
}

/// Builds a project somewhere within `folder`, where the package is too, and runs its program.
pub(crate) fn consumer_commands(folder: &Path, project: &Path) -> Result<[Command; 2]> {
    let swift = Toolchain::setup()?.sharing(folder);
    let scratch = folder.join("scratch");
    Ok([swift.build(project, &scratch), swift.run(scratch.join("debug/converse"), project)])
}

/// Builds a package of the checkout that depends on ours, and says what runs its program. That is a process and nothing
/// around it: what goes before it becomes it.
pub(crate) fn program(package: &Path, name: &str) -> Result<(PathBuf, Vec<PathBuf>)> {
    let swift = Toolchain::setup()?;
    make(Kind::Testing)?;
    let scratch = scratch(name)?;
    done(swift.build(package, &scratch).arg("--quiet"))?;
    Ok(parts(&swift.run(scratch.join("debug").join(name), package)))
}

/// A command's program and arguments.
fn parts(command: &Command) -> (PathBuf, Vec<PathBuf>) {
    (command.get_program().into(), command.get_args().map(PathBuf::from).collect())
}

/// What is measured of the package, and beside whom.
pub(crate) struct Peers {
    /// The program that is each contender, and what it is run by.
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// The native library, as it ships.
    pub(crate) library: PathBuf,
    pub(crate) version: String,
}

/// Builds ours as it ships, and the contenders.
pub(crate) fn peers() -> Result<Peers> {
    let swift = Toolchain::setup()?;
    let library = make(Kind::Packed)?;
    let (bench, scratch) = (folder().join("Bench"), scratch("bench")?);
    done(swift.build(&bench, &scratch).args(["--configuration", "release", "--quiet"]))?;
    let run = swift.run(scratch.join("release/contender"), &bench);
    let arguments = run.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
    Ok(Peers { program: run.get_program().into(), arguments, library, version: swift.number()? })
}
