//! Which tickets hold what a question says.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::{
    BooleanQuery, EmptyQuery, Occur, PhrasePrefixQuery, PhraseQuery, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyError, Term};

use super::kept::NUMBER;
use super::terms::{Phrase, Wanted};

/// The words of tickets as they were at one change of the log.
#[derive(Clone)]
pub struct TicketText {
    pub(super) searcher: Searcher,
    pub(super) words: Field,
    pub(super) seq: u64,
}

impl std::fmt::Debug for TicketText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TicketText").field("seq", &self.seq).finish_non_exhaustive()
    }
}

/// The numbers of the tickets that hold what was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Those that hold all of its words.
    pub words: FixedBitSet,
    /// Of these the ones that hold it as it was written.
    pub exact: FixedBitSet,
}

impl TicketText {
    /// The last change that is in it.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// How many tickets have words.
    pub fn len(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tickets that hold what is wanted, also those that no longer hold. Costs a walk along
    /// the rarest of its terms, and a bit for each ticket that there is.
    ///
    /// # Errors
    /// Where a file of the index cannot be read.
    pub fn find(&self, wanted: &Wanted) -> Result<Found, TantivyError> {
        let search = |phrases| self.searcher.search(&self.all_of(phrases), &Numbers);
        let exact = search(&wanted.exact)?;
        let mut words =
            if wanted.words == wanted.exact { exact.clone() } else { search(&wanted.words)? };
        words.union_with(&exact);
        Ok(Found { words, exact })
    }

    /// How much it says that a ticket holds a term: the more, the fewer do. From 0 on; some
    /// microseconds.
    pub fn weight(&self, term: &str) -> f64 {
        let term = Term::from_field_text(self.words, term);
        // What cannot be counted is as good as new.
        let holding = self.searcher.doc_freq(&term).unwrap_or(0);
        (1.0 + self.len() as f64 / (1.0 + holding as f64)).ln()
    }

    fn all_of(&self, phrases: &BTreeSet<Phrase>) -> BooleanQuery {
        let each = phrases.iter().map(|phrase| (Occur::Must, self.query(phrase)));
        BooleanQuery::new(each.collect())
    }

    fn query(&self, phrase: &Phrase) -> Box<dyn Query> {
        let term = |text: &str| Term::from_field_text(self.words, text);
        match phrase {
            Phrase::Character(begin) => {
                let mut any = PhrasePrefixQuery::new(vec![term(begin)]);
                any.set_max_expansions(u32::MAX);
                Box::new(any)
            }
            Phrase::Terms(terms) => match terms.as_slice() {
                [] => Box::new(EmptyQuery),
                [(_, only)] => Box::new(TermQuery::new(term(only), IndexRecordOption::Basic)),
                more => Box::new(PhraseQuery::new_with_offset(
                    more.iter().map(|(after, text)| (*after, term(text))).collect(),
                )),
            },
        }
    }
}

/// Gathers the numbers of tickets.
struct Numbers;

struct OfSegment {
    numbers: Column<u64>,
    found: FixedBitSet,
}

impl Collector for Numbers {
    type Fruit = FixedBitSet;
    type Child = OfSegment;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<OfSegment> {
        let numbers = segment.fast_fields().u64(NUMBER)?;
        let found = FixedBitSet::new();
        Ok(OfSegment { numbers, found })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<FixedBitSet>) -> tantivy::Result<FixedBitSet> {
        let all = fruits.into_iter().reduce(|mut all, of_segment| {
            all.union_with(&of_segment);
            all
        });
        Ok(all.unwrap_or_default())
    }
}

impl SegmentCollector for OfSegment {
    type Fruit = FixedBitSet;

    fn collect(&mut self, doc: DocId, _: Score) {
        // Columns know tickets by 32 bits.
        if let Some(number) = self.numbers.first(doc).and_then(|n| u32::try_from(n).ok()) {
            self.found.grow_and_insert(number as usize);
        }
    }

    fn harvest(self) -> FixedBitSet {
        self.found
    }
}
