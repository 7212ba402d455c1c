//! The documents that hold all of some terms.

use tantivy::postings::SegmentPostings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use super::{Field, TextIndex};

/// Documents that hold all terms, in order. A step costs some tens of nanoseconds, for
/// the rarest term leads and the others jump.
pub struct Walk {
    /// Rarest first; empty when the walk is over.
    lists: Vec<SegmentPostings>,
}

impl Iterator for Walk {
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

impl TextIndex {
    fn postings(&self, field: Field, term: &str) -> Option<(u32, SegmentPostings)> {
        let (tantivy_field, reader) = self.fields.get(field as usize)?;
        let term = Term::from_field_text(*tantivy_field, term);
        let info = reader.get_term_info(&term).ok().flatten()?;
        let postings = reader.read_postings_from_terminfo(&info, IndexRecordOption::Basic).ok()?;
        Some((info.doc_freq, postings))
    }

    /// The documents that hold all of `terms`; none where a term does not exist.
    pub fn walk<'t>(&self, terms: impl IntoIterator<Item = (Field, &'t str)>) -> Walk {
        let mut lists = Vec::new();
        for (field, term) in terms {
            match self.postings(field, term) {
                Some(list) => lists.push(list),
                None => return Walk { lists: Vec::new() },
            }
        }
        lists.sort_by_key(|(count, _)| *count);
        Walk { lists: lists.into_iter().map(|(_, list)| list).collect() }
    }

    /// How many documents hold a term. A fraction of a microsecond.
    pub fn count(&self, field: Field, term: &str) -> u32 {
        let Some((tantivy_field, reader)) = self.fields.get(field as usize) else { return 0 };
        reader.doc_freq(&Term::from_field_text(*tantivy_field, term)).unwrap_or(0)
    }
}
