//! What the command reads of its arguments, and of what they name. The input is words, parted by NULs: a command line,
//! and each of them taken for an attempt, a config file, a program, an address, a stranger's text.
//!
//! What is wrong is told in one line; what a terminal shows of a text holds nothing that it would obey.

use std::ffi::OsString;

use ava_cli::fuzzing;

const WIDTHS: [Option<usize>; 5] = [None, Some(0), Some(1), Some(20), Some(80)];

pub(crate) fn run(input: &[u8]) {
    let words: Vec<String> = input.split(|byte| *byte == 0).map(text).collect();
    for word in &words {
        read(word);
    }
    for pair in words.windows(2) {
        let (same, _) = fuzzing::origins(&pair[0], &pair[1]);
        assert_eq!(same, fuzzing::origins(&pair[1], &pair[0]).0);
    }
    let line = std::iter::once(OsString::from("ava")).chain(words.into_iter().map(OsString::from));
    if let Err(said) = fuzzing::arguments(line.collect()) {
        assert!(!said.contains('\n'), "{said:?}");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn read(word: &str) {
    if let Some(attempt) = fuzzing::attempt(word) {
        let again = fuzzing::attempt(&fuzzing::word(&attempt));
        assert!(again == Some(attempt), "an attempt has become another");
    }
    if let Some((base_url, key)) = fuzzing::config(word) {
        assert!(base_url.len() + key.len() <= 4 * word.len());
    }
    fuzzing::program(word);
    let (_, shown) = fuzzing::origins(word, word);
    assert!(!shown.contains(['@', '?', '#']), "{shown:?}");
    for columns in WIDTHS {
        for line in fuzzing::lines(word, columns) {
            // `sentence` breaks lines on purpose.
            assert!(line.lines().all(|line| !line.contains(char::is_control)), "{line:?}");
        }
    }
}
