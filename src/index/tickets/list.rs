//! Which tickets are as a filter says, page by page.
//!
//! A page begins after the last ticket of the page before, by its place in the order and not
//! by a count, so that tickets which come in meanwhile move nothing. Newest first, parts are
//! looked at from the last, and no further than the page reaches; nearest first, rings around
//! the position. No more is held than a page.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fmt;
use std::str::FromStr;

use fixedbitset::FixedBitSet;

use super::part::Part;
use super::row::Seen;
use super::{TicketFilter, TicketIndex};
use crate::geo::distance::{geodesic, haversine};
use crate::geo::{Bounds, LonLat};

/// How far haversine distances are off at most, as a share.
const ROUGH: f64 = 0.01;
/// Radius of the first ring, metres, and by how much each is larger than the one before.
const RINGS: (f64, f64) = (250.0, 4.0);
/// Farther than anything on earth, metres.
const EVERYWHERE: f64 = 2.1e7;

/// A ticket of a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listed {
    /// Its number in the records.
    pub number: u64,
    /// Metres from the position that was asked from; `None` where it has no place, or
    /// nothing was asked from.
    pub metres: Option<f64>,
    /// Where it is in the order.
    pub mark: Mark,
}

/// Where a ticket is in the order of a list. As a text it is made of hexadecimal digits and
/// dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// What comes before the time in the order: how well it fits, or the bits of a distance,
    /// which for numbers that are not negative are ordered as they are.
    rank: u64,
    /// Whole seconds since 1970 at which it was filed.
    second: i64,
    number: u32,
}

impl Ord for Mark {
    /// By rank, then newest first.
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |mark: &Self| (mark.rank, Reverse(mark.second), Reverse(mark.number));
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Mark {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{:x}.{:x}", self.rank, self.second, self.number)
    }
}

/// A text is no [`Mark`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoMark;

impl FromStr for Mark {
    type Err = NoMark;

    fn from_str(text: &str) -> Result<Self, NoMark> {
        let mut parts = text.split('.').map(|part| u64::from_str_radix(part, 16));
        let mut part = || parts.next().and_then(Result::ok).ok_or(NoMark);
        let (rank, second, number) = (part()?, part()?.cast_signed(), part()?);
        let number = u32::try_from(number).map_err(|_| NoMark)?;
        if parts.next().is_some() { Err(NoMark) } else { Ok(Self { rank, second, number }) }
    }
}

/// A list of tickets.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// What they must be like.
    pub filter: &'a TicketFilter,
    /// Only these, where given.
    pub among: Option<Among<'a>>,
    /// Only within this circle, where given; those without a place are then not in the list.
    pub circle: Option<Circle>,
    /// Which of them comes first.
    pub order: Order,
}

impl<'a> List<'a> {
    /// All that are as the filter says, newest first.
    pub const fn newest(filter: &'a TicketFilter) -> Self {
        Self { filter, among: None, circle: None, order: Order::Newest }
    }
}

/// Tickets that were found by something else, by their numbers.
#[derive(Debug, Clone, Copy)]
pub struct Among<'a> {
    /// All of them.
    pub all: &'a FixedBitSet,
    /// Those that fit best.
    pub best: &'a FixedBitSet,
}

/// A circle on the earth, edge included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Circle {
    /// Its middle, WGS-84.
    pub middle: LonLat,
    /// Its radius, metres.
    pub radius: f64,
}

impl Circle {
    /// Whether something is inside; most is said by the cheap distance.
    fn contains(&self, at: LonLat) -> bool {
        let rough = haversine(self.middle, at);
        if (rough - self.radius).abs() > ROUGH * self.radius {
            return rough < self.radius;
        }
        geodesic(self.middle, at) <= self.radius
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Order {
    /// Newest first: by the second at which they were filed, of the same second the higher
    /// number first.
    #[default]
    Newest,
    /// Nearest to this position first, WGS-84, then newest; those without a place come last.
    Nearest(LonLat),
    /// Those that fit best, then the others; each newest first.
    Best,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// After this place in the order.
    pub after: Option<Mark>,
    /// Without so many that would be first.
    pub skip: usize,
    /// At most so many.
    pub limit: usize,
}

impl Cut {
    /// The first page.
    pub const fn first(limit: usize) -> Self {
        Self { after: None, skip: 0, limit }
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// How many tickets are in the whole list.
    pub total: usize,
    /// Those of the page.
    pub tickets: Vec<Listed>,
    /// Whether more come after them.
    pub more: bool,
}

/// The first of what was offered, as many as there is room for.
struct First {
    after: Option<Mark>,
    room: usize,
    held: BinaryHeap<Mark>,
}

impl First {
    fn new(after: Option<Mark>, room: usize) -> Self {
        Self { after, room, held: BinaryHeap::new() }
    }

    fn offer(&mut self, mark: Mark) {
        if self.after.is_some_and(|after| mark <= after) {
            return;
        }
        if self.held.len() < self.room {
            self.held.push(mark);
        } else if let Some(mut last) = self.held.peek_mut()
            && mark < *last
        {
            *last = mark;
        }
    }

    fn is_full(&self) -> bool {
        self.held.len() == self.room
    }

    /// Whether something of this rank or a higher one would not be taken.
    fn is_beyond(&self, rank: u64) -> bool {
        self.is_full() && self.held.peek().is_some_and(|last| last.rank < rank)
    }
}

impl TicketIndex {
    /// A page of a list. Costs a count, and for the page a look at the parts, or the rings, that
    /// it reaches into.
    pub fn list(&self, list: &List<'_>, cut: Cut) -> Page {
        match list.order {
            Order::Newest if list.circle.is_none() => self.newest(list, cut),
            Order::Nearest(from) if list.circle.is_none() => {
                let total = self.total(list);
                page(total, self.rings(list, from, cut), cut, Some(from))
            }
            Order::Newest | Order::Best => {
                let mut first = First::new(cut.after, room(cut));
                let total = self.visit(list, |part, row| {
                    let best = |among: Among<'_>| among.best.contains(row.number as usize);
                    let is_best = list.order == Order::Newest || list.among.is_some_and(best);
                    first.offer(mark(row, part, u64::from(!is_best)));
                });
                page(total, first, cut, None)
            }
            Order::Nearest(from) => {
                let mut first = First::new(cut.after, room(cut));
                let total = self.visit(list, |part, row| {
                    if let Some(rank) = near(row, from, &first) {
                        first.offer(mark(row, part, rank));
                    }
                });
                page(total, first, cut, Some(from))
            }
        }
    }

    fn total(&self, list: &List<'_>) -> usize {
        if list.among.is_none() && list.circle.is_none() {
            return self.count(list.filter);
        }
        self.visit(list, |_, _| {})
    }

    /// Gives all tickets of a list to `take`, in no order, each with its part;
    /// says how many they are.
    fn visit(&self, list: &List<'_>, mut take: impl FnMut(&Part, &Seen)) -> usize {
        let Some(filter) = within(list) else { return 0 };
        let test = self.test(&filter);
        let mut count = 0;
        for part in self.parts_of(&test) {
            test.each(part, |row| {
                if is_among(list, &row)
                    && list.circle.is_none_or(|circle| circle.contains(row.at()))
                {
                    count += 1;
                    take(part, &row);
                }
            });
        }
        count
    }

    /// Newest first without a circle: part after part from the last, until the page is full.
    fn newest(&self, list: &List<'_>, mut cut: Cut) -> Page {
        let total = self.total(list);
        if cut.skip >= total {
            return Page { total, tickets: Vec::new(), more: false };
        }
        let test = self.test(list.filter);
        let mut parts: Vec<&Part> = self.parts_of(&test);
        parts.retain(|part| cut.after.is_none_or(|after| part.start <= after.second));
        let mut first = First::new(cut.after, room(cut));
        for part in parts.into_iter().rev() {
            let mark = |row: &Seen| mark(row, part, 0);
            // A part of which nothing is shown is only counted.
            if cut.skip > 0 && first.held.is_empty() {
                let mut count = 0;
                test.each(part, |row| {
                    let comes = cut.after.is_none_or(|after| mark(&row) > after);
                    count += usize::from(comes && is_among(list, &row));
                });
                if count <= cut.skip {
                    cut.skip -= count;
                    first.room = room(cut);
                    continue;
                }
            }
            test.each(part, |row| {
                if is_among(list, &row) {
                    first.offer(mark(&row));
                }
            });
            if first.is_full() {
                break;
            }
        }
        page(total, first, cut, None)
    }

    /// Rings around a position, each larger than the one before, until a page is full.
    fn rings(&self, list: &List<'_>, from: LonLat, cut: Cut) -> First {
        let reached = cut.after.map_or(0.0, |after| f64::from_bits(after.rank));
        let (first, grows) = RINGS;
        let mut radius = if reached.is_finite() { first.max(reached * 1.5) } else { EVERYWHERE };
        loop {
            let circle = (radius < EVERYWHERE).then_some(Circle { middle: from, radius });
            let ring = List { circle, ..*list };
            let mut first = First::new(cut.after, room(cut));
            self.visit(&ring, |part, row| {
                if let Some(rank) = near(row, from, &first) {
                    first.offer(mark(row, part, rank));
                }
            });
            if first.is_full() || circle.is_none() {
                return first;
            }
            radius *= grows;
        }
    }
}

/// The filter of a list, in the box around its circle; `None` where nothing can be in both.
fn within<'a>(list: &List<'a>) -> Option<Cow<'a, TicketFilter>> {
    let Some(Circle { middle, radius }) = list.circle else {
        return Some(Cow::Borrowed(list.filter));
    };
    let around = Bounds::around(middle, radius);
    let bounds = list.filter.bounds.map_or(Some(around), |bounds| overlap(bounds, around))?;
    Some(Cow::Owned(TicketFilter { bounds: Some(bounds), ..list.filter.clone() }))
}

fn is_among(list: &List<'_>, row: &Seen) -> bool {
    list.among.is_none_or(|among| among.all.contains(row.number as usize))
}

/// What a page holds at most: with what is skipped, and one more to see whether there is.
const fn room(cut: Cut) -> usize {
    cut.skip.saturating_add(cut.limit).saturating_add(1)
}

fn page(total: usize, first: First, cut: Cut, from: Option<LonLat>) -> Page {
    let marks = first.held.into_sorted_vec();
    let more = marks.len() > cut.skip.saturating_add(cut.limit);
    let listed = |mark: Mark| {
        let metres = from.map(|_| f64::from_bits(mark.rank)).filter(|m| m.is_finite());
        Listed { number: mark.number.into(), metres, mark }
    };
    let tickets = marks.into_iter().skip(cut.skip).take(cut.limit).map(listed).collect();
    Page { total, tickets, more }
}

fn mark(row: &Seen, part: &Part, rank: u64) -> Mark {
    let second = part.start + i64::from(row.when.second_of_part(part.cut));
    Mark { rank, second, number: row.number }
}

/// The rank of a row by its distance; `None` where it is beyond what is held.
fn near(row: &Seen, from: LonLat, first: &First) -> Option<u64> {
    if !row.is_placed() {
        return Some(f64::INFINITY.to_bits());
    }
    let at = row.at();
    if first.is_beyond((haversine(from, at) * (1.0 - ROUGH)).to_bits()) {
        return None;
    }
    Some(geodesic(from, at).to_bits())
}

fn overlap(a: Bounds, b: Bounds) -> Option<Bounds> {
    let both = Bounds {
        west: a.west.max(b.west),
        south: a.south.max(b.south),
        east: a.east.min(b.east),
        north: a.north.min(b.north),
    };
    (both.west <= both.east && both.south <= both.north).then_some(both)
}
