//! The files of a bulk send. The input is a template, the CSV file, and the file of earlier results, parted by NULs; an
//! empty template is none.
//!
//! Every row that would be sent has a phone that may be sent to, and a text; earlier results take rows away, and add
//! none.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use ava_cli::fuzzing;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("ava-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("there is a folder for temporary files");
    folder
});

pub(crate) fn run(input: &[u8]) {
    let mut parts = input.splitn(3, |byte| *byte == 0);
    let template = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let csv = file("in.csv", parts.next().unwrap_or_default());
    let results = parts.next().map(|results| file("results.jsonl", results));
    let template = Some(&*template).filter(|template| !template.is_empty());
    let fresh = fuzzing::bulk(&csv, template, Path::new("/nonexistent/results.jsonl"));
    for message in fresh.iter().flatten() {
        assert!(ava_imessage::check_phone(&message.phone).is_ok(), "{:?}", message.phone);
        assert!(!message.text.trim().is_empty());
        assert!(message.left);
    }
    let Some(results) = results else { return };
    let Some(resumed) = fuzzing::bulk(&csv, template, &results) else { return };
    assert_eq!(fresh.map(|rows| rows.len()), Some(resumed.len()));
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.join(name);
    std::fs::write(&path, bytes).expect("the folder can be written to");
    path
}
