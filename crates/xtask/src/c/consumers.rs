//! Who stands on the installed library, and only on what was installed: the examples in C and C++, by pkg-config, by CMake
//! and statically, and another language, by the header alone.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use ava_sandbox::{Cutoff, Fault, On, Seed, Settings};

use super::install::Installed;
use super::stage::{MAYA, Stage};
use crate::command::{command, root, run as done};
use crate::report::Counts;
use crate::tools;

const EXAMPLES: [&str; 4] = ["send", "history", "listen_pull", "listen_callback"];
pub(crate) const C: [&str; 2] = ["cc", "-std=c99"];

/// Builds them all and runs them against a sandbox.
pub(crate) fn run(installed: &Installed) -> Result<Counts> {
    let built = tools::target()?.join("c/consumers");
    std::fs::create_dir_all(&built)?;
    let mut consumers = Consumers { installed, built, counts: Counts::default() };
    consumers.by_pkg_config();
    consumers.by_cmake();
    consumers.statically();
    consumers.header_of_cpp();
    consumers.another_language();
    Ok(consumers.counts)
}

struct Consumers<'a> {
    installed: &'a Installed,
    built: PathBuf,
    counts: Counts,
}

impl Consumers<'_> {
    fn check(&mut self, name: &str, check: impl FnOnce(&Self) -> Result<()>) {
        match check(self) {
            Ok(()) => {
                println!("{name}: ok");
                self.counts.passed += 1;
            }
            Err(error) => {
                println!("{name}: FAILED: {error:#}");
                self.counts.failed += 1;
            }
        }
    }

    fn by_pkg_config(&mut self) {
        for example in EXAMPLES {
            self.check(&format!("{example}.c by pkg-config"), |it| {
                let program = it.built.join(example);
                it.installed.compile(&C, &self::example(example), &program)?;
                play(example, || it.installed.run(&program))
            });
        }
    }

    fn by_cmake(&mut self) {
        let folder = self.built.join("cmake");
        self.check("the examples by CMake", |it| {
            let _ = std::fs::remove_dir_all(&folder);
            let mut configure = command("cmake");
            configure.arg("-S").arg(examples()).arg("-B").arg(&folder).arg("--log-level=WARNING");
            let mut prefix = std::ffi::OsString::from("-DCMAKE_PREFIX_PATH=");
            prefix.push(it.installed.prefix());
            done(configure.arg(prefix).args(["-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror -pedantic"]))?;
            done(command("cmake").arg("--build").arg(&folder).args(["--parallel", "2", "--", "--silent"]))
        });
        for example in EXAMPLES {
            for (program, language) in [(example.to_owned(), "c"), (format!("{example}_cpp"), "cpp")] {
                // It finds the library by itself.
                let program = folder.join(program);
                self.check(&format!("{example}.{language} by CMake"), |_| {
                    play(example, || command(&program))
                });
            }
        }
    }

    fn statically(&mut self) {
        self.check("send.c, the library in it", |it| {
            let program = it.built.join("send-static");
            it.installed.compile_static(&C, &example("send"), &program)?;
            play("send", || command(&program))
        });
    }

    fn header_of_cpp(&mut self) {
        let source = root().join("tests/consumers/cpp/header.cpp");
        for compiler in ["c++", "clang++"] {
            for standard in ["-std=c++11", "-std=c++17"] {
                self.check(&format!("the header for C++: {compiler} {standard}"), |it| {
                    let program = it.built.join("header");
                    it.installed.compile(&[compiler, standard], &source, &program)?;
                    let stage = Stage::set(Settings::default())?;
                    let printed = stage.run(it.installed.run(&program).arg(MAYA), 0)?;
                    ensure!(printed.ends_with("ok\n"), "{printed}");
                    stage.strike();
                    Ok(())
                });
            }
        }
    }

    fn another_language(&mut self) {
        self.check("Python's ctypes, from the header alone", |it| {
            let stage = Stage::set(Settings::default())?;
            let mut python = command("python3");
            python.arg(root().join("tests/consumers/ctypes/drive.py"));
            python.arg(it.installed.prefix().join("include/ava_imessage.h")).arg(it.installed.shared());
            let mut drive = stage.start(python.arg(MAYA))?;
            ensure!(drive.line()? == "listening");
            stage.sandbox().inbound(MAYA, "Hello, \u{1F40D}?");
            let printed = drive.end(0)?;
            ensure!(printed.contains("got Hello, \u{1F40D}?"), "{printed}");
            stage.expect("From Python, \u{1F40D}", 1, 1)?;
            stage.strike();
            Ok(())
        });
    }
}

fn examples() -> PathBuf {
    root().join("examples/c")
}

/// An example in C.
pub(crate) fn example(name: &str) -> PathBuf {
    examples().join(name).with_extension("c")
}

/// Runs an example, and checks what it says by what the sandbox saw.
fn play(example: &str, program: impl Fn() -> Command) -> Result<()> {
    let stage = Stage::set(Settings::default())?;
    match example {
        "send" => send(&stage, program),
        "history" => history(&stage, program),
        _ => listen(&stage, program),
    }?;
    stage.strike();
    Ok(())
}

fn send(stage: &Stage, program: impl Fn() -> Command) -> Result<()> {
    let said = stage.run(program().args([MAYA, "Lunch at noon?"]), 0)?;
    ensure!(said.starts_with("sent: msg_") && said.ends_with(", confirmed by the response\n"), "{said}");
    stage.expect("Lunch at noon?", 1, 1)?;

    stage.fault(Fault { drop: Some(Cutoff::After), ..Fault::on(On::Send) })?;
    let said = stage.run(program().args([MAYA, "The answer is lost"]), 0)?;
    ensure!(said.ends_with(", confirmed by the history\n"), "{said}");
    stage.expect("The answer is lost", 1, 1)?;

    stage.run(program().args(["012", "To nobody"]), 1)?;
    stage.expect("To nobody", 0, 0)?;
    stage.fault(Fault { status: Some(401), ..Fault::on(On::Send) })?;
    stage.run(program().args([MAYA, "By nobody"]), 1)?;
    stage.expect("By nobody", 1, 0)?;
    stage.run(&mut program(), 2)?;
    Ok(())
}

fn history(stage: &Stage, program: impl Fn() -> Command) -> Result<()> {
    stage.sandbox().seed(Seed::count(MAYA, 120))?;
    let said = stage.run(program().arg(MAYA), 0)?;
    ensure!(said.lines().count() == 121 && said.ends_with("\n120 messages\n"), "{said}");
    stage.fault(Fault { status: Some(403), ..Fault::on(On::Messages) })?;
    stage.run(program().arg(MAYA), 1)?;
    Ok(())
}

fn listen(stage: &Stage, program: impl Fn() -> Command) -> Result<()> {
    let mut listening = stage.start(program().arg("2"))?;
    ensure!(listening.line()? == "listening");
    for text in ["Are you there?", "Hello?"] {
        let message = stage.sandbox().inbound(MAYA, text);
        let said = listening.line()?;
        ensure!(said.starts_with(&format!("answered {} with msg_", message.id)), "{said}");
    }
    listening.end(0)?;
    ensure!(stage.posts().len() == 2, "{} answers", stage.posts().len());
    Ok(())
}
