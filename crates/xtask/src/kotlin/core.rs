//! What Maven packs that isn't written in Kotlin: the library for this platform, and the code that calls it, which
//! UniFFI writes of the library. Both are made again each time, in Maven's own folder, so that they can't part.

use anyhow::{Context, Result, bail, ensure};

use super::folder;
use crate::uniffi::{self, Kind};

/// Builds the library and writes its Kotlin, into Maven's `target`.
pub(super) fn make(kind: Kind) -> Result<()> {
    let into = folder().join("target/generated-sources/uniffi");
    if into.is_dir() {
        std::fs::remove_dir_all(&into)?;
    }
    let built = uniffi::make(kind, "kotlin", &into)?;
    let file = into.join("com/buzzedtech/ava/imessage/core/ava_imessage.kt");
    let generated = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    std::fs::write(&file, hide(&keep(&generated)?))?;
    let resources = folder().join("target/native");
    if resources.is_dir() {
        std::fs::remove_dir_all(&resources)?;
    }
    let into = resources.join(platform()?);
    std::fs::create_dir_all(&into)?;
    std::fs::copy(&built, into.join(uniffi::library())).with_context(|| built.display().to_string())?;
    Ok(())
}

/// Has native calls go through `Kept.kt`, which says why.
fn keep(generated: &str) -> Result<String> {
    const CHANGES: [(&str, &str); 4] = [
        (
            "    class ByValue: RustBuffer(), Structure.ByValue\n",
            "    class ByValue: Kept.Buffer(), Structure.ByValue\n",
        ),
        (
            "    var status = UniffiRustCallStatus()
    val return_value = callback(status)
    uniffiCheckCallStatus(errorHandler, status)
    return return_value
",
            "    val status = Kept.begin()
    try {
        val return_value = callback(status)
        if (!status.succeeded()) uniffiCheckCallStatus(errorHandler, status)
        return return_value
    } finally {
        Kept.end(status)
    }
",
        ),
        (
            "        }.also {
            if(it.data == null) {
",
            "        }.also {
            Kept.argument(it)
            if(it.data == null) {
",
        ),
        (
            "rustbuffer_free(buf, status)
        }
",
            "rustbuffer_free(buf, status)
        }.also { buf.release() }
",
        ),
    ];
    let mut kept = generated.to_owned();
    for (written, changed) in CHANGES {
        ensure!(
            kept.matches(written).count() == 1,
            "UniFFI calls the library in another way than it did: {written}"
        );
        kept = kept.replace(written, changed);
    }
    Ok(kept)
}

/// What UniFFI writes is public, and none of it is the package's API: everything at the top level becomes internal.
fn hide(generated: &str) -> String {
    let mut hidden = String::with_capacity(generated.len() + 8192);
    for line in generated.lines() {
        let line = match line.strip_prefix("public ") {
            Some(rest) => format!("internal {rest}"),
            None if is_public(line) => format!("internal {line}"),
            // Whose warnings they are nobody here can mend.
            None => line
                .replace("@file:Suppress(", "@file:Suppress(\"warnings\", ")
                // A function with documentation, which stands behind it.
                .replace("*/ fun `", "*/ internal fun `"),
        };
        hidden.push_str(&line);
        hidden.push('\n');
    }
    hidden
}

/// Whether a line begins a declaration at the top level that says nothing of who sees it.
fn is_public(line: &str) -> bool {
    const WORDS: [&str; 13] = [
        "abstract",
        "class",
        "const",
        "data",
        "enum",
        "fun",
        "inline",
        "interface",
        "object",
        "open",
        "sealed",
        "suspend",
        "val",
    ];
    line.split_once([' ', '<']).is_some_and(|(word, _)| WORDS.contains(&word))
}

/// The folder in which JNA looks for this platform's library.
fn platform() -> Result<String> {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        "linux" => "linux",
        other => bail!("it is not known what JNA calls {other}"),
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x86-64",
        other => other,
    };
    Ok(format!("{system}-{processor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_top_level_is_hidden() {
        let generated = "@file:Suppress(\"X\")\npackage a\npublic interface A {\n    fun a()\n}\nopen class B: A\n\
                         private val c = 1\ninternal fun d() {}\ninline fun <T> e() {}\nimport java.nio.B\nfun<T> f() {}\n\
                         \x20   */ fun `g`() {}\n";
        let hidden = "@file:Suppress(\"warnings\", \"X\")\npackage a\ninternal interface A {\n    fun a()\n}\n\
                      internal open class B: A\nprivate val c = 1\ninternal fun d() {}\ninternal inline fun <T> e() {}\n\
                      import java.nio.B\ninternal fun<T> f() {}\n\
                      \x20   */ internal fun `g`() {}\n";
        assert_eq!(hide(generated), hidden);
    }
}
