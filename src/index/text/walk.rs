//! The documents that hold all of some terms.

use fixedbitset::FixedBitSet;
use tantivy::postings::SegmentPostings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use super::{Field, Part, TextIndex};

/// Documents of a part that hold all terms, in order, but for those that are gone. A step costs some tens of
/// nanoseconds, for the rarest term leads and the others jump.
struct PartWalk<'i> {
    gone: &'i FixedBitSet,
    /// Rarest first; empty when the walk is over.
    lists: Vec<SegmentPostings>,
}

impl Iterator for PartWalk<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (lead, others) = self.lists.split_first_mut()?;
        let mut doc = lead.doc();
        'candidates: while doc != TERMINATED {
            for list in &mut *others {
                let at = if list.doc() < doc { list.seek(doc) } else { list.doc() };
                if at != doc {
                    doc = if at == TERMINATED { TERMINATED } else { lead.seek(at) };
                    continue 'candidates;
                }
            }
            let next = lead.advance();
            if !self.gone.contains(doc as usize) {
                return Some(doc);
            }
            doc = next;
        }
        self.lists.clear();
        None
    }
}

impl Part {
    fn postings(&self, field: Field, term: &str) -> Option<(u32, SegmentPostings)> {
        let (tantivy_field, reader) = self.names.fields.get(field as usize)?;
        let term = Term::from_field_text(*tantivy_field, term);
        let info = reader.get_term_info(&term).ok().flatten()?;
        let postings = reader.read_postings_from_terminfo(&info, IndexRecordOption::Basic).ok()?;
        Some((info.doc_freq, postings))
    }

    /// The documents that hold all of `terms`; none where a term does not exist.
    fn walk(&self, terms: &[(Field, &str)]) -> PartWalk<'_> {
        let mut lists = Vec::with_capacity(terms.len());
        for (field, term) in terms {
            match self.postings(*field, term) {
                Some(list) => lists.push(list),
                None => return PartWalk { gone: &self.gone, lists: Vec::new() },
            }
        }
        lists.sort_by_key(|(count, _)| *count);
        PartWalk { gone: &self.gone, lists: lists.into_iter().map(|(_, list)| list).collect() }
    }
}

/// Documents that hold all terms, most important first.
pub struct Walk<'i> {
    index: &'i TextIndex,
    parts: [PartWalk<'i>; 3],
    /// The number of each part's first document.
    from: [u32; 3],
    /// The next document of each part.
    next: [Option<u32>; 3],
}

impl Walk<'_> {
    /// Takes the next document of a part.
    fn advance(&mut self, part: usize) {
        let next = self.parts[part].next();
        self.next[part] = next.map(|doc| doc + self.from[part]);
    }
}

impl Iterator for Walk<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let importance = |doc: u32| self.index.entry(doc).importance;
        let best = |a: u32, b: u32| {
            let order = importance(b).total_cmp(&importance(a));
            order.then_with(|| self.index.precedence(a, b))
        };
        let heads = (0..3).filter_map(|part| Some((part, self.next[part]?)));
        let (part, doc) = heads.min_by(|(_, a), (_, b)| best(*a, *b))?;
        self.advance(part);
        Some(doc)
    }
}

impl TextIndex {
    /// The documents that hold all of `terms`; none where a term does not exist.
    pub fn walk(&self, terms: &[(Field, &str)]) -> Walk<'_> {
        let parts = [&self.points, &self.written, &self.lasting.part].map(|p| p.walk(terms));
        let from = [0, self.points.entries.len() as u32, self.lasting_from() as u32];
        let mut walk = Walk { index: self, parts, from, next: [None; 3] };
        (0..3).for_each(|part| walk.advance(part));
        walk
    }

    /// Whether any document holds a term. A fraction of a microsecond.
    pub fn holds(&self, field: Field, term: &str) -> bool {
        self.walk(&[(field, term)]).next().is_some()
    }
}
