//! What tickets must be like, and that in the numbers of an index.

use std::ops::Range;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::TicketIndex;
use super::area::{Area, within};
use super::clock::{Clock, HOURS, hour_of_day, weekday};
use super::part::{HOUR, LENGTH, Part, first_hour_cut};
use super::row::{MANNER_BITS, MANNERS, NOWHERE, Row, Seen, When, channel_of, status_of};
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
    /// Whether each manner fits.
    manners: Option<Box<[bool; MANNERS]>>,
    /// The numbers of the divisions that fit.
    divisions: Option<FixedBitSet>,
    pub(super) area: Option<Area>,
    rhythm: Option<&'f Rhythm>,
}

/// How much of a part is in the time that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    None,
    Some,
    All,
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
        let statuses = filter
            .statuses
            .as_ref()
            .map(|statuses| bits(&mut statuses.iter().map(|status| *status as usize)));
        let has = |bits: &Option<FixedBitSet>, number| {
            bits.as_ref().is_none_or(|bits| bits.contains(number))
        };
        Test {
            seconds: filter.from.map_or(i64::MIN, second)..filter.to.map_or(i64::MAX, second),
            categories: filter
                .categories
                .as_ref()
                .map(|codes| bits(&mut codes.iter().filter_map(|c| words.category(c)))),
            manners: (channels.is_some() || statuses.is_some()).then(|| {
                Box::new(std::array::from_fn(|manner| {
                    has(&channels, channel_of(manner)) && has(&statuses, status_of(manner))
                }))
            }),
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
        self.manners.is_none()
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
        let clock = self.rhythm.map(|rhythm| (Clock::over(part.start, &rhythm.zone), rhythm));
        let whole = self.share(part) == Share::All;
        let cut = first_hour_cut(part.start);
        let hours = clock.as_ref().and_then(|(clock, rhythm)| {
            let hours: Vec<bool> = clock.hours()?.iter().map(|hour| rhythm.fits(*hour)).collect();
            <[bool; HOURS]>::try_from(hours).ok().map(Box::new)
        });
        let grains = hours.as_deref().map(|hours| Grains::of(hours, cut));
        PartTest { test: self, part, seconds, whole, clock, hours, grains, cut }
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

/// The places of the bits that are set.
pub(super) fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = bits.trailing_zeros() as usize;
        bits &= bits.checked_sub(1)?;
        Some(place)
    })
}

/// Seconds of a grain, as a power of two: hours begin at multiples of it, so that whether a second
/// fits is one look without a division.
const GRAIN: u32 = 4;
const GRAINS: usize = (LENGTH as usize) >> GRAIN;
const _: () = assert!(HOUR.is_multiple_of(1 << GRAIN), "an hour is whole grains");

/// Whether each grain of a part fits; about as large as what is closest to a processor.
struct Grains(Box<[bool; GRAINS]>);

impl Grains {
    #[expect(clippy::large_stack_arrays, reason = "32 KB, which a thread has many times over")]
    fn of(hours: &[bool; HOURS], cut: u32) -> Self {
        let mut grains = Box::new([false; GRAINS]);
        for (hour, _) in (0..).zip(hours).filter(|(_, fits)| **fits) {
            let begin = |hour: u32| {
                let second = (hour * HOUR).saturating_sub(cut);
                GRAINS.min((second >> GRAIN) as usize)
            };
            grains[begin(hour)..begin(hour + 1)].fill(true);
        }
        Self(grains)
    }

    fn has(&self, when: u32) -> bool {
        self.0[(when >> (MANNER_BITS + GRAIN)) as usize % GRAINS]
    }
}

/// Rows of one category side by side.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) category: u16,
    pub(super) rows: Range<usize>,
    /// Whether some may be outside the area.
    pub(super) look_where: bool,
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
    /// Seconds of the part.
    seconds: Range<u32>,
    /// Whether all of its rows are in that time.
    whole: bool,
    clock: Option<(Clock, &'f Rhythm)>,
    /// Whether each hour of the part fits the rhythm; none where there is none, or where the
    /// hours of the city are not those of UTC.
    hours: Option<Box<[bool; HOURS]>>,
    /// The same, to be asked quickly.
    grains: Option<Grains>,
    cut: u32,
}

/// Rows that are looked at together: their tests are loops without a branch, and which of them
/// fit is one number.
const CHUNK: usize = 64;

impl PartTest<'_, '_> {
    /// Whether a row fits.
    pub(super) fn fits(&self, row: &Row) -> bool {
        let area = self.test.area.as_ref();
        self.test.has_category(row.category)
            && self.fits_but_area(row)
            && area.is_none_or(|area| row.code != NOWHERE && area.contains(row.code))
    }

    /// Whether a row of a category that fits does so wherever it is.
    pub(super) fn fits_but_area(&self, row: &Row) -> bool {
        let divisions = row.divisions as usize;
        self.seconds.contains(&row.when.second())
            && self.test.manners.as_ref().is_none_or(|fits| fits[row.when.manner()])
            && self.test.divisions.as_ref().is_none_or(|fits| fits.contains(divisions))
            && self.rhythm_fits(row.when)
    }

    fn rhythm_fits(&self, when: When) -> bool {
        match (&self.hours, &self.clock) {
            (Some(hours), _) => hours[((when.second() + self.cut) / HOUR) as usize],
            (None, Some((clock, rhythm))) => rhythm.fits(clock.hour(when.second())),
            (None, None) => true,
        }
    }

    /// Whether the time begins and ends with an hour of the part, and so do the hours of the
    /// city.
    pub(super) fn is_by_the_hour(&self) -> bool {
        let sharp = |second: u32| (second + self.cut).is_multiple_of(HOUR);
        let bounds = [self.seconds.start, self.seconds.end];
        let ends = [0, LENGTH as u32];
        (self.whole || bounds.iter().zip(ends).all(|(at, end)| *at == end || sharp(*at)))
            && (self.clock.is_none() || self.hours.is_some())
    }

    /// Whether an hour of the part and a manner fit, where [`Self::is_by_the_hour`].
    pub(super) fn hour_fits(&self, hour: usize) -> bool {
        let second = (hour as u32 * HOUR).saturating_sub(self.cut);
        (self.whole || self.seconds.contains(&second))
            && self.hours.as_ref().is_none_or(|hours| hours[hour])
    }

    pub(super) fn manner_fits(&self, manner: usize) -> bool {
        self.test.manners.as_ref().is_none_or(|fits| fits[manner])
    }

    /// The rows that wait and fit.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Row> {
        self.part.waiting.iter().filter(|row| self.fits(row))
    }

    /// Where rows in order can be that fit, run by run.
    pub(super) fn spans(&self) -> Vec<Span> {
        let rows = &self.part.sorted;
        let runs = rows.runs().filter(|(category, ..)| self.test.has_category(*category));
        if let Some((stretch, inside)) = self.test.area.as_ref().and_then(Area::only) {
            let (categories, runs): (Vec<_>, Vec<_>) = runs.map(|(c, run, _)| (c, run)).unzip();
            let found = within(&rows.codes, &runs, &stretch);
            let span = |(category, rows)| Span { category, rows, look_where: !inside };
            let found = categories.into_iter().zip(found).filter(|(_, rows)| !rows.is_empty());
            return found.map(span).collect();
        }
        let spans = runs.flat_map(move |(category, run, _)| {
            let span =
                move |(rows, inside): (_, bool)| Span { category, rows, look_where: !inside };
            let area = self.test.area.as_ref();
            let places = area.map(|area| area.places(&rows.codes, run.clone()).map(span));
            let all = area.is_none().then(|| span((run, true)));
            all.into_iter().chain(places.into_iter().flatten())
        });
        spans.collect()
    }

    /// Gives the rows in order that fit to `take`, up to 64 at a time: their category, the place
    /// of the first, and a bit for each from it on.
    pub(super) fn chunks(&self, mut take: impl FnMut(u16, usize, u64)) {
        for span in self.spans() {
            self.scan(&span, &mut |from, fits| take(span.category, from, fits));
        }
    }

    /// Gives the rows of a span that hold and fit to `take`, up to 64 at a time: the place of
    /// the first, and a bit for each from it on.
    pub(super) fn scan(&self, span: &Span, take: &mut impl FnMut(usize, u64)) {
        let Span { rows, look_where, .. } = span.clone();
        let Some(of) = &self.test.divisions else { return self.look(rows, look_where, take) };
        // Neighbours that fit together.
        let mut fit = rows.start..rows.start;
        for (rows, number) in self.part.sorted.divisions.over(rows) {
            if !of.contains(number as usize) {
                continue;
            }
            if rows.start != fit.end {
                self.look(std::mem::replace(&mut fit, rows.clone()), look_where, take);
            }
            fit.end = rows.end;
        }
        self.look(fit, look_where, take);
    }

    /// The same for rows of divisions that fit.
    fn look(&self, places: Range<usize>, look_where: bool, take: &mut impl FnMut(usize, u64)) {
        let rows = &self.part.sorted;
        let area = self.test.area.as_ref().filter(|_| look_where);
        let gone = Some(&self.part.gone).filter(|gone| !gone.is_empty());
        let rhythm = self.clock.is_some() && self.grains.is_none();
        let one_by_one = area.is_some() || gone.is_some() || rhythm;
        let chunks = rows.whens[places.clone()].chunks(CHUNK);
        for (from, whens) in places.step_by(CHUNK).zip(chunks) {
            let mut fits = self.when_fits(whens);
            if one_by_one {
                for i in ones(fits) {
                    let place = from + i;
                    let holds = gone.is_none_or(|gone| !gone.contains(place))
                        && (!rhythm || self.rhythm_fits(When(whens[i])))
                        && area.is_none_or(|area| {
                            let code = rows.codes[place];
                            code != NOWHERE && area.contains(code)
                        });
                    fits &= !(u64::from(!holds) << i);
                }
            }
            if fits != 0 {
                take(from, fits);
            }
        }
    }

    /// Which of up to 64 rows fit by their time and manner.
    fn when_fits(&self, whens: &[u32]) -> u64 {
        let mut fits = u64::MAX >> (CHUNK - whens.len());
        if !self.whole {
            // One comparison: what is before the first wraps around.
            let first = When::from(self.seconds.start);
            let last = (When::from(self.seconds.end) - 1 - first) as u32;
            let first = first as u32;
            fits &= bits(whens, |when| when.wrapping_sub(first) <= last);
        }
        if fits == 0 {
            return 0;
        }
        fits &= match (&self.test.manners, &self.grains) {
            (None, None) => u64::MAX,
            (Some(manners), None) => bits(whens, |when| manners[When(when).manner()]),
            (None, Some(grains)) => bits(whens, |when| grains.has(when)),
            (Some(manners), Some(grains)) => {
                bits(whens, |when| manners[When(when).manner()] & grains.has(when))
            }
        };
        fits
    }
}

/// Brings the lowest bits of eight bytes together in the top one: no two of the products meet.
const TOGETHER: u64 = 0x0102_0408_1020_4080;

/// A bit for each of up to 64 values.
fn bits(values: &[u32], fits: impl Fn(u32) -> bool) -> u64 {
    let mut bytes = [0_u8; CHUNK];
    if let Ok(values) = <&[u32; CHUNK]>::try_from(values) {
        // Of a known length, which the compiler makes more of.
        for (byte, value) in bytes.iter_mut().zip(values) {
            *byte = u8::from(fits(*value));
        }
    } else {
        for (byte, value) in bytes.iter_mut().zip(values) {
            *byte = u8::from(fits(*value));
        }
    }
    let (eights, _) = bytes.as_chunks::<8>();
    eights
        .iter()
        .rev()
        .fold(0, |bits, eight| bits << 8 | u64::from_le_bytes(*eight).wrapping_mul(TOGETHER) >> 56)
}
