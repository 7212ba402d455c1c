//! The folder of the index.
//!
//! Tantivy's own files, each with a checksum, that are all compared before anything is read.
//! Each commit names the change of the log that it ends with, by its number and by a digest of
//! it, so that the folder of another store, or of a later state of this one, is not believed.
//! Whatever is wrong with a folder, it is made again: it is derived.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tantivy::directory::MmapDirectory;
use tantivy::indexer::LogMergePolicy;
use tantivy::query::TermQuery;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{
    DocSet, Index, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError, Term,
};
use tempfile::TempDir;

use super::ask::TicketText;
use super::terms::terms;
use crate::city::TicketTexts;
use crate::index::tickets::fingerprint;
use crate::store::{Store, StoreError};

/// Goes up whenever the terms or fields of a text are others than before.
const FORMAT: u32 = 1;
/// The number of a ticket.
pub(super) const NUMBER: &str = "number";
/// A digest of its words, so that equal ones are not written again.
const DIGEST: &str = "digest";
const WORDS: &str = "words";
/// Bytes that wait in memory before they become a segment.
const WRITER_BYTES: usize = 48 << 20;
/// Share of erased documents from which on a segment is written anew when there is time.
const ERASED: f32 = 0.2;
/// After so long segments that hold anything erased are written anew, so that it is gone from
/// the disk.
const PURGE: Duration = Duration::from_hours(24);

/// Why the index cannot be kept up.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The records do not answer; the index is right as far as it goes.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The index is broken.
    #[error("{0}")]
    Index(#[from] TantivyError),
    /// The folder cannot be opened.
    #[error("{0}")]
    Directory(#[from] tantivy::directory::error::OpenDirectoryError),
    /// A file cannot be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The folder holds what is none of ours, or no longer; it is made again.
    #[error("{0}")]
    Unusable(&'static str),
}

/// The index with what writes it.
pub struct Kept {
    index: Index,
    writer: IndexWriter,
    reader: IndexReader,
    fields: Fields,
    /// The last change that is in it.
    pub(super) seq: u64,
    purged: Instant,
    /// A folder that goes with the process, where the kept one cannot be had.
    _passing: Option<TempDir>,
}

#[derive(Clone, Copy)]
struct Fields {
    number: Field,
    digest: Field,
    words: Field,
}

fn schema() -> (Schema, Fields) {
    let indexing = TextFieldIndexing::default()
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let mut schema = Schema::builder();
    let number = schema.add_u64_field(NUMBER, FAST | INDEXED);
    let digest = schema.add_u64_field(DIGEST, FAST);
    let words = schema.add_text_field(WORDS, TextOptions::default().set_indexing_options(indexing));
    (schema.build(), Fields { number, digest, words })
}

impl Kept {
    /// The index in `folder`, if it is whole and of the log of `store`.
    pub(super) fn open(folder: &Path, store: &dyn Store) -> Result<Self, Trouble> {
        let index = Index::open(MmapDirectory::open(folder)?)?;
        let (schema, fields) = schema();
        if index.schema() != schema {
            return Err(Trouble::Unusable("its fields are others"));
        }
        if !index.validate_checksum()?.is_empty() {
            return Err(Trouble::Unusable("a checksum does not fit"));
        }
        let payload = index.load_metas()?.payload.unwrap_or_default();
        let seq = payload.split(' ').nth(1).and_then(|seq| seq.parse().ok());
        let seq: u64 = seq.ok_or(Trouble::Unusable("it does not say what is in it"))?;
        if said(store, seq)? != Some(payload) {
            return Err(Trouble::Unusable(
                "it is of another store, or of a later state of this one",
            ));
        }
        let mut kept = Self::with(index, fields, seq, None)?;
        kept.purge(Duration::ZERO)?;
        Ok(kept)
    }

    /// An empty index in `folder`, in the place of whatever is there; where that cannot be, in
    /// a folder that goes with the process.
    pub(super) fn create(folder: Option<&Path>) -> Result<Self, Trouble> {
        let (schema, fields) = schema();
        let made = folder.map(|folder| -> Result<Self, Trouble> {
            let _ = fs::remove_dir_all(folder);
            private(folder)?;
            let index = Index::create_in_dir(folder, schema.clone())?;
            Self::with(index, fields, 0, None)
        });
        match made {
            Some(Ok(kept)) => return Ok(kept),
            Some(Err(error)) => {
                let folder = folder.map(|folder| folder.display().to_string());
                tracing::warn!(folder, %error, "the index of what tickets say cannot be kept there");
            }
            None => {}
        }
        let passing = TempDir::with_prefix("servicemap-words-")?;
        let index = Index::create_in_dir(passing.path(), schema)?;
        Self::with(index, fields, 0, Some(passing))
    }

    fn with(
        index: Index,
        fields: Fields,
        seq: u64,
        passing: Option<TempDir>,
    ) -> Result<Self, Trouble> {
        let writer: IndexWriter = index.writer_with_num_threads(1, WRITER_BYTES)?;
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(ERASED);
        writer.set_merge_policy(Box::new(policy));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, writer, reader, fields, seq, purged: Instant::now(), _passing: passing })
    }

    /// As it is after the last commit.
    pub fn view(&self) -> TicketText {
        TicketText { searcher: self.reader.searcher(), words: self.fields.words, seq: self.seq }
    }

    /// Takes in the words of a ticket that is not in it.
    pub(super) fn add(&self, number: u64, texts: &TicketTexts) -> Result<(), TantivyError> {
        let Some((document, _)) = self.document(number, texts) else { return Ok(()) };
        self.writer.add_document(document).map(|_| ())
    }

    /// Takes in the words that a ticket has now, in the place of those that it had; whether
    /// that changes anything.
    pub(super) fn put(&self, number: u64, texts: &TicketTexts) -> Result<bool, TantivyError> {
        let document = self.document(number, texts);
        if self.digest_of(number)? == document.as_ref().map(|(_, digest)| *digest) {
            return Ok(false);
        }
        self.writer.delete_term(Term::from_field_u64(self.fields.number, number));
        if let Some((document, _)) = document {
            self.writer.add_document(document)?;
        }
        Ok(true)
    }

    /// The digest of the words that it has of a ticket, as far as that was committed.
    fn digest_of(&self, number: u64) -> Result<Option<u64>, TantivyError> {
        let term = Term::from_field_u64(self.fields.number, number);
        let query = TermQuery::new(term, IndexRecordOption::Basic);
        let searcher = self.reader.searcher();
        let weight = tantivy::query::Query::weight(
            &query,
            tantivy::query::EnableScoring::disabled_from_searcher(&searcher),
        )?;
        for segment in searcher.segment_readers() {
            let mut docs = weight.scorer(segment, 1.0)?;
            while docs.doc() != tantivy::TERMINATED {
                if segment.alive_bitset().is_none_or(|alive| alive.is_alive(docs.doc())) {
                    return Ok(segment.fast_fields().u64(DIGEST)?.first(docs.doc()));
                }
                docs.advance();
            }
        }
        Ok(None)
    }

    /// The document of a ticket, and the digest of its words; `None` where there are none.
    fn document(&self, number: u64, texts: &TicketTexts) -> Option<(TantivyDocument, u64)> {
        let mut tokens = Vec::new();
        let mut place = 0;
        let mut hasher = blake3::Hasher::new();
        for text in [&texts.description, &texts.address, &texts.response].into_iter().flatten() {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
            place = terms(text, place, |position, text| {
                tokens.push(Token { position, text, ..Token::default() });
            });
        }
        if tokens.is_empty() {
            return None;
        }
        let [a, b, c, d, e, f, g, h, ..] = *hasher.finalize().as_bytes();
        let digest = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let mut document = TantivyDocument::default();
        document.add_u64(self.fields.number, number);
        document.add_u64(self.fields.digest, digest);
        let text = String::new();
        document.add_pre_tokenized_text(self.fields.words, PreTokenizedString { text, tokens });
        Some((document, digest))
    }

    /// Writes to the disk what was taken in, as the words up to the change `seq` of the log, and
    /// shows it.
    pub(super) fn commit(&mut self, store: &dyn Store, seq: u64) -> Result<(), Trouble> {
        let payload = said(store, seq)?;
        let mut prepared = self.writer.prepare_commit()?;
        if let Some(payload) = payload {
            prepared.set_payload(&payload);
        }
        prepared.commit()?;
        self.seq = seq;
        self.reader.reload()?;
        Ok(())
    }

    /// Begins to write segments anew that hold what was erased, if the last time is so long ago.
    pub(super) fn purge(&mut self, after: Duration) -> Result<(), TantivyError> {
        if self.purged.elapsed() < after {
            return Ok(());
        }
        self.purged = Instant::now();
        for segment in self.index.searchable_segment_metas()? {
            if segment.num_deleted_docs() > 0 {
                // It goes on in the background; where it fails, the next time tries again.
                drop(self.writer.merge(&[segment.id()]));
            }
        }
        Ok(())
    }

    /// How often segments are looked at for what was erased.
    pub(super) const fn purge_after() -> Duration {
        PURGE
    }
}

/// What a commit that ends with the change `seq` says of itself; `None` where there is no such
/// change.
fn said(store: &dyn Store, seq: u64) -> Result<Option<String>, StoreError> {
    let of = fingerprint(store, seq)?;
    let hex = |of: [u8; 32]| blake3::Hash::from_bytes(of).to_hex();
    Ok(of.map(|of| format!("{FORMAT} {seq} {}", hex(of))))
}

/// Makes a folder that nobody else on this machine may read.
fn private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
