//! The C compilers, with their own warnings as errors.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::Library;
use crate::command::{command, root, run as done};
use crate::report::{Counts, Outcome};
use crate::tools;

const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];

/// A C compiler with its way to look.
#[derive(Clone, Copy)]
pub(super) struct Compiler {
    name: &'static str,
    /// Whether the C side looks for its own faults: AddressSanitizer and UndefinedBehaviorSanitizer.
    sanitizers: bool,
}

impl Compiler {
    pub(super) const PLAIN: Compiler = Compiler { name: "gcc", sanitizers: false };
    pub(super) const SANITIZING: Compiler = Compiler { name: "gcc", sanitizers: true };

    /// A program of these files and of the library, in the target folder.
    pub(super) fn program(
        self,
        name: &str,
        files: &[PathBuf],
        library: &Library,
        libraries: &[&str],
    ) -> Result<Program> {
        let folder = tools::target()?.join("c");
        std::fs::create_dir_all(&folder)?;
        let program =
            folder.join(if self.sanitizers { format!("{name}-sanitizing") } else { name.to_owned() });
        let mut compile = command(self.name);
        compile.args(["-std=c99", "-D_GNU_SOURCE", "-g"]).args(WARNINGS);
        if self.sanitizers {
            compile.args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
        }
        compile.arg("-I").arg(root().join("include")).args(files).arg("-o").arg(&program);
        compile.arg("-L").arg(&library.folder).args(["-lava_imessage_c", "-lpthread"]).args(libraries);
        done(compile.arg(format!("-Wl,-rpath,{}", library.folder.display())))?;
        Ok(Program(program))
    }
}

/// A program that was compiled.
pub(super) struct Program(PathBuf);

impl Program {
    pub(super) fn path(self) -> PathBuf {
        self.0
    }

    /// A run of it: a panic that a test asks for prints no trace, which would take 31 MB of memory.
    pub(super) fn run(&self) -> Command {
        let mut run = command(&self.0);
        run.env("RUST_BACKTRACE", "0");
        run
    }

    /// A run of it in valgrind, in which an error or a lost byte is a failure. What is "possibly lost" is held by a
    /// pointer to its middle: tables of hashes, threads that live on.
    pub(super) fn run_in_valgrind(&self, log: &Path) -> Command {
        let mut run = command("valgrind");
        run.args(["--quiet", "--error-exitcode=9", "--leak-check=full", "--num-callers=30"]);
        run.args(["--show-leak-kinds=definite,indirect", "--errors-for-leak-kinds=definite,indirect"]);
        run.arg(format!("--log-file={}", log.display())).arg(&self.0).env("RUST_BACKTRACE", "0");
        run
    }
}

/// The headers alone, in every language that they are for.
pub(super) fn header_compiles() -> Result<Outcome> {
    let headers = root().join("include");
    let file = tools::target()?.join("c");
    std::fs::create_dir_all(&file)?;
    let (c, cpp) = (file.join("header.c"), file.join("header.cpp"));
    std::fs::write(&c, "#include <ava_imessage.h>\nint main(void) { return AVA_OK; }\n")?;
    std::fs::write(&cpp, "#include <ava_imessage.h>\nint main() { return AVA_OK; }\n")?;
    let mut passed = 0;
    for (compilers, standards, source) in [
        (["gcc", "clang"], ["-std=c99", "-std=c17"], &c),
        (["g++", "clang++"], ["-std=c++11", "-std=c++17"], &cpp),
    ] {
        for compiler in compilers {
            for standard in standards {
                let mut compile = command(compiler);
                compile.arg(standard).args(WARNINGS).arg("-I").arg(&headers);
                done(compile.arg("-fsyntax-only").arg(source))?;
                passed += 1;
            }
        }
    }
    Ok(Outcome::Ran(Counts { passed, failed: 0 }))
}
