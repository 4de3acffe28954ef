//! Phone numbers: exactly `^\+[1-9][0-9]{1,14}$` passes, by an oracle that shares no line with the client's check.

use ava_imessage::check_phone;

pub(crate) fn run(input: &[u8]) {
    let Ok(phone) = std::str::from_utf8(input) else { return };
    assert_eq!(check_phone(phone).is_ok(), is_e164(phone), "{phone:?}");
}

/// The expression, read character by character as an automaton: how many digits were seen, or that it failed.
fn is_e164(phone: &str) -> bool {
    let mut characters = phone.chars();
    if characters.next() != Some('+') {
        return false;
    }
    let mut digits = 0;
    for character in characters {
        let least = if digits == 0 { '1' } else { '0' };
        if character < least || character > '9' {
            return false;
        }
        digits += 1;
    }
    digits > 1 && digits < 16
}
