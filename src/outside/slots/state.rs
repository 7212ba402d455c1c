//! What an import remembers of a feed, so that the next one need not ask for it again.
//!
//! The file can be deleted at any time; the next import then asks for everything. It is
//! written beside its name and moved there, and has a digest, so that one that is cut or
//! damaged is not believed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::resources::Resource;

/// What the file says it is; changes when its content does.
const FORMAT: &str = "servicemap slots 1";

/// What is known of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// Address of the manifest.
    pub(super) feed: String,
    /// The manifest's time at the last import.
    pub(super) at: Option<Timestamp>,
    /// When everything was asked for last.
    pub(super) whole_at: Option<Timestamp>,
    /// The files of the feed, by address.
    pub(super) files: BTreeMap<String, Kept>,
}

/// A file of the feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The entity tag of the last answer.
    pub(super) etag: Option<String>,
    /// What is in it.
    pub(super) resources: Vec<Resource>,
}

impl State {
    /// What is remembered of `feed`; nothing where the file is not there, is damaged or is
    /// of another feed.
    pub(super) fn open(path: &Path, feed: &str) -> Self {
        let fresh = || Self { feed: feed.to_owned(), ..Self::default() };
        let Ok(text) = fs::read_to_string(path) else { return fresh() };
        let mut lines = text.splitn(3, '\n');
        let (format, digest) = (lines.next(), lines.next());
        let body = lines.next().unwrap_or_default();
        let whole = format == Some(FORMAT)
            && digest == Some(blake3::hash(body.as_bytes()).to_hex().as_str());
        let state: Option<Self> = serde_json::from_str(body).ok().filter(|_| whole);
        match state {
            Some(state) if state.feed == feed => state,
            Some(_) => fresh(),
            None => {
                tracing::warn!(file = %path.display(), "damaged, and not used");
                fresh()
            }
        }
    }

    /// Keeps it.
    pub(super) fn save(&self, path: &Path) -> io::Result<()> {
        let body = serde_json::to_string(self)?;
        let digest = blake3::hash(body.as_bytes()).to_hex();
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        let file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        fs::write(file.path(), format!("{FORMAT}\n{digest}\n{body}"))?;
        file.persist(path).map(|_| ()).map_err(|e| e.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_and_one_of_another_feed_are_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let mut state = State { feed: "https://a.example/".into(), ..State::default() };
        let slot = Resource::Location { id: "1".into(), identifiers: vec!["x".into()] };
        let kept = Kept { etag: Some("\"1\"".into()), resources: vec![slot] };
        state.files.insert("https://a.example/1".into(), kept);
        state.save(&path).unwrap();
        assert_eq!(State::open(&path, "https://a.example/"), state);
        assert!(State::open(&path, "https://b.example/").files.is_empty());
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            fs::write(&path, &whole[..at]).unwrap();
            assert!(State::open(&path, "https://a.example/").files.is_empty(), "cut at {at}");
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            fs::write(&path, &flipped).unwrap();
            assert!(State::open(&path, "https://a.example/").files.is_empty(), "flipped at {at}");
        }
    }
}
