//! Colours: of the sixteen that every terminal's theme defines, so that light and dark both work.

use anstyle::{AnsiColor, Style};

pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const BOLD_RED: Style = AnsiColor::Red.on_default().bold();

/// The words in a style, or as they are.
pub(crate) fn paint(colour: bool, style: Style, words: &str) -> String {
    if colour { format!("{style}{words}{style:#}") } else { words.to_owned() }
}
