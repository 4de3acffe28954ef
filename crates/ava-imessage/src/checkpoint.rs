//! Where a listener keeps what it has acknowledged, so that a restart loses nothing and repeats little.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::BoxError;
use crate::redact;
use crate::transport::BoxFuture;

const VERSION: u32 = 1;

/// What a listener must remember. It is JSON by serde, to be kept and given back as it is.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckpointState {
    pub(crate) version: u32,
    /// The base URL that the ids belong to.
    pub(crate) origin: String,
    /// The phone that was listened to, if one was.
    pub(crate) phone: Option<String>,
    /// Rows older than this are never yielded.
    pub(crate) start: Option<Timestamp>,
    /// Rows older than this that were there when listening began are not news.
    pub(crate) baseline: Option<Timestamp>,
    /// Whether that baseline was read to its end.
    pub(crate) baseline_done: bool,
    /// Everything up to here was acknowledged.
    pub(crate) watermark: Option<Timestamp>,
    /// Ids that a poll may bring again.
    pub(crate) acknowledged: Vec<Acknowledged>,
}

/// An id that need not be yielded again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Acknowledged {
    pub(crate) id: String,
    pub(crate) timestamp: Timestamp,
}

impl CheckpointState {
    pub(crate) fn new(origin: &str, phone: Option<&str>) -> CheckpointState {
        CheckpointState {
            version: VERSION,
            origin: origin.to_owned(),
            phone: phone.map(str::to_owned),
            start: None,
            baseline: None,
            baseline_done: false,
            watermark: None,
            acknowledged: Vec::new(),
        }
    }

    /// Reads the JSON text that serde wrote.
    ///
    /// # Errors
    /// If it is no checkpoint, or one of a later version.
    pub fn from_json(text: &str) -> Result<CheckpointState, BoxError> {
        let state: CheckpointState = serde_json::from_str(text).map_err(|_| "not a checkpoint")?;
        if state.version != VERSION {
            return Err(format!("a checkpoint of version {}, this is {VERSION}", state.version).into());
        }
        Ok(state)
    }

    /// The JSON text that [`from_json`](CheckpointState::from_json) reads.
    ///
    /// # Errors
    /// Never, so far.
    pub fn to_json(&self) -> Result<String, BoxError> {
        serde_json::to_string(self).map_err(Into::into)
    }
}

impl fmt::Debug for CheckpointState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckpointState")
            .field("origin", &self.origin)
            .field("phone", &self.phone.as_deref().map(redact::Phone))
            .field("watermark", &self.watermark)
            .field("acknowledged", &self.acknowledged.len())
            .finish_non_exhaustive()
    }
}

/// Keeps a [`CheckpointState`]. When `save` returns, the state must survive whatever the keeper promises to
/// survive; when it fails, the last state saved must still be there, and nothing counts as acknowledged.
pub trait Checkpoint: Send + Sync + 'static {
    /// The state saved last, or `None` if there never was one.
    fn load(&self) -> BoxFuture<'_, Result<Option<CheckpointState>, BoxError>>;

    /// Keeps a state in place of the last. One call at a time.
    fn save<'a>(&'a self, state: &'a CheckpointState) -> BoxFuture<'a, Result<(), BoxError>>;
}

/// A checkpoint that outlives its listener but not the process. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct MemoryCheckpoint(Arc<Mutex<Option<CheckpointState>>>);

impl MemoryCheckpoint {
    /// An empty one.
    pub fn new() -> MemoryCheckpoint {
        MemoryCheckpoint::default()
    }
}

impl Checkpoint for MemoryCheckpoint {
    fn load(&self) -> BoxFuture<'_, Result<Option<CheckpointState>, BoxError>> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async { Ok(state) })
    }

    fn save<'a>(&'a self, state: &'a CheckpointState) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(state.clone());
            Ok(())
        })
    }
}

/// A checkpoint in a file, replaced as a whole and synced to the disk: a crash leaves the old state or the
/// new one. The file is readable by its owner alone. One listener a file.
pub struct FileCheckpoint {
    path: PathBuf,
    /// Held until a file is written, though nobody may be waiting for that any more: else a save that was
    /// cancelled could overwrite a later one.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl FileCheckpoint {
    /// The file is made by the first save; its folder must be there.
    pub fn new(path: impl Into<PathBuf>) -> FileCheckpoint {
        FileCheckpoint { path: path.into(), turn: Arc::default() }
    }
}

impl fmt::Debug for FileCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileCheckpoint").field(&self.path).finish()
    }
}

impl Checkpoint for FileCheckpoint {
    fn load(&self) -> BoxFuture<'_, Result<Option<CheckpointState>, BoxError>> {
        let path = self.path.clone();
        Box::pin(async move {
            match tokio::fs::read_to_string(path).await {
                Ok(text) => CheckpointState::from_json(&text).map(Some),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
    }

    fn save<'a>(&'a self, state: &'a CheckpointState) -> BoxFuture<'a, Result<(), BoxError>> {
        let path = self.path.clone();
        Box::pin(async move {
            let text = state.to_json()?;
            let turn = Arc::clone(&self.turn).lock_owned().await;
            let written = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                replace(&path, text.as_bytes())
            });
            Ok(written.await??)
        })
    }
}

/// Writes beside the file, syncs, renames over it, syncs the folder.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    };
    let mut name = name.to_owned();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&temporary, path)?;
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_phone() {
        let shown = format!("{:?}", CheckpointState::new("http://localhost", Some("+15550001111")));
        assert!(!shown.contains("0001111") && shown.contains("localhost"), "{shown}");
    }

    #[tokio::test]
    async fn a_file_keeps_the_last_state_and_refuses_what_is_none() {
        let folder = std::env::temp_dir().join(format!("ava-checkpoint-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("inbox.json");
        let checkpoint = FileCheckpoint::new(&path);
        assert_eq!(checkpoint.load().await.unwrap(), None);
        assert!(FileCheckpoint::new("").save(&CheckpointState::new("x", None)).await.is_err());
        assert!(!Path::new(".tmp").exists());

        let mut state = CheckpointState::new("http://127.0.0.1:1", Some("+15550001111"));
        for second in [1, 2] {
            state.watermark = Some(Timestamp::from_second(second).unwrap());
            checkpoint.save(&state).await.unwrap();
        }
        assert_eq!(checkpoint.load().await.unwrap().as_ref(), Some(&state));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["inbox.json"]);

        // A save that nobody waits for any more still comes before the next.
        for second in 3..50 {
            state.watermark = Some(Timestamp::from_second(second).unwrap());
            let abandoned = checkpoint.save(&state);
            let _ = tokio::time::timeout(std::time::Duration::ZERO, abandoned).await;
            state.watermark = Some(Timestamp::from_second(second + 100).unwrap());
            checkpoint.save(&state).await.unwrap();
            assert_eq!(checkpoint.load().await.unwrap().as_ref(), Some(&state));
        }

        for broken in ["", "{}", "[1]", r#"{"version":9}"#] {
            std::fs::write(&path, broken).unwrap();
            assert!(checkpoint.load().await.is_err(), "{broken}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(checkpoint.save(&CheckpointState::new("x", None)).await.is_err());
    }
}
