//! How each project's packages are installed, and it is run.

use std::path::Path;

use anyhow::{Context, Result};

use super::place::Place;
use crate::command::{command, root};
use crate::package::{What, archive, version};
use crate::{kotlin, node, python, swift, tools};

type Project = (&'static str, fn() -> Result<()>);

/// The projects that stand on these packages.
pub(super) fn of(what: What) -> &'static [Project] {
    match what {
        What::Rust => &[("rust", rust)],
        What::Command => &[("command", ava)],
        What::Python => &[("python", pip)],
        What::Node => &[("node: ESM, CommonJS, TypeScript", npm)],
        What::C => &[("c: pkg-config", c), ("cpp: CMake", cpp)],
        What::Kotlin => &[("kotlin: Maven", maven)],
        What::Swift => &[("swift: SwiftPM", swiftpm)],
    }
}

/// From the `.crate` files, which are patched in for what the registry would have. The command is compiled as well.
fn rust() -> Result<()> {
    let place = Place::open("rust")?;
    let mut patches = Vec::new();
    for package in What::Rust.packages()? {
        archive::unpack(&package, place.folder())?;
        let folder = package.file_stem().context("a package without a name")?.to_string_lossy().into_owned();
        let name = folder.trim_end_matches(&format!("-{}", version())).to_owned();
        patches.push(format!("patch.crates-io.{name}.path=\"{}\"", place.folder().join(folder).display()));
    }
    // The versions of everything else are those that are here.
    std::fs::copy(root().join("Cargo.lock"), place.project().join("Cargo.lock"))?;
    let cargo = |arguments: &[&str]| {
        let mut cargo = crate::command::cargo(["--offline"]);
        for patch in &patches {
            cargo.arg("--config").arg(patch);
        }
        // Kept from run to run; the projects themselves are compiled anew, since they are at another place.
        cargo.args(arguments).current_dir(place.project());
        cargo.env("CARGO_TARGET_DIR", tools::target()?.join("consumers/rust"));
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "0");
        place.finish(&cargo)
    };
    cargo(&["run", "--quiet"])?;
    cargo(&["test", "--quiet"])?;
    let ava = place.folder().join(format!("ava-cli-{}", version())).join("Cargo.toml");
    cargo(&["check", "--quiet", "--manifest-path", &ava.to_string_lossy()])
}

fn ava() -> Result<()> {
    let place = Place::open("command")?;
    place.run("sh", &["converse.sh", &place.programs().to_string_lossy()])
}

fn pip() -> Result<()> {
    let place = Place::open("python")?;
    place.run(python::newest()?, &["-m", "venv", "env"])?;
    let python = place.project().join(if cfg!(windows) { "env/Scripts/python" } else { "env/bin/python" });
    let packages = What::Python.folder()?;
    let mut pip = command(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-index",
        "--find-links",
    ]);
    pip.arg(packages).args(["--only-binary", ":all:", "ava-imessage", "ava-imessage-cli"]);
    place.finish(pip.current_dir(place.project()))?;
    place.run(python, &["converse.py"])
}

fn npm() -> Result<()> {
    let place = Place::open("node")?;
    let mut npm = command(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.args(["install", "--offline", "--no-audit", "--no-fund", "--loglevel", "error"]);
    npm.args(What::Node.packages()?).current_dir(place.project());
    place.finish(&npm)?;
    for file in ["converse.mjs", "converse.cjs"] {
        place.run("node", &[file])?;
    }
    // The compiler and Node's types are the repository's: no package of ours brings them.
    let compiler = node::module("typescript/bin/tsc");
    let types = node::module("@types");
    place.run("node", &[&compiler, "--typeRoots", &types])?;
    place.run("node", &["built/converse.mjs"])
}

fn c() -> Result<()> {
    let place = Place::open("c")?;
    let prefix = unpacked(&place)?;
    let mut make = command("make");
    make.arg("--silent").env("PKG_CONFIG_PATH", Path::new(&prefix).join("lib/pkgconfig"));
    place.finish(make.current_dir(place.project()))?;
    place.run("./converse", &[])?;
    place.run("./converse-static", &[])
}

fn cpp() -> Result<()> {
    let place = Place::open("cpp")?;
    let prefix = unpacked(&place)?;
    place.run("cmake", &["-S", ".", "-B", "built", &format!("-DCMAKE_PREFIX_PATH={prefix}")])?;
    place.run("cmake", &["--build", "built"])?;
    place.run("built/converse", &[])
}

/// Unpacks the archive of the C library, and gives the prefix that it is.
fn unpacked(place: &Place) -> Result<String> {
    let package = What::C.package("ava-imessage-c-", ".tar.gz")?;
    archive::unpack(&package, place.folder())?;
    let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = place.folder().join(name.trim_end_matches(".tar.gz"));
    Ok(folder.to_string_lossy().into_owned())
}

fn maven() -> Result<()> {
    let place = Place::open("maven")?;
    let repository = place.folder().join("m2");
    kotlin::repository_without_ours(&repository)?;
    super::place::copy(&What::Kotlin.folder()?, &repository)?;
    let mut test = kotlin::maven_offline(&repository);
    place.finish(test.arg("test").current_dir(place.project()))
}

fn swiftpm() -> Result<()> {
    let place = Place::open("swift")?;
    archive::unpack(&What::Swift.package("ava-imessage-swift-", ".tar.gz")?, place.folder())?;
    for command in swift::consumer_commands(place.folder(), &place.project())? {
        place.finish(&command)?;
    }
    Ok(())
}
