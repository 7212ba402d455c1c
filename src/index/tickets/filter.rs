//! What tickets must be like, and that in the numbers of an index.

use std::ops::{Range, RangeInclusive};

use fixedbitset::FixedBitSet;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::TicketIndex;
use super::clock::{Clock, hour_of_day, weekday};
use super::columns::Columns;
use super::part::{LENGTH, Part, start};
use crate::city::TicketStatus;
use crate::geo::morton::{demorton, morton_range};
use crate::geo::{Bounds, LonLat, TileId, World};

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

/// A filter in the numbers of an index.
pub(super) struct Test<'f> {
    seconds: Range<i64>,
    categories: Option<FixedBitSet>,
    channels: Option<FixedBitSet>,
    statuses: Option<u8>,
    divisions: Option<FixedBitSet>,
    area: Option<Area>,
    rhythm: Option<&'f Rhythm>,
}

/// A box in world units.
struct Area {
    x: RangeInclusive<u32>,
    y: RangeInclusive<u32>,
    /// Morton codes of up to four tiles that cover it.
    tiles: Vec<Range<u128>>,
}

impl Area {
    fn of(bounds: &Bounds) -> Self {
        let north_west = World::project(LonLat::new(bounds.west, bounds.north));
        let south_east = World::project(LonLat::new(bounds.east, bounds.south));
        let (x, y) = (north_west.x..=south_east.x, north_west.y..=south_east.y);
        // The zoom at which it is no larger than a tile and so meets four of them at most.
        let side = (x.end().saturating_sub(*x.start())).max(y.end().saturating_sub(*y.start()));
        let z = side.leading_zeros().min(u32::from(crate::geo::mercator::MAX_ZOOM));
        let (left, top) = north_west.cell(z);
        let (right, bottom) = south_east.cell(z);
        let tiles = (top..=bottom).flat_map(|y| (left..=right).map(move |x| (x, y)));
        let tiles = tiles.filter_map(|(x, y)| TileId::new(z as u8, x, y)).map(morton_range);
        Self { x, y, tiles: tiles.collect() }
    }

    /// The part of it, or of the world, that is in a tile.
    fn in_tile(area: Option<Self>, tile: TileId) -> Self {
        let (x, y) = tile.world_range();
        let inclusive = |range: Range<u64>| range.start as u32..=(range.end - 1) as u32;
        let (mut x, mut y) = (inclusive(x), inclusive(y));
        if let Some(area) = area {
            let both = |a: &RangeInclusive<u32>, b: &RangeInclusive<u32>| {
                *a.start().max(b.start())..=*a.end().min(b.end())
            };
            (x, y) = (both(&x, &area.x), both(&y, &area.y));
        }
        Self { x, y, tiles: vec![morton_range(tile)] }
    }

    fn contains(&self, code: u64) -> bool {
        let World { x, y } = demorton(code);
        self.x.contains(&x) && self.y.contains(&y)
    }
}

impl TicketIndex {
    /// The parts that hold tickets of the time that is asked, each with the second at which
    /// it begins.
    pub(super) fn parts_of<'a>(
        &'a self,
        test: &'a Test<'_>,
    ) -> impl Iterator<Item = (i64, &'a Part)> {
        let parts = self.parts.iter().map(|(key, part)| (start(*key), part.as_ref()));
        parts.filter(|(start, _)| *start < test.seconds.end && start + LENGTH > test.seconds.start)
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
        Test {
            seconds: filter.from.map_or(i64::MIN, second)..filter.to.map_or(i64::MAX, second),
            categories: filter
                .categories
                .as_ref()
                .map(|codes| bits(&mut codes.iter().filter_map(|c| words.category(c)))),
            channels: filter
                .channels
                .as_ref()
                .map(|names| bits(&mut names.iter().filter_map(|c| words.channel(c)))),
            statuses: filter
                .statuses
                .as_ref()
                .map(|statuses| statuses.iter().fold(0, |bits, status| bits | 1 << *status as u8)),
            divisions: filter.division.as_ref().map(|code| {
                let within = words.lists.divisions.iter().enumerate();
                let within = within.filter(|(_, codes)| codes.iter().flatten().any(|c| c == code));
                bits(&mut within.map(|(number, _)| number))
            }),
            area: filter.bounds.as_ref().map(Area::of),
            rhythm: filter.rhythm.as_ref(),
        }
    }
}

impl Test<'_> {
    /// The same within a tile.
    pub(super) fn in_tile(self, tile: TileId) -> Self {
        Self { area: Some(Area::in_tile(self.area, tile)), ..self }
    }

    /// Gives each row of a part that fits to `take`: the sorted ones along the curve, then
    /// those that wait.
    pub(super) fn each<'p>(
        &self,
        start: i64,
        part: &'p Part,
        mut take: impl FnMut(&'p Columns, usize),
    ) {
        let (sorted, gone, waiting) = part.rows();
        // Seconds of the part, so that a row is compared with small numbers.
        let clamp = |second: i64| second.saturating_sub(start).clamp(0, LENGTH) as u32;
        let seconds = clamp(self.seconds.start)..clamp(self.seconds.end);
        let clock = self.rhythm.map(|rhythm| (Clock::over(start, &rhythm.zone), rhythm));
        let everywhere = self.area.is_none().then(|| 0..sorted.len());
        let tiles = self.area.iter().flat_map(|area| &area.tiles).map(|tile| run(sorted, tile));
        let fits = |rows: &Columns, i: usize| {
            self.fits(rows, i, &seconds)
                && clock.as_ref().is_none_or(|(clock, rhythm)| {
                    let hour = clock.hour(rows.seconds[i]);
                    rhythm.hours[hour_of_day(hour)] && rhythm.weekdays[weekday(hour)]
                })
        };
        for i in everywhere.into_iter().chain(tiles).flatten() {
            if fits(sorted, i) && !gone.contains(i) {
                take(sorted, i);
            }
        }
        for i in (0..waiting.len()).filter(|i| fits(waiting, *i)) {
            take(waiting, i);
        }
    }

    fn fits(&self, rows: &Columns, i: usize, seconds: &Range<u32>) -> bool {
        let has = |bits: &Option<FixedBitSet>, number: usize| {
            bits.as_ref().is_none_or(|bits| bits.contains(number))
        };
        seconds.contains(&rows.seconds[i])
            && has(&self.categories, usize::from(rows.categories[i]))
            && has(&self.channels, usize::from(rows.channels[i]))
            && self.statuses.is_none_or(|bits| bits >> rows.status(i) & 1 == 1)
            && has(&self.divisions, rows.divisions[i] as usize)
            && self
                .area
                .as_ref()
                .is_none_or(|area| rows.is_placed(i) && area.contains(rows.codes[i]))
    }
}

/// The rows of a stretch of the curve.
fn run(rows: &Columns, codes: &Range<u128>) -> Range<usize> {
    let place = |end: u128| rows.codes.partition_point(|code| u128::from(*code) < end);
    place(codes.start)..place(codes.end)
}
