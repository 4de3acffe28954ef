//! The table of the kinds of errors, by which every language's test goes, is this client's.

use ava_imessage::ErrorKind;
use serde::Deserialize;

use crate::conformance;

#[derive(Deserialize)]
struct Entry {
    number: u16,
    code: String,
    description: String,
}

#[test]
fn every_kind_of_error_is_in_the_table() {
    let table = std::fs::read_to_string(crate::folder().join("errors.json")).unwrap();
    let table: Vec<Entry> = serde_json::from_str(&table).unwrap();
    assert_eq!(table.len(), ErrorKind::ALL.len());
    for (entry, kind) in table.iter().zip(ErrorKind::ALL) {
        assert_eq!((entry.number, entry.code.as_str()), (kind.number(), kind.code()));
        assert_eq!(entry.description, kind.description().trim());
        assert_eq!(kind.to_string(), kind.code());
        conformance::record("error", kind.code(), true);
    }
}
