//! The documentation: the site of it, and the blocks of code in it, which run.

mod rust;
mod site;

pub(crate) use self::rust::run;
pub(crate) use self::site::{build, tools};
