//! What an analyst asks: random tiles under random filters, and all kinds of timelines and
//! breakdowns.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::super::row;
use super::load::Loaded;
use super::spread;
use crate::city::synthetic::Random;
use crate::city::{Level, TicketStatus};
use crate::geo::{Bounds, TileId, World};
use crate::index::TicketFilter;
use crate::index::tickets::{Kind, Rhythm, Step};

/// A tile that is asked for.
pub(super) struct Asked {
    pub(super) tile: TileId,
    pub(super) filter: TicketFilter,
}

/// A tile that holds a ticket, so that crowded ones are asked for more often, of zooms 8 to
/// 16; from a day to all of the time, each length as likely as its double; 1 to 20 kinds.
pub(super) fn tile(loaded: &Loaded, random: &mut Random) -> Asked {
    let z = 8 + random.below(9) as u8;
    let spot = loaded.spots[random.below(loaded.spots.len())];
    let (x, y) = World::project(spot).cell(u32::from(z));
    let (from, to) = time(loaded, random);
    let kinds = kinds_of(loaded, random);
    let filter = TicketFilter {
        from: Some(from),
        to: Some(to),
        categories: Some(kinds),
        ..TicketFilter::default()
    };
    Asked { tile: TileId { z, x, y }, filter }
}

/// A stretch of whole seconds.
fn time(loaded: &Loaded, random: &mut Random) -> (Timestamp, Timestamp) {
    let all = loaded.to.as_second() - loaded.from.as_second();
    let day = 86_400.0_f64;
    let length = day * (all as f64 / day).powf(random.unit());
    let begin = random.unit() * (all as f64 - length);
    let at = |seconds: f64| {
        loaded.from.saturating_add(SignedDuration::from_secs(seconds as i64)).unwrap_or(loaded.to)
    };
    (at(begin), at(begin + length))
}

fn kinds_of(loaded: &Loaded, random: &mut Random) -> Vec<String> {
    let mut codes: Vec<&str> = loaded.profile.codes().collect();
    let count = (1 + random.below(20)).min(codes.len());
    let mut draw = || codes.swap_remove(random.below(codes.len())).to_owned();
    (0..count).map(|_| draw()).collect()
}

/// Tiles over all of the time, without kinds, and under filters that no sums are kept for.
pub(super) fn hard_tiles(loaded: &Loaded, random: &mut Random) {
    let none = TicketFilter::default;
    let phone = Some(vec!["phone".to_owned()]);
    for (name, filter) in
        [("no filter", none()), ("a channel", TicketFilter { channels: phone, ..none() })]
    {
        let times: Vec<_> = (0..200)
            .map(|_| {
                let tile = tile(loaded, random).tile;
                let start = Instant::now();
                loaded.index.tile(&filter, tile, 6);
                start.elapsed()
            })
            .collect();
        row(&format!("tile over all of the time, {name}"), &spread(&times), "p50, p99, most");
    }
}

/// Timelines and breakdowns over all tickets, under each kind of filter and under all
/// together.
pub(super) fn kinds(loaded: &Loaded, random: &mut Random) {
    let none = TicketFilter::default;
    let (from, to) = time(loaded, random);
    let district = loaded.city.divisions.iter().find(|d| d.level == Level::District);
    let township = loaded.city.divisions.iter().find(|d| d.level == Level::Township);
    let rhythm = Rhythm {
        zone: loaded.city.zone.clone(),
        hours: std::array::from_fn(|hour| (8..18).contains(&hour)),
        weekdays: [true, true, true, true, true, false, false],
    };
    // Through the crowd, so that many lie at its edge.
    let bounds = loaded.city.manifest.bounds;
    let half = Bounds { east: f64::midpoint(bounds.west, bounds.east), ..bounds };
    let filters = [
        ("no filter", none()),
        ("a time", TicketFilter { from: Some(from), to: Some(to), ..none() }),
        ("ten kinds", TicketFilter { categories: Some(ten(loaded)), ..none() }),
        (
            "status and channel",
            TicketFilter {
                statuses: Some(vec![TicketStatus::Closed]),
                channels: Some(vec!["phone".into(), "web".into()]),
                ..none()
            },
        ),
        ("hours and weekdays", TicketFilter { rhythm: Some(rhythm.clone()), ..none() }),
        (
            "status, channel, hours and weekdays",
            TicketFilter {
                statuses: Some(vec![TicketStatus::Closed]),
                channels: Some(vec!["phone".into(), "web".into()]),
                rhythm: Some(rhythm.clone()),
                ..none()
            },
        ),
        ("a district", TicketFilter { division: district.map(|d| d.code.clone()), ..none() }),
        ("a township", TicketFilter { division: township.map(|d| d.code.clone()), ..none() }),
        ("a box", TicketFilter { bounds: Some(bounds), ..none() }),
        (
            "half of it, status, channel, hours and weekdays",
            TicketFilter {
                statuses: Some(vec![TicketStatus::Closed]),
                channels: Some(vec!["phone".into(), "web".into()]),
                rhythm: Some(rhythm.clone()),
                bounds: Some(half),
                ..none()
            },
        ),
        (
            "all of these",
            TicketFilter {
                categories: Some(ten(loaded)),
                statuses: Some(vec![TicketStatus::Closed]),
                channels: Some(vec!["phone".into(), "web".into()]),
                rhythm: Some(rhythm),
                division: district.map(|d| d.code.clone()),
                bounds: Some(bounds),
                ..none()
            },
        ),
    ];
    for (name, filter) in filters {
        let measure = |what: &str, ask: &dyn Fn() -> u64| {
            let mut total = 0;
            let times: Vec<_> = (0..9)
                .map(|_| {
                    let start = Instant::now();
                    total = ask();
                    start.elapsed()
                })
                .collect();
            row(
                &format!("{what}, {name}"),
                &spread(&times),
                &format!("{total} counted; wanted 50 ms"),
            );
        };
        let sum = |list: Vec<(Option<&str>, u64)>| list.iter().map(|(_, count)| count).sum();
        measure("timeline by hour", &|| {
            let line = loaded.index.timeline(&filter, Step::Hour, &loaded.city.zone);
            line.iter().map(|(_, count)| count).sum()
        });
        measure("breakdown by kind", &|| sum(loaded.index.breakdown(&filter, Kind::Category)));
        measure("breakdown by township", &|| {
            sum(loaded.index.breakdown(&filter, Kind::Division(Level::Township)))
        });
    }
}

fn ten(loaded: &Loaded) -> Vec<String> {
    loaded.profile.codes().step_by(2).take(10).map(str::to_owned).collect()
}
