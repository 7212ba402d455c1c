//! The documents that hold all of some terms.

use tantivy::postings::SegmentPostings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use super::{Entry, Field, Part, TextIndex};

/// Documents of a part that hold all terms, in order. A step costs some tens of
/// nanoseconds, for the rarest term leads and the others jump.
struct PartWalk {
    /// Rarest first; empty when the walk is over.
    lists: Vec<SegmentPostings>,
}

impl Iterator for PartWalk {
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
            lead.advance();
            return Some(doc);
        }
        self.lists.clear();
        None
    }
}

impl Part {
    fn postings(&self, field: Field, term: &str) -> Option<(u32, SegmentPostings)> {
        let (tantivy_field, reader) = self.fields.get(field as usize)?;
        let term = Term::from_field_text(*tantivy_field, term);
        let info = reader.get_term_info(&term).ok().flatten()?;
        let postings = reader.read_postings_from_terminfo(&info, IndexRecordOption::Basic).ok()?;
        Some((info.doc_freq, postings))
    }

    /// The documents that hold all of `terms`; none where a term does not exist.
    fn walk(&self, terms: &[(Field, &str)]) -> PartWalk {
        let mut lists = Vec::with_capacity(terms.len());
        for (field, term) in terms {
            match self.postings(*field, term) {
                Some(list) => lists.push(list),
                None => return PartWalk { lists: Vec::new() },
            }
        }
        lists.sort_by_key(|(count, _)| *count);
        PartWalk { lists: lists.into_iter().map(|(_, list)| list).collect() }
    }

    fn count(&self, field: Field, term: &str) -> u32 {
        let Some((tantivy_field, reader)) = self.fields.get(field as usize) else { return 0 };
        reader.doc_freq(&Term::from_field_text(*tantivy_field, term)).unwrap_or(0)
    }
}

/// Documents that hold all terms, most important first.
pub struct Walk<'i> {
    parts: [(&'i [Entry], PartWalk); 2],
    /// The next document of each part, once it was asked for.
    next: [Option<u32>; 2],
}

impl Iterator for Walk<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let importance = |part: usize, doc: u32| self.parts[part].0[doc as usize].importance;
        let part = match self.next {
            [Some(a), Some(b)] => usize::from(importance(1, b) > importance(0, a)),
            [Some(_), None] => 0,
            [None, Some(_)] => 1,
            [None, None] => return None,
        };
        let doc = self.next[part]?;
        self.next[part] = self.parts[part].1.next();
        Some(if part == 0 { doc } else { doc + self.parts[0].0.len() as u32 })
    }
}

impl TextIndex {
    /// The documents that hold all of `terms`; none where a term does not exist.
    pub fn walk(&self, terms: &[(Field, &str)]) -> Walk<'_> {
        let mut parts =
            [&self.points, &self.lasting.part].map(|p| (p.entries.as_slice(), p.walk(terms)));
        let next = [parts[0].1.next(), parts[1].1.next()];
        Walk { parts, next }
    }

    /// How many documents hold a term. A fraction of a microsecond.
    pub fn count(&self, field: Field, term: &str) -> u32 {
        self.points.count(field, term) + self.lasting.part.count(field, term)
    }
}
