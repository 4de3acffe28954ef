//! The programs of `tests/soak`, built against what the tests of each language build.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::command::{cargo, command, root, run as done};
use crate::{c, kotlin, node, python, swift, tools};

/// A language's program, or one of its two.
pub(super) struct Face {
    pub(super) name: &'static str,
    program: PathBuf,
    arguments: Vec<PathBuf>,
    environment: Vec<(&'static str, PathBuf)>,
}

impl Face {
    fn new(name: &'static str, program: impl Into<PathBuf>) -> Face {
        Face { name, program: program.into(), arguments: Vec::new(), environment: Vec::new() }
    }

    fn argument(mut self, argument: impl Into<PathBuf>) -> Face {
        self.arguments.push(argument.into());
        self
    }

    fn with(mut self, name: &'static str, value: impl Into<PathBuf>) -> Face {
        self.environment.push((name, value.into()));
        self
    }

    pub(super) fn program(&self) -> Command {
        let mut program = command(&self.program);
        program.args(&self.arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        program
    }
}

const NAMES: [&str; 7] = ["rust", "python", "asyncio", "node", "c", "kotlin", "swift"];

/// All, or those of these names, built.
pub(super) fn all(folder: &Path, only: &[String]) -> Result<Vec<Face>> {
    if let Some(unknown) = only.iter().find(|name| !NAMES.contains(&name.as_str())) {
        bail!("there is no face {unknown:?}, but {}", NAMES.join(", "));
    }
    let wanted = |name: &str| only.is_empty() || only.iter().any(|only| only == name);
    let programs = root().join("tests/soak");
    let mut faces = Vec::new();
    if wanted("rust") {
        done(&mut cargo(["build", "--workspace", "--all-features", "--example", "soak", "--quiet"]))?;
        faces.push(Face::new("rust", tools::target()?.join("debug/examples/soak")));
    }
    if wanted("python") || wanted("asyncio") {
        let (interpreter, packages) = python::unpacked(&folder.join("python"))?;
        for (name, file) in [("python", "soak.py"), ("asyncio", "soak_async.py")] {
            if wanted(name) {
                let face = Face::new(name, &interpreter).argument(programs.join("python").join(file));
                faces.push(face.with("PYTHONPATH", &packages));
            }
        }
    }
    if wanted("node") {
        let (node, package) = node::built()?;
        let face = Face::new("node", node).argument(programs.join("node/soak.mjs"));
        faces.push(face.with("SOAK_PACKAGE", package));
    }
    if wanted("c") {
        faces.push(Face::new("c", c::program("soak", programs.join("c/soak.c"))?));
    }
    if wanted("kotlin") {
        let classes = kotlin::dependant(&programs.join("kotlin"))?;
        // A heap that is soon full is soon judged: by default it may grow to a quarter of the machine.
        let face =
            Face::new("kotlin", "java").argument("-Xmx48m").argument("-Xms48m").argument("-XX:+UseSerialGC");
        faces.push(face.argument("-XX:+AlwaysPreTouch").argument("-cp").argument(classes).argument("SoakKt"));
    }
    if wanted("swift") {
        let (program, arguments) = swift::program(&programs.join("swiftpm"), "soak")?;
        faces.push(Face { arguments, ..Face::new("swift", program) });
    }
    Ok(faces)
}
