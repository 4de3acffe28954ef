//! Text from the network on its way to a terminal. It is a stranger's: nothing in it may move the cursor, change
//! a colour, set a title, or turn the order of what is read.

use unicode_width::UnicodeWidthChar;

/// Of a terminal that does not say.
pub(crate) const COLUMNS: usize = 80;

/// One line: line breaks become `⏎`, and whatever a terminal would obey becomes visible.
pub(crate) fn neutral(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_flag = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => out.push('⏎'),
            '\t' => out.push(' '),
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('?')),
            '\x7f' => out.push('␡'),
            // Flags of England, Scotland, Wales are written with tags.
            '\u{e0020}'..='\u{e007f}' if in_flag => out.push(c),
            c if is_unseen(c) => out.push_str(&format!("<U+{:04X}>", u32::from(c))),
            c => out.push(c),
        }
        in_flag = c == '\u{1f3f4}' || (in_flag && ('\u{e0020}'..='\u{e007e}').contains(&c));
    }
    out
}

/// C1 controls, marks that turn the direction, spaces of no width, tags. The joiners that emoji and scripts need
/// are not among them.
pub(crate) fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{115f}' | '\u{1160}'
            | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// "1 row", "2 rows".
pub(crate) fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// The lines of a text, each neutral, broken between words to fit `width` columns where one is given.
pub(crate) fn lines(text: &str, width: Option<usize>) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let whole = text.split('\n').map(neutral);
    match width {
        None => whole.collect(),
        Some(width) => whole.flat_map(|line| wrap(&line, width.max(8))).collect(),
    }
}

/// A row that begins with `start`, which is neutral, and goes on with a text set in below itself.
pub(crate) fn row(columns: Option<usize>, start: &str, text: &str) -> Vec<String> {
    let indent = self::columns(start);
    let parts = lines(text, columns.map(|columns| columns.saturating_sub(indent)));
    let margin = |at: usize| if at == 0 { start.to_owned() } else { " ".repeat(indent) };
    parts.iter().enumerate().map(|(at, part)| format!("{}{part}", margin(at)).trim_end().to_owned()).collect()
}

/// As much of a neutral line as fits, with an ellipsis for the rest.
pub(crate) fn fitting(line: &str, width: usize) -> String {
    if columns(line) <= width {
        return line.to_owned();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    line.chars().take_while(fits).collect::<String>() + "…"
}

/// A neutral sentence, broken between words, with every line after the first set in by two columns. One with a
/// word that is longer than a line stays whole, so that the word can be copied.
pub(crate) fn sentence(words: &str, columns: Option<usize>) -> String {
    const INDENT: usize = 2;
    let words = neutral(words);
    let room = columns.map(|columns| columns.saturating_sub(INDENT));
    match room {
        Some(room) if words.split(' ').all(|word| self::columns(word) <= room) => {
            wrap(&words, room).join("\n  ")
        }
        _ => words,
    }
}

fn wrap(line: &str, width: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    let mut used = 0;
    for word in line.split_inclusive(' ') {
        let visible = columns(word.trim_end());
        if used > 0 && used + visible > width {
            rows.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > width && c != ' ' {
                rows.push(String::new());
                used = 0;
            }
            if let Some(row) = rows.last_mut() {
                row.push(c);
            }
            used += wide;
        }
    }
    rows.iter().map(|row| row.trim_end().to_owned()).collect()
}

/// How many columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Padded on the right to `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Padded on the left to `width` columns.
pub(crate) fn pad_left(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_seen() {
        assert_eq!(neutral("\x1b[31mred\x1b]0;title\x07"), "␛[31mred␛]0;title␇");
        assert_eq!(neutral("a\u{9b}2Jb\u{202e}cba\u{2066}"), "a<U+009B>2Jb<U+202E>cba<U+2066>");
        assert_eq!(neutral("a\r\nb\nc\rd\te\u{7f}"), "a⏎b⏎c⏎d e␡");
        assert_eq!(neutral("\u{200b}\u{feff}\u{2028}"), "<U+200B><U+FEFF><U+2028>");
    }

    #[test]
    fn what_people_write_stays() {
        for text in [
            "Grüße, señor",
            "👩‍👩‍👧",
            "שלום",
            "می‌خواهم",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "❤️",
        ] {
            assert_eq!(neutral(text), text);
        }
        assert_eq!(neutral("hidden\u{e0041}"), "hidden<U+E0041>");
    }

    #[test]
    fn lines_break_between_words_and_long_words_anywhere() {
        assert_eq!(lines("one two three", Some(8)), ["one two", "three"]);
        assert_eq!(lines("a\nb\r\nc", None), ["a", "b", "c"]);
        assert_eq!(lines("abcdefghijk", Some(8)), ["abcdefgh", "ijk"]);
        assert_eq!(lines("漢字漢字漢字", Some(8)), ["漢字漢字", "漢字"]);
        assert_eq!(lines("", Some(8)), [""]);
        assert_eq!(row(Some(12), "+12 ", "one two three"), ["+12 one two", "    three"]);
        assert_eq!((fitting("漢字漢字", 8), fitting("漢字漢字", 7)), ("漢字漢字".into(), "漢字漢…".into()));
        assert_eq!(sentence("one two three", Some(10)), "one two\n  three");
        assert_eq!(sentence("a word-to-be-copied", Some(10)), "a word-to-be-copied");
        assert_eq!(sentence("one two three", None), "one two three");
    }
}
