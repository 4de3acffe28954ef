//! What is measured: built as `cargo build --release` makes it.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::{cargo, command, root, run as done};
use crate::tools;

/// The programs and the library that `cargo xtask bench c` looks at.
pub(crate) struct Measured {
    pub(crate) contender: PathBuf,
    /// The shared library.
    pub(crate) shared: PathBuf,
    /// A program that sends one message, with the library in it.
    pub(crate) hello: PathBuf,
}

/// Builds all of them.
pub(crate) fn contender() -> Result<Measured> {
    tools::debian(&[
        ("gcc", "gcc"),
        ("/usr/include/cjson/cJSON.h", "libcjson-dev"),
        ("/usr/include/x86_64-linux-gnu/curl/curl.h", "libcurl4-openssl-dev"),
    ])?;
    done(&mut cargo(["build", "--release", "--quiet", "--package", "ava-c"]))?;
    let release = tools::target()?.join("release");
    let folder = tools::target()?.join("c");
    std::fs::create_dir_all(&folder)?;
    let built = Measured {
        contender: folder.join("contender"),
        shared: release.join("libava_imessage_c.so"),
        hello: folder.join("hello"),
    };
    let mut compile = command("gcc");
    compile.args(["-std=c99", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror"]);
    compile.arg("-I").arg(root().join("include")).arg(root().join("tests/c/bench/contender.c"));
    compile.arg("-o").arg(&built.contender).arg("-L").arg(&release);
    compile.args(["-lava_imessage_c", "-lcurl", "-lcjson"]);
    // Old tags are looked at before LD_LIBRARY_PATH, in which `cargo run` has the library of the dev profile.
    done(compile.arg(format!("-Wl,--disable-new-dtags,-rpath,{}", release.display())))?;
    let mut link = command("gcc");
    link.args(["-std=c99", "-Os", "-s", "-Wl,--gc-sections"]);
    link.arg("-I").arg(root().join("include")).arg(root().join("tests/c/bench/hello.c"));
    link.arg("-o").arg(&built.hello).arg(release.join("libava_imessage_c.a"));
    done(link.args(["-lpthread", "-ldl", "-lm", "-lgcc_s"]))?;
    Ok(built)
}
