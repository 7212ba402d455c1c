//! What tickets must be like, and that in the numbers of an index.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::TicketIndex;
use super::area::Area;
use super::clock::{Clock, HOURS, hour_of_day, weekday};
use super::part::{HOUR, LENGTH, Part, first_hour_cut};
use super::row::{MANNERS, Row, When, channel_of, status_of};
use super::sorted::{BLOCK, Sorted};
use super::words::{Codes, Words};
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
    divisions: Option<Ground>,
    pub(super) area: Option<Area>,
    rhythm: Option<&'f Rhythm>,
}

/// A division, in the numbers of an index.
struct Ground {
    /// Whether each number is of it; as many as a power of two, to be asked without a branch.
    has: Vec<bool>,
    /// The bit of the district of each number.
    bits: Vec<u64>,
    /// Those of the districts that it lies in.
    districts: u64,
}

impl Ground {
    fn of(words: &Words, code: &str) -> Self {
        let lists = &words.lists.divisions;
        let is_of = |codes: &Codes| codes.iter().flatten().any(|c| c == code);
        let mut has: Vec<bool> = lists.iter().map(is_of).collect();
        // Districts by the order in which they came; of more than 64 some share a bit.
        let mut known: HashMap<Option<&str>, u32> = HashMap::new();
        let mut bits = Vec::with_capacity(lists.len());
        for codes in lists {
            let next = known.len() as u32;
            bits.push(1_u64 << (*known.entry(codes[0].as_deref()).or_insert(next) % 64));
        }
        let own = has.iter().zip(&bits).filter(|(has, _)| **has).map(|(_, bit)| bit);
        let districts = own.fold(0, |all, bit| all | bit);
        has.resize(has.len().next_power_of_two(), false);
        Self { has, bits, districts }
    }

    /// Whether a number is of it; one that was not listed may be taken for another.
    fn has(&self, number: u32) -> bool {
        self.has[number as usize & (self.has.len() - 1)]
    }

    /// Whether any of these rows can be of it.
    fn meets(&self, rows: &Sorted, places: Range<usize>) -> bool {
        let blocks = rows.districts(|number| {
            // What is not known may be any.
            self.bits.get(number as usize).copied().unwrap_or(u64::MAX)
        });
        let blocks = &blocks[places.start / BLOCK..=(places.end - 1) / BLOCK];
        blocks.iter().any(|bits| bits & self.districts != 0)
    }
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
            divisions: filter.division.as_ref().map(|code| Ground::of(words, code)),
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

    /// Whether it asks for nothing but time, kind and whole tiles.
    pub(super) fn is_plain(&self) -> bool {
        self.manners.is_none()
            && self.divisions.is_none()
            && self.rhythm.is_none()
            && self.area.as_ref().is_none_or(|area| area.ranges.iter().all(|(_, inside)| *inside))
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
        let Some((first, last)) = part.seconds() else { return Share::None };
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
    pub(super) fn over<'t>(&'t self, part: &Part) -> PartTest<'t, 'f> {
        let clamp = |second: i64| second.saturating_sub(part.start).clamp(0, LENGTH) as u32;
        let seconds = clamp(self.seconds.start)..clamp(self.seconds.end);
        let clock = self.rhythm.map(|rhythm| (Clock::over(part.start, &rhythm.zone), rhythm));
        let whole = self.share(part) == Share::All;
        let cut = first_hour_cut(part.start);
        let hours = clock.as_ref().and_then(|(clock, rhythm)| {
            let hours: Vec<bool> = clock.hours()?.iter().map(|hour| rhythm.fits(*hour)).collect();
            <[bool; HOURS]>::try_from(hours).ok().map(Box::new)
        });
        PartTest { test: self, seconds, whole, clock, hours, cut }
    }

    /// Gives each row of a part that fits to `take`: those in order, run by run, then those
    /// that wait.
    pub(super) fn each(&self, part: &Part, mut take: impl FnMut(Row)) {
        let test = self.over(part);
        let rows = &part.sorted;
        let codes = &rows.codes[..];
        for (category, run, _) in rows.runs().filter(|(category, ..)| self.has_category(*category))
        {
            match &self.area {
                None => test.scan(part, category, run, false, &mut take),
                Some(area) => area.places(codes, run).for_each(|(places, inside)| {
                    test.scan(part, category, places, !inside, &mut take);
                }),
            }
        }
        for row in part.waiting.iter().filter(|row| test.fits(row)) {
            take(*row);
        }
    }
}

/// A test of the rows of one part.
pub(super) struct PartTest<'t, 'f> {
    test: &'t Test<'f>,
    /// Seconds of the part.
    seconds: Range<u32>,
    /// Whether all of its rows are in that time.
    whole: bool,
    clock: Option<(Clock, &'f Rhythm)>,
    /// Whether each hour of the part fits the rhythm; none where there is none, or where the
    /// hours of the city are not those of UTC.
    hours: Option<Box<[bool; HOURS]>>,
    cut: u32,
}

/// Rows that are looked at together: their tests are loops without a branch.
const CHUNK: usize = 64;

impl PartTest<'_, '_> {
    /// Whether a row fits.
    pub(super) fn fits(&self, row: &Row) -> bool {
        let area = self.test.area.as_ref();
        self.test.has_category(row.category)
            && self.fits_but_area(row)
            && area.is_none_or(|area| row.is_placed() && area.contains(row.code))
    }

    /// Whether a row of a category that fits does so wherever it is.
    pub(super) fn fits_but_area(&self, row: &Row) -> bool {
        self.seconds.contains(&row.when.second())
            && self.test.manners.as_ref().is_none_or(|fits| fits[row.when.manner()])
            && self.test.divisions.as_ref().is_none_or(|ground| ground.has(row.divisions))
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

    /// Gives the rows at these places of a run that hold and fit to `take`.
    pub(super) fn scan(
        &self,
        part: &Part,
        category: u16,
        places: Range<usize>,
        by_place: bool,
        take: &mut impl FnMut(Row),
    ) {
        let rows = &part.sorted;
        let (codes, numbers) = (&rows.codes[places.clone()], &rows.numbers[places.clone()]);
        let (whens, divisions) = (&rows.whens[places.clone()], &rows.divisions[places.clone()]);
        // Without a panic, so that what is not used is not read.
        let row = |i: usize| Row {
            code: codes.get(i).copied().unwrap_or_default(),
            number: numbers.get(i).copied().unwrap_or_default(),
            when: When(whens.get(i).copied().unwrap_or_default()),
            divisions: divisions.get(i).copied().unwrap_or_default(),
            category,
        };
        let holds = part.gone.is_clear();
        let Test { manners, divisions: in_divisions, area, .. } = self.test;
        let area = area.as_ref().filter(|_| by_place);
        let any = self.whole
            && manners.is_none()
            && in_divisions.is_none()
            && self.clock.is_none()
            && area.is_none();
        if any && holds {
            (0..codes.len()).for_each(|i| take(row(i)));
            return;
        }
        let when_range = When::from(self.seconds.start)..When::from(self.seconds.end);
        for from in (0..codes.len()).step_by(CHUNK) {
            let to = codes.len().min(from + CHUNK);
            let rows_of = places.start + from..places.start + to;
            if in_divisions.as_ref().is_some_and(|ground| !ground.meets(rows, rows_of)) {
                continue;
            }
            let mut fits = [true; CHUNK];
            let fits = &mut fits[..to - from];
            let whens = &whens[from..to];
            if !self.whole {
                // One comparison: what is before the range wraps around.
                let (low, length) =
                    (when_range.start as u32, when_range.end.saturating_sub(when_range.start));
                for (fit, when) in fits.iter_mut().zip(whens) {
                    *fit &= u64::from(when.wrapping_sub(low)) < length;
                }
            }
            if let Some(of) = manners {
                for (fit, when) in fits.iter_mut().zip(whens) {
                    *fit &= of[When(*when).manner()];
                }
            }
            if let Some(of) = in_divisions {
                for (fit, number) in fits.iter_mut().zip(&divisions[from..to]) {
                    *fit &= of.has(*number);
                }
            }
            if let Some(of) = &self.hours {
                for (fit, when) in fits.iter_mut().zip(whens) {
                    *fit &= of[((When(*when).second() + self.cut) / HOUR) as usize % HOURS];
                }
            }
            // The places of those that fit, gathered without a branch that could be guessed
            // wrong.
            let (mut hits, mut count) = ([0_u8; CHUNK], 0);
            for (i, fit) in (0..).zip(fits.iter()) {
                hits[count % CHUNK] = i;
                count += usize::from(*fit);
            }
            for i in hits[..count].iter().map(|i| from + usize::from(*i)) {
                let row = row(i);
                if (holds || !part.gone.contains(places.start + i))
                    && (self.hours.is_some() || self.rhythm_fits(row.when))
                    && area.is_none_or(|area| row.is_placed() && area.contains(row.code))
                {
                    take(row);
                }
            }
        }
    }
}
