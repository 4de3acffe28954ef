//! `include/ava_imessage.h`: cbindgen's, from the crate's sources, and the kinds of error from the core.

use std::collections::HashMap;
use std::fmt::Write as _;

use anyhow::{Context, Result};
use ava_imessage::ErrorKind;
use cbindgen::{Builder, Config, DocumentationStyle, ExportConfig, Language, LineEndingStyle, Style};

use crate::command::root;

pub(crate) const PATH: &str = "include/ava_imessage.h";

/// In the order of reading.
const ROOMS: [&str; 15] = [
    "border",
    "library",
    "error",
    "attempt",
    "message",
    "sent",
    "generated",
    "page",
    "cancel",
    "foreign",
    "options",
    "messages",
    "listener",
    "call",
    "client",
];

/// The header's text.
pub(crate) fn text() -> Result<String> {
    let sources = root().join("crates/ava-c/src");
    let mut builder = Builder::new().with_config(config());
    for room in ROOMS.iter().chain(["log"].iter()) {
        builder = builder.with_src(sources.join(format!("{room}.rs")));
    }
    let mut header = Vec::new();
    builder.generate().context("generating the C header")?.write(&mut header);
    Ok(String::from_utf8(header)?)
}

fn config() -> Config {
    let export = ExportConfig {
        // Written below, from the core's table.
        exclude: vec!["ava_status".into()],
        rename: HashMap::new(),
        ..ExportConfig::default()
    };
    Config {
        language: Language::C,
        cpp_compat: true,
        style: Style::Both,
        documentation_style: DocumentationStyle::C,
        line_endings: LineEndingStyle::LF,
        header: Some(include_str!("preamble.h").trim_end().to_owned()),
        include_guard: Some("AVA_IMESSAGE_H".into()),
        no_includes: true,
        sys_includes: vec!["stdbool.h".into(), "stddef.h".into(), "stdint.h".into()],
        after_includes: Some(statuses()),
        usize_is_size_t: true,
        line_length: 110,
        export,
        ..Config::default()
    }
}

/// The version, and the kinds of error.
fn statuses() -> String {
    let mut text = format!(
        "\n/* The version of this header; ava_version() is the library's. */\n#define AVA_VERSION \"{}\"\n\n\
         /* As the length of a text: it ends with its first NUL. */\n#define AVA_NUL_TERMINATED SIZE_MAX\n\n\
         /* How a call ended. */\ntypedef enum ava_status {{\n  /* It went well. */\n  AVA_OK = 0",
        env!("CARGO_PKG_VERSION")
    );
    for kind in ErrorKind::ALL {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            ",\n  /* {} */\n  AVA_ERROR_{} = {}",
            comment(kind.description()),
            kind.code().to_uppercase(),
            kind.number()
        );
    }
    text.push_str("\n} ava_status;\n");
    text
}

/// A description as a comment of C, without the marks of Markdown, broken into lines.
fn comment(description: &str) -> String {
    let plain = description.replace('`', "").replace("*/", "* /");
    let mut lines = vec![String::new()];
    for word in plain.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + word.len() < 100 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n     ")
}
