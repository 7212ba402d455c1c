//! What tickets must be like, and that in the numbers of an index.

use std::ops::Range;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::TicketIndex;
use super::area::Area;
use super::byte_set::{ByteSet, CHUNK, low, ones};
use super::clock::{Clock, HOURS, hour_of_day, weekday};
use super::codes::{Codes, within};
use super::column::touch;
use super::part::{HOUR, LENGTH, Part};
use super::row::{Manner, NOWHERE, Row, Seen, When};
use super::share::Share;
use super::sorted::Sorted;
use super::whens::Times;
use crate::city::TicketStatus;
use crate::geo::{Bounds, TileId};

/// What tickets must be like; what is left open fits any.
#[derive(Debug, Clone, Default)]
pub struct TicketFilter {
    /// Filed at this time or later, to the whole second.
    pub from: Option<Timestamp>,
    /// Filed before this time, to the whole second.
    pub to: Option<Timestamp>,
    /// Of one of these categories, by their codes; those below them are to be named too.
    pub categories: Option<Vec<String>>,
    /// Come in by one of these channels.
    pub channels: Option<Vec<String>>,
    /// In one of these states.
    pub statuses: Option<Vec<TicketStatus>>,
    /// In the division of this code, of any level, as it was at the time.
    pub division: Option<String>,
    /// In this box, edges included, WGS-84.
    pub bounds: Option<Bounds>,
    /// Filed at such an hour of such a day of the week.
    pub rhythm: Option<Rhythm>,
}

/// Hours of the day and days of the week, by the clock of a city.
#[derive(Debug, Clone)]
pub struct Rhythm {
    /// The city's time zone.
    pub zone: TimeZone,
    /// Whether each hour of the day counts.
    pub hours: [bool; 24],
    /// Whether each day of the week counts, Monday first.
    pub weekdays: [bool; 7],
}

impl Rhythm {
    /// Whether an hour of the city's clock counts.
    fn fits(&self, hour: i64) -> bool {
        self.hours[hour_of_day(hour)] && self.weekdays[weekday(hour)]
    }
}

/// A filter in the numbers of an index.
pub(super) struct Test<'f> {
    pub(super) seconds: Range<i64>,
    pub(super) categories: Option<FixedBitSet>,
    statuses: Option<ByteSet>,
    channels: Option<ByteSet>,
    /// The numbers of the divisions that fit.
    divisions: Option<FixedBitSet>,
    pub(super) area: Option<Area>,
    rhythm: Option<&'f Rhythm>,
}

impl TicketIndex {
    /// The parts that hold tickets of the time that is asked for.
    pub(super) fn parts_of<'a>(&'a self, test: &Test<'_>) -> Vec<&'a Part> {
        let parts = self.parts.values().map(Arc::as_ref);
        parts.filter(|part| test.share(part) != Share::None).collect()
    }

    pub(super) fn test<'f>(&self, filter: &'f TicketFilter) -> Test<'f> {
        let bits = |numbers: &mut dyn Iterator<Item = usize>| {
            let mut bits = FixedBitSet::new();
            for number in numbers {
                bits.grow_and_insert(number);
            }
            bits
        };
        let second = |at: Timestamp| at.as_millisecond().div_euclid(1000);
        let words = &self.words;
        let channels = filter
            .channels
            .as_ref()
            .map(|names| bits(&mut names.iter().filter_map(|c| words.channel(c))));
        Test {
            seconds: filter.from.map_or(i64::MIN, second)..filter.to.map_or(i64::MAX, second),
            categories: filter
                .categories
                .as_ref()
                .map(|codes| bits(&mut codes.iter().filter_map(|c| words.category(c)))),
            statuses: filter.statuses.as_ref().map(|statuses| {
                ByteSet::of(|byte| statuses.iter().any(|status| *status as u8 == byte))
            }),
            channels: channels.as_ref().map(ByteSet::of_bits),
            divisions: filter.division.as_ref().map(|code| {
                let numbered = words.lists.divisions.iter().enumerate();
                let is_of = |codes: &[Option<String>]| codes.iter().flatten().any(|c| c == code);
                bits(&mut numbered.filter(|(_, codes)| is_of(&codes[..])).map(|(n, _)| n))
            }),
            area: filter.bounds.as_ref().map(Area::of),
            rhythm: filter.rhythm.as_ref(),
        }
    }
}

impl<'f> Test<'f> {
    /// The same within a tile.
    pub(super) fn in_tile(self, tile: TileId) -> Self {
        Self { area: Some(Area::in_tile(self.area.as_ref(), tile)), ..self }
    }

    /// Whether it asks for nothing but time, kind and whole cells of a zoom.
    pub(super) fn is_plain(&self, zoom: u32) -> bool {
        let between = |code: u64| code == NOWHERE || code.trailing_zeros() >= 64 - 2 * zoom;
        self.statuses.is_none()
            && self.channels.is_none()
            && self.divisions.is_none()
            && self.rhythm.is_none()
            && self.area.as_ref().is_none_or(|area| {
                let whole = |range: &Range<u64>| between(range.start) && between(range.end);
                area.ranges.iter().all(|(range, inside)| *inside && whole(range))
            })
    }

    /// Whether it asks for a division.
    pub(super) fn asks_for_a_division(&self) -> bool {
        self.divisions.is_some()
    }

    pub(super) fn has_category(&self, category: u16) -> bool {
        self.categories.as_ref().is_none_or(|bits| bits.contains(category.into()))
    }

    /// How much of a part is in the time that is asked for.
    pub(super) fn share(&self, part: &Part) -> Share {
        let Some((first, last)) = part.seconds().filter(|_| !self.seconds.is_empty()) else {
            return Share::None;
        };
        let (first, last) = (part.start + i64::from(first), part.start + i64::from(last));
        if last < self.seconds.start || first >= self.seconds.end {
            Share::None
        } else if first >= self.seconds.start && last < self.seconds.end {
            Share::All
        } else {
            Share::Some
        }
    }

    /// The test of the rows of a part.
    pub(super) fn over<'t>(&'t self, part: &'t Part) -> PartTest<'t, 'f> {
        let clamp = |second: i64| second.saturating_sub(part.start).clamp(0, LENGTH) as u32;
        let seconds = clamp(self.seconds.start)..clamp(self.seconds.end);
        let whole = self.share(part) == Share::All;
        let clock = self.rhythm.map(|rhythm| (Clock::over(part, &rhythm.zone), rhythm));
        let by_clock = clock.as_ref().is_some_and(|(clock, _)| clock.hours().is_none());
        let whens = &part.sorted.whens;
        let mut test = PartTest {
            test: self,
            part,
            times: whens.times(),
            manners: whens.manners.asked(self.statuses.as_ref(), self.channels.as_ref()),
            seconds,
            hours: None,
            edges: None,
            clock: None,
        };
        if !whole || (clock.is_some() && !by_clock) {
            let fits = |hour: u8| {
                let local = clock.as_ref().and_then(|(clock, rhythm)| {
                    Some(rhythm.fits(*clock.hours()?.get(usize::from(hour))?))
                });
                usize::from(hour) < HOURS && local.unwrap_or(true)
            };
            let share = |hour: u8| if whole { Share::All } else { test.share_of_hour(hour) };
            let edges = ByteSet::of(|hour| fits(hour) && share(hour) == Share::Some);
            let hours = ByteSet::of(|hour| fits(hour) && share(hour) == Share::All);
            test.hours = Some(hours);
            test.edges = Some(edges).filter(|edges| !edges.is_empty());
        }
        test.clock = clock.filter(|_| by_clock);
        test
    }

    /// Where in some runs rows can be that are in the area, each with the place of its run.
    pub(super) fn spans(&self, runs: &[Rows<'_>]) -> Vec<(usize, Span)> {
        let span = |i: usize, rows: Range<usize>, place| {
            (i, Span { category: runs[i].category, rows, place })
        };
        let all = runs.iter().enumerate();
        let Some(area) = &self.area else {
            return all.map(|(i, run)| span(i, run.range.clone(), Place::Any)).collect();
        };
        if let Some((stretch, inside)) = area.only() {
            let runs: Vec<(&Codes, Range<usize>)> =
                runs.iter().map(|run| (&run.sorted.codes, run.range.clone())).collect();
            let found = within(&runs, &stretch).into_iter().enumerate();
            let found = found.filter(|(_, rows)| !rows.is_empty());
            let place = if inside { Place::Any } else { Place::Inside };
            return found.map(|(i, rows)| span(i, rows, place)).collect();
        }
        let mut spans = Vec::new();
        for (i, run) in all {
            area.shares(&run.sorted.codes, run.range.clone(), |rows, share| match share {
                Share::None => {}
                Share::Some => spans.push(span(i, rows, Place::Inside)),
                Share::All => spans.push(span(i, rows, Place::Any)),
            });
        }
        spans
    }

    /// Gives each row of a part that fits to `take`: those in order, run by run, then those
    /// that wait.
    pub(super) fn each(&self, part: &Part, mut take: impl FnMut(Seen)) {
        let test = self.over(part);
        test.chunks(|category, from, fits| {
            ones(fits).for_each(|i| take(part.sorted.seen(category, from + i)));
        });
        test.waiting().for_each(|row| take(row.seen()));
    }
}

/// Rows of spans that are scanned together: so many that the codes of those at the edge of an
/// area are brought near at the same time, and so few that they are still there when they are
/// looked at.
const AHEAD: usize = 1 << 14;

/// The rows of one category of a part, in order.
#[derive(Debug, Clone)]
pub(super) struct Rows<'a> {
    pub(super) sorted: &'a Sorted,
    pub(super) category: u16,
    pub(super) range: Range<usize>,
}

/// Rows of one category side by side.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) category: u16,
    pub(super) rows: Range<usize>,
    pub(super) place: Place,
}

/// Where a row must be to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Any,
    /// In the area.
    Inside,
    /// Not in the area.
    Outside,
}

impl Span {
    /// The same in spans that are no longer than is worth a thread.
    pub(super) fn cut(self) -> impl Iterator<Item = Self> {
        const LENGTH: usize = 1 << 14;
        let Self { rows, .. } = self.clone();
        rows.clone()
            .step_by(LENGTH)
            .map(move |from| Self { rows: from..rows.end.min(from + LENGTH), ..self.clone() })
    }
}

/// A test of the rows of one part.
pub(super) struct PartTest<'t, 'f> {
    test: &'t Test<'f>,
    pub(super) part: &'t Part,
    /// Of the rows of the part in order.
    times: Times<'t>,
    /// Bytes of these rows, and those of them that fit.
    manners: Vec<(ByteSet, &'t [u8])>,
    /// Seconds of the part.
    seconds: Range<u32>,
    /// The hours of which all rows fit by their time, or only those that [`Self::clock`] says;
    /// none where those are all.
    hours: Option<ByteSet>,
    /// The hours that the time begins or ends within.
    edges: Option<ByteSet>,
    /// What says whether a row fits the rhythm, where the hours of the city are not those of the
    /// part.
    clock: Option<(Clock, &'f Rhythm)>,
}

impl PartTest<'_, '_> {
    /// Whether a row fits.
    pub(super) fn fits(&self, row: &Row) -> bool {
        let area = self.test.area.as_ref();
        self.test.has_category(row.category)
            && self.fits_but_area(row)
            && area.is_none_or(|area| area.contains(row.code))
    }

    /// Whether a row of a category that fits does so wherever it is.
    pub(super) fn fits_but_area(&self, row: &Row) -> bool {
        let divisions = row.divisions as usize;
        self.time_fits(row.when)
            && self.manner_fits(row.when.manner)
            && self.test.divisions.as_ref().is_none_or(|fits| fits.contains(divisions))
    }

    fn time_fits(&self, when: When) -> bool {
        let is_in = |hours: &ByteSet| {
            let at_edge = self.edges.as_ref().is_some_and(|edges| edges.has(when.hour));
            hours.has(when.hour) || (at_edge && self.is_in_time(when))
        };
        self.hours.as_ref().is_none_or(is_in) && self.clock_fits(when)
    }

    fn is_in_time(&self, when: When) -> bool {
        self.seconds.contains(&when.second_of_part(self.part.cut))
    }

    fn clock_fits(&self, when: When) -> bool {
        self.clock.as_ref().is_none_or(|(clock, rhythm)| rhythm.fits(clock.hour_of(when)))
    }

    /// How much of an hour of the part is in the time.
    fn share_of_hour(&self, hour: u8) -> Share {
        let begin = (u32::from(hour) * HOUR).saturating_sub(self.part.cut);
        let end = ((u32::from(hour) + 1) * HOUR - self.part.cut).min(LENGTH as u32);
        let Range { start, end: stop } = self.seconds.clone();
        if begin >= start && end <= stop {
            Share::All
        } else if begin < stop && start < end {
            Share::Some
        } else {
            Share::None
        }
    }

    /// Whether the time begins and ends with an hour of the part, and so do the hours of the
    /// city.
    pub(super) fn is_by_the_hour(&self) -> bool {
        self.edges.is_none() && self.clock.is_none()
    }

    /// Whether an hour of the part fits, where [`Self::is_by_the_hour`].
    pub(super) fn hour_fits(&self, hour: u8) -> bool {
        self.hours.as_ref().is_none_or(|hours| hours.has(hour))
    }

    pub(super) fn manner_fits(&self, Manner { status, channel }: Manner) -> bool {
        self.test.statuses.as_ref().is_none_or(|fits| fits.has(status))
            && self.test.channels.as_ref().is_none_or(|fits| fits.has(channel))
    }

    /// The rows that wait and fit.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Row> {
        self.part.waiting.iter().filter(|row| self.fits(row))
    }

    /// Where rows in order can be that fit, run by run.
    pub(super) fn spans(&self) -> Vec<Span> {
        let sorted = &self.part.sorted;
        let runs = sorted.runs().filter(|(category, ..)| self.test.has_category(*category));
        let runs: Vec<Rows<'_>> =
            runs.map(|(category, range, _)| Rows { sorted, category, range }).collect();
        self.test.spans(&runs).into_iter().map(|(_, span)| span).collect()
    }

    /// Gives the rows in order that fit to `take`, up to 64 at a time: their category, the place
    /// of the first, and a bit for each from it on.
    pub(super) fn chunks(&self, mut take: impl FnMut(u16, usize, u64)) {
        self.scan_all(self.spans(), &mut take);
    }

    /// The same for rows of these spans.
    pub(super) fn scan_all(
        &self,
        spans: impl IntoIterator<Item = Span>,
        take: &mut impl FnMut(u16, usize, u64),
    ) {
        let mut near: Vec<Span> = Vec::new();
        let mut rows = 0;
        let mut scan = |near: &mut Vec<Span>| {
            for span in near.drain(..) {
                self.scan(&span, &mut |from, fits| take(span.category, from, fits));
            }
        };
        for span in spans.into_iter().flat_map(Span::cut) {
            // Of a division little is looked at of a span.
            if span.place != Place::Any && self.test.divisions.is_none() {
                touch(&self.part.sorted.codes[span.rows.clone()]);
            }
            rows += span.rows.len();
            near.push(span);
            if rows >= AHEAD {
                scan(&mut near);
                rows = 0;
            }
        }
        scan(&mut near);
    }

    /// Gives the rows of a span that hold and fit to `take`, up to 64 at a time: the place of
    /// the first, and a bit for each from it on.
    pub(super) fn scan(&self, span: &Span, take: &mut impl FnMut(usize, u64)) {
        let Span { rows, place, .. } = span.clone();
        let Some(of) = &self.test.divisions else { return self.look(rows, place, take) };
        // Neighbours that fit together.
        let mut fit = rows.start..rows.start;
        for (rows, number) in self.part.sorted.divisions.over(rows) {
            if !of.contains(number as usize) {
                continue;
            }
            if rows.start != fit.end {
                self.look(std::mem::replace(&mut fit, rows.clone()), place, take);
            }
            fit.end = rows.end;
        }
        self.look(fit, place, take);
    }

    /// The same for rows of divisions that fit.
    fn look(&self, rows: Range<usize>, place: Place, take: &mut impl FnMut(usize, u64)) {
        let sorted = &self.part.sorted;
        let area = self.test.area.as_ref().filter(|_| place != Place::Any);
        let gone = Some(&self.part.gone).filter(|gone| !gone.is_empty());
        let one_by_one = gone.is_some() || self.clock.is_some();
        let codes = &sorted.codes[..];
        let mut bits = [0; WORDS];
        for from in rows.clone().step_by(WORDS * CHUNK) {
            let rows = from..rows.end.min(from + WORDS * CHUNK);
            let bits = &mut bits[..rows.len().div_ceil(CHUNK)];
            self.when_fits(rows.clone(), bits);
            let starts = rows.clone().step_by(CHUNK);
            for (from, fits) in starts.zip(bits).filter(|(_, fits)| **fits != 0) {
                let mut fits = *fits;
                if let Some(area) = area {
                    let inside = area.among(&codes[from..rows.end.min(from + CHUNK)], fits);
                    fits = if place == Place::Inside { inside } else { fits & !inside };
                }
                if one_by_one {
                    for i in ones(fits) {
                        let holds = gone.is_none_or(|gone| !gone.contains(from + i))
                            && self.clock_fits(sorted.whens.get(from + i));
                        fits &= !(u64::from(!holds) << i);
                    }
                }
                if fits != 0 {
                    take(from, fits);
                }
            }
        }
    }

    /// Sets a bit for each of some rows that fits by its time, but for the clock, and by its
    /// manner. Column by column, each of which is then read in order.
    fn when_fits(&self, rows: Range<usize>, bits: &mut [u64]) {
        all_of(rows.len(), bits);
        if let Some(hours) = &self.hours {
            let of = &self.times.hours[rows.clone()];
            hours.keep(of, bits);
            if let Some(edges) = &self.edges {
                let mut at_edge = [0; WORDS];
                let at_edge = &mut at_edge[..bits.len()];
                all_of(rows.len(), at_edge);
                edges.keep(of, at_edge);
                for ((from, fits), at_edge) in (0..).step_by(CHUNK).zip(&mut *bits).zip(at_edge) {
                    for i in ones(*at_edge) {
                        let row = from + i;
                        let second = self.times.seconds[rows.start + row];
                        let when = When { hour: of[row], second, ..When::default() };
                        *fits |= u64::from(self.is_in_time(when)) << i;
                    }
                }
            }
        }
        for (wanted, of) in &self.manners {
            wanted.keep(&of[rows.clone()], bits);
        }
    }
}

/// Words of 64 rows that are looked at together.
const WORDS: usize = 16;

/// Sets a bit for each of some rows.
fn all_of(rows: usize, bits: &mut [u64]) {
    bits.fill(u64::MAX);
    if let Some(last) = bits.last_mut().filter(|_| !rows.is_multiple_of(CHUNK)) {
        *last = low(rows % CHUNK);
    }
}
