//! The site: every page that is for readers, by Sphinx, into `target/site`. A warning, such as of a link that leads
//! nowhere, is an error.

use anyhow::{Result, ensure};

use super::blocks;
use crate::command::{command, root, run as done};
use crate::python::{self, Environment};
use crate::tools as all_tools;

/// What says how it is built, and with what.
const SET_UP: &str = "docs/site";

/// What builds it.
pub(crate) fn tools() -> Result<Environment> {
    python::environment(&format!("{SET_UP}/requirements.txt"))
}

/// Builds it, and says where it is.
pub(crate) fn build(tools: &Environment) -> Result<()> {
    let site = all_tools::target()?.join("site");
    // Pages that are no more.
    if site.is_dir() {
        std::fs::remove_dir_all(&site)?;
    }
    let mut sphinx = command(tools.python());
    sphinx.args(["-m", "sphinx", "--quiet", "--builder", "html", "--conf-dir", SET_UP]);
    sphinx.args(["--fail-on-warning", "--keep-going", "--fresh-env"]);
    sphinx.arg("--define").arg(format!("include_patterns={}", blocks::documents()?.join(",")));
    sphinx.arg("--doctree-dir").arg(all_tools::target()?.join("site-cache"));
    done(sphinx.arg(root()).arg(&site))?;
    check_tabs(&std::fs::read_to_string(site.join("docs/quickstart.html"))?)?;
    println!("the site is in {}", site.display());
    Ok(())
}

/// That languages stand side by side: a page without tabs would be built without a warning, too.
fn check_tabs(quickstart: &str) -> Result<()> {
    for language in ["Rust", "Python", "Node", "Swift", "Kotlin", "C", "Shell"] {
        let is_there = quickstart.contains(&format!(">{language}</label>"));
        ensure!(is_there, "the quickstart has no tab for {language}");
    }
    Ok(())
}
