//! The site: every page that is for readers, by Sphinx, into `target/site`. A warning, such as of a link that leads
//! nowhere, is an error.

use anyhow::Result;

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
    println!("the site is in {}", site.display());
    Ok(())
}
