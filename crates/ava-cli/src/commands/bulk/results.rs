//! The result file: one JSON line when a row is about to be sent, and one when it is known how that ended. Each is
//! on the disk before the next step, so that after a crash no row is sent twice.

use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ava_imessage::{Attempt, Timestamp};
use serde::{Deserialize, Serialize};

use super::plan::Row;
use crate::credentials::{origin, same_origin};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::{json, token};

/// How the first line begins.
const MARK: &str = "{\"ava_bulk\":";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    ava_bulk: u32,
    base_url: String,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// From now on it may have gone out.
    Attempting,
    Sent,
    NotSent,
    Rejected,
    Unknown,
}

/// A line. It holds no text; only an unknown's attempt does, since nobody could settle it otherwise.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) row: u64,
    pub(super) state: State,
    pub(super) phone: String,
    pub(super) hash: String,
    pub(super) at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message_id: Option<String>,
    /// `response` or `history`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) confirmation: Option<String>,
    /// Of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<String>,
    /// What `ava settle` takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attempt: Option<String>,
}

impl Record {
    pub(super) fn new(row: &Row, state: State) -> Record {
        Record {
            row: row.number,
            state,
            phone: row.phone.clone(),
            hash: row.hash.clone(),
            at: Timestamp::now(),
            message_id: None,
            confirmation: None,
            code: None,
            status: None,
            request_id: None,
            attempt: None,
        }
    }
}

/// What earlier runs did: the last line about each row.
#[derive(Default)]
pub(super) struct Past {
    last: BTreeMap<u64, Record>,
    message_ids: HashSet<String>,
}

impl Past {
    /// Whether the row may be sent: it never was, or certainly did not go out.
    pub(super) fn may_send(&self, row: &Row) -> bool {
        self.last.get(&row.number).is_none_or(|record| record.state == State::NotSent)
    }

    /// The rows in this state.
    pub(super) fn in_state(&self, state: State) -> impl Iterator<Item = &Record> {
        self.last.values().filter(move |record| record.state == state)
    }

    /// Whether a row before was sent with this id.
    pub(super) fn knows(&self, message_id: &str) -> bool {
        self.message_ids.contains(message_id)
    }

    pub(super) fn add(&mut self, record: Record) {
        self.message_ids.extend(record.message_id.clone());
        self.last.insert(record.row, record);
    }

    /// Unknown rows that the history can be asked about, in the order of the file. Their attempts name phone and text,
    /// and hold a window: no row of another time is taken for theirs.
    pub(super) fn askable(&self) -> Vec<(Record, Attempt)> {
        let attempt = |record: &Record| {
            let attempt = token::decode(record.attempt.as_deref()?).ok()?;
            attempt.is_portable().then_some(attempt)
        };
        self.in_state(State::Unknown).filter_map(|record| Some((record.clone(), attempt(record)?))).collect()
    }

    fn check(&self, rows: &[Row], path: &Path) -> Result<()> {
        for record in self.last.values() {
            let row = usize::try_from(record.row).ok().and_then(|n| rows.get(n.checked_sub(1)?));
            if row.is_none_or(|row| row.hash != record.hash) {
                let what = format!("row {} is not what it was when it was sent", record.row);
                let next = "Restore the CSV file and the template, or start anew with another --results FILE, \
                            which sends every row.";
                return Err(Failure::usage(format!("{what} (by {})", path.display())).next(next));
            }
        }
        Ok(())
    }
}

/// The file, locked for this run.
pub(super) struct Results {
    file: File,
    path: PathBuf,
}

impl Results {
    /// Opens or begins it, and reads what earlier runs did. What a crash left half-written is cut off.
    pub(super) fn open(path: &Path, base_url: &str, rows: &[Row]) -> Result<(Results, Past)> {
        let failed = |error: io::Error| unusable(path, &error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Failure::usage(format!("another run is writing {}", path.display()))
                .next("Wait until it ends: two runs would send the same rows."),
            TryLockError::Error(error) => failed(error),
        })?;
        let (past, whole) = read(&mut file, path, Some(base_url), rows)?;
        let mut results = Results { file, path: path.to_owned() };
        results.begin(whole, base_url).map_err(failed)?;
        Ok((results, past))
    }

    /// What earlier runs did, if there were any; nothing is changed.
    pub(super) fn look(path: &Path, base_url: Option<&str>, rows: &[Row]) -> Result<Past> {
        match File::open(path) {
            Ok(mut file) => Ok(read(&mut file, path, base_url, rows)?.0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Past::default()),
            Err(error) => Err(unusable(path, &error)),
        }
    }

    /// Writes a line. When this returns, it is on the disk.
    pub(super) fn write(&mut self, record: &Record) -> Result<()> {
        self.append(&json::line(record)).map_err(|error| unusable(&self.path, &error))
    }

    fn begin(&mut self, whole: u64, base_url: &str) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            self.file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        self.file.set_len(whole)?;
        self.file.seek(SeekFrom::Start(whole))?;
        if whole == 0 {
            self.append(&json::line(&Header { ava_bulk: VERSION, base_url: base_url.to_owned() }))?;
        }
        // A new file is only there once its folder says so.
        #[cfg(unix)]
        if let Some(folder) = self.path.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes())?;
        self.file.sync_all()
    }
}

/// What the file says, and how many bytes of it are whole lines.
fn read(file: &mut File, path: &Path, base_url: Option<&str>, rows: &[Row]) -> Result<(Past, u64)> {
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(Failure::usage(format!("{} is no file", path.display())));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| unusable(path, &error))?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let begun = &bytes[..bytes.len().min(MARK.len())];
    if !MARK.as_bytes().starts_with(begun) {
        return Err(foreign(path, 1));
    }
    let mut past = Past::default();
    let lines = bytes[..whole].split_inclusive(|byte| *byte == b'\n');
    for (at, line) in lines.enumerate() {
        if at == 0 {
            let header: Header = serde_json::from_slice(line).map_err(|_| foreign(path, 1))?;
            check_header(&header, path, base_url)?;
        } else {
            past.add(serde_json::from_slice(line).map_err(|_| foreign(path, at + 1))?);
        }
    }
    past.check(rows, path)?;
    Ok((past, whole as u64))
}

fn check_header(header: &Header, path: &Path, base_url: Option<&str>) -> Result<()> {
    if header.ava_bulk != VERSION {
        return Err(Failure::usage(format!("{} was written by another version of ava", path.display())));
    }
    match base_url {
        Some(url) if !same_origin(url, &header.base_url) => {
            let (kept, asked) = (origin(&header.base_url), origin(url));
            let what = format!("{} tells of messages sent by way of {kept}, not {asked}", path.display());
            Err(Failure::usage(what).next("Give this run another --results FILE."))
        }
        _ => Ok(()),
    }
}

fn foreign(path: &Path, line: usize) -> Failure {
    Failure::usage(format!("{}, line {line}: not written by `ava send --csv`", path.display()))
        .next("Give another --results FILE; nothing was sent or changed.")
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::local(format!("{} could not be used", path.display()), error);
    debug_assert_ne!(failure.exit(), Exit::USAGE);
    failure
        .next("Without it nothing more is sent. Mend that, then run the same command: it goes on from there.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://x.example";

    fn rows() -> Vec<Row> {
        let row = |number| Row {
            number,
            line: number + 1,
            phone: "+12".into(),
            text: "secret".into(),
            hash: format!("h{number}"),
        };
        (1..=4).map(row).collect()
    }

    fn path() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        (folder, path)
    }

    /// Row 1 sent, 2 killed in flight, 3 not sent, 4 untouched.
    fn written(path: &Path) {
        let rows = rows();
        let (mut results, _) = Results::open(path, URL, &rows).unwrap();
        for (row, state) in [
            (0, State::Attempting),
            (0, State::Sent),
            (1, State::Attempting),
            (2, State::Attempting),
            (2, State::NotSent),
        ] {
            results.write(&Record::new(&rows[row], state)).unwrap();
        }
    }

    fn sendable(past: &Past) -> Vec<u64> {
        rows().iter().filter(|row| past.may_send(row)).map(|row| row.number).collect()
    }

    #[test]
    fn it_is_taken_up_where_it_ended() {
        let (_folder, path) = path();
        written(&path);
        let (_results, past) = Results::open(&path, URL, &rows()).unwrap();
        assert_eq!(sendable(&past), [3, 4]);
        assert_eq!(past.in_state(State::Attempting).map(|r| r.row).collect::<Vec<_>>(), [2]);
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(!kept.contains("secret"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn it_may_be_torn_anywhere() {
        let (_folder, path) = path();
        written(&path);
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let (mut results, past) = Results::open(&path, URL, &rows()).unwrap();
            // What a cut-off line would have said is at worst forgotten in favour of `attempting`.
            let lines = whole[..length].iter().filter(|byte| **byte == b'\n').count();
            let expected: &[u64] = match lines {
                0 | 1 => &[1, 2, 3, 4],
                2 | 3 => &[2, 3, 4],
                4 => &[3, 4],
                _ => &[4],
            };
            assert_eq!(sendable(&past), expected, "{length}");
            results.write(&Record::new(&rows()[3], State::Sent)).unwrap();
            drop(results);
            let (_results, past) = Results::open(&path, URL, &rows()).unwrap();
            assert!(!sendable(&past).contains(&4), "{length}");
        }
    }

    #[test]
    fn a_changed_file_another_address_and_a_foreign_file_are_refused() {
        let (_folder, path) = path();
        written(&path);
        let mut changed = rows();
        changed[0].hash = "other".into();
        let refused = |url, rows: &[Row]| format!("{:?}", Results::open(&path, url, rows).err().unwrap());
        assert!(refused(URL, &changed).contains("row 1 is not what it was"));
        assert!(refused(URL, &rows()[..2]).contains("row 3 is not what it was"));
        assert!(refused("https://y.example", &rows()).contains("by way of https://x.example"));
        for foreign in ["phone,text", "phone,text\n+12,a\n", "{\"ava_bulk\":1}\n"] {
            std::fs::write(&path, foreign).unwrap();
            assert!(refused(URL, &rows()).contains("line 1: not written by"), "{foreign}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), foreign);
        }
    }

    #[test]
    fn two_runs_can_not_write_it() {
        let (_folder, path) = path();
        let (_first, _) = Results::open(&path, URL, &rows()).unwrap();
        let second = Results::open(&path, URL, &rows()).err().unwrap();
        assert!(format!("{second:?}").contains("another run"));
    }
}
