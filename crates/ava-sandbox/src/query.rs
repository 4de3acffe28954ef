//! Percent-decoding of paths and queries.

/// A path segment decoded, `+` left as it is; nothing where it isn't UTF-8 or has a broken escape.
pub(crate) fn decode_path(segment: &str) -> Option<String> {
    decode(segment, false)
}

/// The parameters of a query, decoded as a form: `+` is a space. What can't be decoded stays as it was sent.
pub(crate) fn parse(query: Option<&str>) -> Vec<(String, String)> {
    let lossy = |part: &str| decode(part, true).unwrap_or_else(|| part.to_owned());
    query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (lossy(key), lossy(value)))
        .collect()
}

fn decode(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_is_a_plus_in_a_path_and_a_space_in_a_query() {
        assert_eq!(decode_path("+1%2B2").as_deref(), Some("+1+2"));
        assert_eq!(decode_path("%2"), None);
        assert_eq!(decode_path("%ff"), None);
        let pairs = parse(Some("phone=+1&since=a%2Bb&empty&&x=1=2"));
        let expected = [("phone", " 1"), ("since", "a+b"), ("empty", ""), ("x", "1=2")];
        assert_eq!(pairs, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }
}
