//! Names and numbers as each language writes them.

/// `rate_limited` as `RateLimited`.
pub(crate) fn pascal(code: &str) -> String {
    code.split('_').map(capitalised).collect()
}

/// `rate_limited` as `rateLimited`.
pub(crate) fn camel(code: &str) -> String {
    let (first, rest) = code.split_once('_').unwrap_or((code, ""));
    format!("{first}{}", pascal(rest))
}

/// The first letter is a capital.
pub(crate) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `30000` as `30,000`.
pub(crate) fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
