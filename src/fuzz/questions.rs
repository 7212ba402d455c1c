//! What people type, and the files that they ask about.

use std::sync::{Arc, LazyLock};

use crate::city::Lang;
use crate::geo::Datum;
use crate::index::Snapshot;
use crate::index::text::address::Words;
use crate::index::text::normal::fold;
use crate::locate::batch::{Batch, Format, Terms};
use crate::locate::words::from_words;
use crate::search::understand::{MAX_TEXT, understand};
use crate::search::{self, Mode, Query, fixture};

static CITY: LazyLock<Arc<Snapshot>> = LazyLock::new(|| Arc::new(fixture::snapshot()));

/// What is typed into the search, and said to be located.
pub fn query(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let s = &*CITY;
    let parsed = understand(&s.text, &text);
    for sense in &parsed.senses {
        for part in sense.parts() {
            assert!(part.start < part.end && part.end <= sense.chars.len(), "{part:?}");
        }
    }
    let mut found = 0;
    for mode in [Mode::Autocomplete, Mode::Search] {
        let text = text.clone().into_owned();
        let query = Query { text, mode, size: 10, ..Query::default() };
        let hits = search::search(s, &query).hits;
        assert!(hits.len() <= 10 && hits.iter().all(|hit| (0.0..=1.0).contains(&hit.confidence)));
        for hit in &hits {
            let shown = search::names(s, hit.kind).map_or(0, |name| name.zh.chars().count());
            assert!(hit.highlight.iter().all(|(from, to)| from < to && *to <= shown.max(1000)));
        }
        found += hits.len();
    }
    let meant = from_words(s, &text, Lang::Zh, s.divisions.today());
    for candidate in &meant.candidates {
        let _ = candidate.sentence(s);
    }
    found
}

/// An address, after the words of addresses that it is parsed with: those before the first
/// line break, five lists of words with commas between the lists and spaces between words.
pub fn address(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let (words, text) = text.split_once('\n').unwrap_or(("", &text));
    let mut lists = words.split(',').map(|l| l.split(' ').map(str::to_owned).collect());
    let mut list = || lists.next().unwrap_or_default();
    let words = crate::city::manifest::AddressWords {
        units: list(),
        marks: list(),
        near: list(),
        leading: list(),
        trailing: list(),
    };
    let chars = fold(text, MAX_TEXT).chars;
    let named = Words::new(&words).parse(&chars);
    for named in &named {
        assert!(named.range.len() < chars.len() && named.range.end <= chars.len(), "{named:?}");
    }
    named.len()
}

/// Positions whose divisions are asked, in pieces: the first byte says how long these are,
/// and in which format.
pub fn batch(bytes: &[u8]) -> usize {
    let Some((head, rest)) = bytes.split_first() else { return 0 };
    let format = if head & 1 == 0 { Format::Csv } else { Format::Ndjson };
    let terms = Terms {
        format,
        crs: Datum::Gcj02,
        day: CITY.divisions.today(),
        lang: Lang::Zh,
        first_line: 1,
    };
    let mut batch = Batch::new(Arc::clone(&CITY), terms);
    let mut out = Vec::new();
    for piece in rest.chunks(usize::from(head / 2) + 1) {
        if batch.push(piece, &mut out).is_err() {
            return 0;
        }
    }
    if batch.finish(&mut out).is_err() {
        return 0;
    }
    let rows = memchr::memchr_iter(b'\n', &out).count();
    assert!(rows <= rest.len() + 2, "{rows} rows of {} bytes", rest.len());
    let (lines, broken) = batch.counts();
    lines.saturating_sub(broken) as usize
}
