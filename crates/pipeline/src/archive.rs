//! Store first, index second: the two places a finished call goes, and how the second follows the first.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hotline_index::{CallDocument, Index, IndexError};
use hotline_model::{CallId, CallMeta, CallRecord};
use hotline_store::{CLAIM_STALE_AFTER, Claim, Store, StoreError};
use hotline_text::Lexicon;

/// Calls read from the store and handed to the index at a time: bounds memory while a large store is indexed.
const CALLS_A_COMMIT: usize = 500;

/// While calls come in, the index is brought up to date at most this often, so that a call is found within a second or so of
/// being stored.
const INDEX_EVERY: Duration = Duration::from_secs(1);

/// And so that it takes no more than a small part of the time: this many times as long as the last time took is left between.
const INDEX_REST: u32 = 20;

/// What stops the index from being brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A file beside the index.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Store and index of a data folder. Shared by all workers of a run.
pub struct Archive {
    store: Mutex<Store>,
    index: Mutex<Shelf>,
    heartbeat: Mutex<Instant>,
}

/// The index as far as it can be used.
struct Shelf {
    index: Option<Index>,
    trouble: Option<ArchiveError>,
    updated: Instant,
    /// How long that took.
    took: Duration,
}

/// What bringing the index up to date came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Calls added or replaced.
    pub calls: usize,
    /// Calls removed.
    pub deleted: usize,
}

impl Archive {
    /// Joins a store and the index in `folder`, which is made if it is missing or of another version. An index that
    /// cannot be opened does not stop anything: calls are stored, and the index catches up when it can.
    pub fn new(store: Store, folder: &Path, lexicon: Lexicon) -> Archive {
        let opened = forget_foreign(folder, &store).and_then(|()| Ok(Index::open(folder, lexicon)?));
        let (index, trouble) = match opened {
            Ok(index) => (Some(index), None),
            Err(error) => (None, Some(error)),
        };
        Archive {
            store: Mutex::new(store),
            index: Mutex::new(Shelf { index, trouble, updated: Instant::now(), took: Duration::ZERO }),
            heartbeat: Mutex::new(Instant::now()),
        }
    }

    /// Why the index cannot be used, if it cannot.
    pub fn index_trouble(&self) -> Option<String> {
        self.shelf().trouble.as_ref().map(ToString::to_string)
    }

    /// The store, locked for this thread.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn contains(&self, id: &CallId) -> Result<bool, StoreError> {
        self.store().contains(id)
    }

    /// The stored call of the same recording whose identifying metadata does not contradict `meta`: the same call, of which
    /// less was known when it was processed. Without this a table that arrives late would make a second call of it.
    pub(crate) fn same_call(&self, audio_sha256: &str, meta: &CallMeta) -> Result<Option<CallId>, StoreError> {
        let store = self.store();
        for id in store.calls_with_audio(audio_sha256)? {
            if let Some(facts) = store.facts(&id)?
                && agree(&facts.call.meta, meta)
            {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Takes over metadata that arrived since; tells whether anything changed.
    pub(crate) fn update_meta(&self, id: &CallId, meta: &CallMeta, origin: &str) -> Result<bool, StoreError> {
        Ok(!self.store().update_meta(id, meta, origin)?.unchanged)
    }

    /// Takes a call for this process; `false` if another run has it.
    pub(crate) fn claim(&self, id: &CallId) -> Result<bool, StoreError> {
        Ok(matches!(self.store().claim(id.as_str(), std::process::id())?, Claim::Granted))
    }

    /// Shows other processes that this one still works on its claims; to be called often, does something now and then.
    pub(crate) fn keep_claims(&self) {
        let Ok(mut last) = self.heartbeat.try_lock() else { return };
        if last.elapsed() < CLAIM_STALE_AFTER / 10 {
            return;
        }
        *last = Instant::now();
        if let Err(error) = self.store().heartbeat(std::process::id()) {
            tracing::warn!(%error, "claims could not be kept alive");
        }
    }

    /// Gives a call back. A claim that cannot be given back goes stale by itself.
    pub(crate) fn release(&self, id: &CallId) {
        if let Err(error) = self.store().release(id.as_str(), std::process::id()) {
            tracing::warn!(%error, call = %id, "a claim could not be released");
        }
    }

    pub(crate) fn save(&self, record: &CallRecord) -> Result<(), StoreError> {
        self.store().save(record).map(|_| ())
    }

    pub(crate) fn record_failure(&self, source: &Path, error: &str) -> Result<(), StoreError> {
        self.store().record_failure(&source.display().to_string(), None, error)
    }

    /// Brings the index up to date if that was long enough ago and nobody else is doing it.
    pub(crate) fn index_now_and_then(&self) {
        let due = match self.index.try_lock() {
            Ok(shelf) => shelf.updated.elapsed() >= INDEX_EVERY.max(shelf.took * INDEX_REST),
            Err(_) => false,
        };
        if due {
            self.catch_up_quietly();
        }
    }

    /// Brings the index up to date; trouble is logged, since the store has everything and a later run catches up.
    pub(crate) fn catch_up_quietly(&self) {
        if let Err(error) = self.catch_up() {
            tracing::warn!(%error, "the index is behind the store and will catch up later");
        }
    }

    /// How many changes of the store the index has not seen.
    pub fn behind(&self) -> Result<u64, ArchiveError> {
        let watermark = self.shelf().index.as_ref().map_or(0, Index::watermark);
        Ok(self.store().change()?.saturating_sub(watermark))
    }

    /// Brings the index up to date with the store.
    pub fn catch_up(&self) -> Result<CaughtUp, ArchiveError> {
        let mut shelf = self.shelf();
        if let Some(trouble) = shelf.trouble.take() {
            return Err(trouble);
        }
        let begun = Instant::now();
        let mut caught_up = CaughtUp::default();
        let Some(index) = shelf.index.as_mut() else { return Ok(caught_up) };
        loop {
            let batch = read_batch(&self.store(), index.watermark())?;
            let Some(batch) = batch else { break };
            caught_up.calls += batch.documents.len();
            caught_up.deleted += batch.deleted.len();
            index.apply(batch.documents, &batch.deleted, batch.watermark)?;
        }
        (shelf.updated, shelf.took) = (Instant::now(), begun.elapsed());
        Ok(caught_up)
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the fields that identify a call are equal wherever both are known.
fn agree(one: &CallMeta, other: &CallMeta) -> bool {
    fn compatible<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
        one.is_none() || other.is_none() || one == other
    }
    compatible(&one.started_at, &other.started_at)
        && compatible(&one.agent_id, &other.agent_id)
        && compatible(&one.customer_number, &other.customer_number)
        && compatible(&one.direction, &other.direction)
}

struct Batch {
    documents: Vec<CallDocument>,
    deleted: Vec<u64>,
    watermark: u64,
}

fn read_batch(store: &Store, since: u64) -> Result<Option<Batch>, StoreError> {
    let changes = store.changed_since(since, CALLS_A_COMMIT)?;
    let Some(last) = changes.last() else { return Ok(None) };
    let mut batch = Batch { documents: Vec::new(), deleted: Vec::new(), watermark: last.change };
    for change in &changes {
        match if change.deleted { None } else { store.record_as_decided(&change.call_id)? } {
            Some(record) => batch.documents.push(CallDocument::of_record(change.call_no, record)),
            None => batch.deleted.push(change.call_no),
        }
    }
    Ok(Some(batch))
}

/// Removes an index that was made from another store: its change numbers would mean something else here. Which store an
/// index belongs to stands in a file beside it.
fn forget_foreign(folder: &Path, store: &Store) -> Result<(), ArchiveError> {
    let owner = folder.with_extension("store");
    let identity = store.identity()?;
    if std::fs::read_to_string(&owner).is_ok_and(|known| known == identity) {
        return Ok(());
    }
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| ArchiveError::Io { path, source }
    };
    remove_index(folder).map_err(io(folder))?;
    if let Some(parent) = owner.parent() {
        std::fs::create_dir_all(parent).map_err(io(parent))?;
    }
    std::fs::write(&owner, identity).map_err(io(&owner))
}

/// Deletes the index folder so that the next [`Archive::new`] makes a new one.
pub fn remove_index(folder: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
