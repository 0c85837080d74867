//! Opening, writing and following an index.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use hotline_text::Lexicon;
use tantivy::directory::MmapDirectory;
use tantivy::indexer::{IndexWriterOptions, UserOperation};
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, Searcher, Term};

use crate::folder::{self, Contents, Stamp};
use crate::schema::{Fields, schema, tokenizers};
use crate::{CallDocument, IndexError};

/// Memory of an indexing thread before it writes a segment; 15 MB is the engine's least.
const WRITER_BYTES: usize = 48 << 20;

/// From this many calls at once, cutting them up is worth more threads: each makes a segment of its own.
const MANY_CALLS: usize = 64;
const WRITER_THREADS: usize = 2;

/// How long to wait for another process that is just committing (a commit takes about 0.1 s).
const WRITER_PATIENCE: Duration = Duration::from_secs(5);

/// The full-text index of a data folder. Searching and writing may go on in several processes at once; only one at a
/// time writes.
pub struct Index {
    pub(crate) fields: Fields,
    pub(crate) lexicon: Lexicon,
    folder: PathBuf,
    engine: tantivy::Index,
    reader: IndexReader,
    /// State of the engine's table of contents when the reader last read it.
    seen: Mutex<Option<Seen>>,
    opened: Opened,
}

type Seen = (SystemTime, u64);

/// What [`Index::open`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// An index that can be used as it is.
    Existing,
    /// Nothing: the index is new and empty.
    Created,
    /// An index of another version, with other dictionaries or damaged: it was emptied. The watermark is 0, so whoever
    /// follows the store from there fills it again.
    Recreated,
}

impl Index {
    /// Opens the index in `folder` for writing and searching, and makes it if it is missing, out of date or damaged.
    ///
    /// # Errors
    /// [`IndexError::Foreign`] if the folder holds other files, [`IndexError::Busy`] if it would have to be made anew while
    /// another process writes to it, [`IndexError::Io`] and [`IndexError::Engine`].
    pub fn open(folder: &Path, lexicon: Lexicon) -> Result<Index, IndexError> {
        let stamp = Stamp::current(&lexicon);
        let opened = match folder::contents(folder, &stamp)? {
            Contents::Foreign => return Err(IndexError::Foreign { folder: folder.to_owned() }),
            Contents::Current => match Self::existing(folder, lexicon.clone()) {
                Ok(index) => return Ok(index),
                Err(error @ (IndexError::Io { .. } | IndexError::Busy { .. })) => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "the index is damaged and will be built anew");
                    Opened::Recreated
                }
            },
            Contents::OutOfDate => Opened::Recreated,
            Contents::Nothing => Opened::Created,
        };
        let engine = folder::make_anew(folder, &stamp, || {
            let directory = MmapDirectory::open(folder).map_err(|error| IndexError::engine(folder)(error.into()))?;
            let builder = tantivy::Index::builder().schema(schema().0).tokenizers(tokenizers(&lexicon));
            builder.open_or_create(directory).map_err(IndexError::engine(folder))
        })?;
        Self::with_engine(folder, lexicon, engine, opened)
    }

    /// Opens the index in `folder` to search it; nothing is changed.
    ///
    /// # Errors
    /// [`IndexError::Missing`], [`IndexError::OutOfDate`], [`IndexError::Foreign`], [`IndexError::Io`], [`IndexError::Engine`].
    pub fn open_read_only(folder: &Path, lexicon: Lexicon) -> Result<Index, IndexError> {
        match folder::contents(folder, &Stamp::current(&lexicon))? {
            Contents::Nothing => Err(IndexError::Missing { folder: folder.to_owned() }),
            Contents::OutOfDate => Err(IndexError::OutOfDate { folder: folder.to_owned() }),
            Contents::Foreign => Err(IndexError::Foreign { folder: folder.to_owned() }),
            Contents::Current => Self::existing(folder, lexicon),
        }
    }

    /// What [`Index::open`] found.
    pub fn opened(&self) -> Opened {
        self.opened
    }

    /// The folder it lies in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The change number of the store up to which the index holds everything, as of the last commit of any process; 0 for
    /// an empty index.
    pub fn watermark(&self) -> u64 {
        match self.engine.load_metas() {
            Ok(metas) => metas.payload.and_then(|text| text.parse().ok()).unwrap_or(0),
            Err(error) => {
                tracing::warn!(%error, "the index cannot say how far it is; it will be filled from the beginning");
                0
            }
        }
    }

    /// Takes over calls, forgets others, and remembers that the store has been read up to `watermark`: all or nothing, on
    /// disk when this returns. Small segments are merged on the way.
    ///
    /// # Errors
    /// [`IndexError::Busy`] if another process keeps writing, [`IndexError::Engine`]; nothing is changed then.
    pub fn apply(
        &mut self,
        documents: impl IntoIterator<Item = CallDocument>,
        deleted: &[u64],
        watermark: u64,
    ) -> Result<(), IndexError> {
        let engine_error = IndexError::engine(&self.folder);
        let documents = documents.into_iter();
        let threads = if documents.size_hint().0 >= MANY_CALLS { WRITER_THREADS } else { 1 };
        let mut writer = self.writer(threads)?;
        for call_no in deleted {
            writer.delete_term(Term::from_field_u64(self.fields.call_no, *call_no));
        }
        for document in documents {
            writer.delete_term(Term::from_field_u64(self.fields.call_no, document.call_no));
            let parts = document.documents(&self.fields).map_err(|e| IndexError::io(&self.folder)(e.into()))?;
            // As one: searches rely on the documents of a call standing side by side.
            let parts: Vec<UserOperation> = parts.into_iter().map(UserOperation::Add).collect();
            writer.run(parts).map_err(&engine_error)?;
        }
        let mut commit = writer.prepare_commit().map_err(&engine_error)?;
        commit.set_payload(&watermark.to_string());
        commit.commit().map_err(&engine_error)?;
        writer.wait_merging_threads().map_err(&engine_error)
    }

    /// Removes the text of deleted and replaced calls from disk now, instead of when segments are next merged; for
    /// retention. Rewrites the segments concerned.
    ///
    /// # Errors
    /// As [`Index::apply`].
    pub fn expunge(&mut self) -> Result<(), IndexError> {
        let engine_error = IndexError::engine(&self.folder);
        let mut writer = self.writer(1)?;
        // Only the ids are kept: files of a segment stay as long as anybody holds its description.
        let segments = self.engine.searchable_segment_metas().map_err(&engine_error)?;
        let concerned: Vec<_> = segments.into_iter().filter(|s| s.has_deletes()).map(|s| s.id()).collect();
        for segment in concerned {
            writer.merge(&[segment]).wait().map_err(&engine_error)?;
        }
        self.reader.reload().map_err(&engine_error)?;
        writer.garbage_collect_files().wait().map_err(&engine_error)?;
        writer.wait_merging_threads().map_err(&engine_error)
    }

    /// The newest committed state, also of other processes.
    pub(crate) fn searcher(&self) -> Result<Searcher, IndexError> {
        let table = self.folder.join("meta.json");
        let now = fs::metadata(&table).and_then(|meta| Ok((meta.modified()?, meta.len()))).ok();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if now.is_none() || *seen != now {
            self.reader.reload().map_err(IndexError::engine(&self.folder))?;
            *seen = now;
        }
        Ok(self.reader.searcher())
    }

    /// A writer of its own for each change, so that processes take turns.
    fn writer(&self, threads: usize) -> Result<IndexWriter, IndexError> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(threads)
            .memory_budget_per_thread(WRITER_BYTES)
            .num_merge_threads(1)
            .build();
        let begun = Instant::now();
        loop {
            match self.engine.writer_with_options(options.clone()).map_err(IndexError::engine(&self.folder)) {
                Err(IndexError::Busy { .. }) if begun.elapsed() < WRITER_PATIENCE => {
                    thread::sleep(Duration::from_millis(25));
                }
                result => return result,
            }
        }
    }

    fn existing(folder: &Path, lexicon: Lexicon) -> Result<Index, IndexError> {
        let directory = MmapDirectory::open(folder).map_err(|error| IndexError::engine(folder)(error.into()))?;
        let mut engine = tantivy::Index::open(directory).map_err(IndexError::engine(folder))?;
        engine.set_tokenizers(tokenizers(&lexicon));
        if engine.schema() != schema().0 {
            return Err(IndexError::OutOfDate { folder: folder.to_owned() });
        }
        Self::with_engine(folder, lexicon, engine, Opened::Existing)
    }

    fn with_engine(
        folder: &Path,
        lexicon: Lexicon,
        engine: tantivy::Index,
        opened: Opened,
    ) -> Result<Index, IndexError> {
        let reader = engine.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
        let reader = reader.map_err(IndexError::engine(folder))?;
        let fields = schema().1;
        Ok(Index { fields, lexicon, folder: folder.to_owned(), engine, reader, seen: Mutex::new(None), opened })
    }
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("folder", &self.folder).field("opened", &self.opened).finish_non_exhaustive()
    }
}
