//! The C library as a machine has it: `cargo cinstall` into a prefix, and what asks it where everything is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::command::{command, read, root, run as done, run_quietly};
use crate::package::profile::{PROFILE, shipping};
use crate::tools;

/// What Debian calls what this and those who stand on it need.
const PACKAGES: [(&str, &str); 8] = [
    ("cc", "gcc"),
    ("c++", "g++"),
    ("clang++", "clang"),
    ("nm", "binutils"),
    ("cmake", "cmake"),
    ("make", "make"),
    ("pkg-config", "pkg-config"),
    ("python3", "python3"),
];

/// Installs what the checks need.
pub(crate) fn setup() -> Result<()> {
    println!("cargo-c: {}", ready()?.display());
    Ok(())
}

/// The same, and says nothing. Gives what installs.
pub(crate) fn ready() -> Result<PathBuf> {
    tools::debian(&PACKAGES)?;
    tools::cargo_c()
}

/// A prefix that has it.
pub(crate) struct Installed {
    prefix: PathBuf,
}

/// Installs into a prefix, as it ships.
pub(crate) fn install(prefix: &Path) -> Result<Installed> {
    let libraries = prefix.join("lib");
    let mut cinstall = command(tools::cargo_c()?);
    cinstall.args(["cinstall", "--package", "ava-c", "--locked", "--profile", PROFILE]);
    cinstall.env("CARGO_TERM_QUIET", "true");
    // Its cargo is another one than ours: in one folder each would build again what the other built.
    cinstall.arg("--target-dir").arg(tools::target()?.join("c/cargo"));
    // Where Debian's cargo-c would add the machine's triple.
    cinstall.arg("--prefix").arg(prefix).arg("--libdir").arg(&libraries);
    run_quietly(shipping(&mut cinstall)?)?;
    let installed = Installed { prefix: prefix.to_owned() };
    installed.check()?;
    Ok(installed)
}

/// Installs into a folder of the target folder, in place of what was there.
pub(crate) fn install_afresh() -> Result<Installed> {
    let prefix = tools::target()?.join("c/prefix");
    let _ = std::fs::remove_dir_all(&prefix);
    install(&prefix)
}

impl Installed {
    /// That everything is where others look for it.
    fn check(&self) -> Result<()> {
        for file in [
            "include/ava_imessage.h",
            "include/ava_imessage.hpp",
            "include/ava_imessage/options.hpp",
            "include/ava_imessage/values.hpp",
            "lib/libava_imessage.a",
            "lib/libava_imessage.so",
            "lib/pkgconfig/ava-imessage.pc",
            "share/cmake/ava-imessage/ava-imessage-config.cmake",
            "share/cmake/ava-imessage/ava-imessage-config-version.cmake",
            "share/doc/ava-imessage/LICENSE-APACHE",
            "share/doc/ava-imessage/LICENSE-MIT",
        ] {
            if !self.prefix.join(file).is_file() {
                bail!("{file} was not installed");
            }
        }
        Ok(())
    }

    pub(crate) fn prefix(&self) -> &Path {
        &self.prefix
    }

    pub(crate) fn libraries(&self) -> PathBuf {
        self.prefix.join("lib")
    }

    pub(crate) fn shared(&self) -> PathBuf {
        self.libraries().join("libava_imessage.so")
    }

    /// What pkg-config says of it.
    pub(crate) fn flags(&self, questions: &[&str]) -> Result<Vec<String>> {
        let mut asked = command("pkg-config");
        asked.env("PKG_CONFIG_PATH", self.libraries().join("pkgconfig"));
        asked.args(questions).arg("ava-imessage");
        Ok(read(&mut asked)?.split_whitespace().map(str::to_owned).collect())
    }

    /// Compiles a program with warnings for errors, against the shared library.
    pub(crate) fn compile(&self, compiler: &[&str], source: &Path, program: &Path) -> Result<()> {
        self.compiled(compiler, source, program, &[], &["--cflags", "--libs"])
    }

    /// Links the static library instead, with what pkg-config says that it needs.
    pub(crate) fn compile_static(&self, compiler: &[&str], source: &Path, program: &Path) -> Result<()> {
        // Where both are, a linker takes the shared one: here it finds no other.
        let alone = program.with_extension("static");
        std::fs::create_dir_all(&alone)?;
        std::fs::copy(self.libraries().join("libava_imessage.a"), alone.join("libava_imessage.a"))?;
        let mut first = OsString::from("-L");
        first.push(&alone);
        self.compiled(compiler, source, program, &[first], &["--static", "--cflags", "--libs"])
    }

    fn compiled(
        &self,
        compiler: &[&str],
        source: &Path,
        program: &Path,
        first: &[OsString],
        questions: &[&str],
    ) -> Result<()> {
        let Some((name, options)) = compiler.split_first() else { bail!("no compiler") };
        let mut compile = command(name);
        compile.args(options).args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-pthread"]);
        compile.arg(source).arg("-o").arg(program).args(first).args(self.flags(questions)?);
        done(&mut compile)
    }

    /// A program that finds the shared library.
    pub(crate) fn run(&self, program: &Path) -> Command {
        let mut run = command(program);
        run.env("LD_LIBRARY_PATH", self.libraries());
        run
    }
}

/// Names of the shared library that aren't its interface, and of its interface that it lacks: an error that says both.
/// The list is committed, so that a change of what programs were linked with is seen.
pub(crate) fn symbols(installed: &Installed) -> Result<()> {
    const LIST: &str = "tests/c/symbols.txt";
    let listed =
        read(command("nm").args(["-D", "--defined-only", "--format=posix"]).arg(installed.shared()))?;
    let mut found: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    found.sort_unstable();
    let list = std::fs::read_to_string(root().join(LIST)).unwrap_or_default();
    let expected: Vec<&str> = list.lines().collect();
    let more: Vec<&str> = found.iter().filter(|name| !expected.contains(name)).copied().collect();
    let less: Vec<&str> = expected.iter().filter(|name| !found.contains(name)).copied().collect();
    if !more.is_empty() || !less.is_empty() {
        bail!("{LIST}: the library exports beside it: {more:?}, and doesn't export: {less:?}");
    }
    let undeclared = undeclared(&expected)?;
    if !undeclared.is_empty() {
        bail!("exported, but not declared in the header: {undeclared:?}");
    }
    Ok(())
}

fn undeclared<'a>(names: &[&'a str]) -> Result<Vec<&'a str>> {
    let header = std::fs::read_to_string(root().join(super::header::PATH))?;
    Ok(names.iter().filter(|name| !header.contains(&format!("{name}("))).copied().collect())
}
