mod list;

use std::collections::BTreeMap;
use std::fs;

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::testing::{built, built_for, ticket};
use super::*;
use crate::city::{Level, TicketDivisions, TicketStatus};
use crate::geo::morton::morton;
use crate::geo::{Bounds, LonLat, World};
use crate::store::{self, Batch, GeoPackage, Retirement, Store};

/// A row of nothing.
const NOBODY: Row = Row {
    code: 0,
    number: 0,
    when: When { hour: 0, second: 0, manner: row::Manner { status: 0, channel: 0 } },
    divisions: 0,
    category: 0,
};

/// Some places in a square degree: few, so that sums are kept of them, or many.
fn spots() -> impl Strategy<Value = Vec<LonLat>> {
    let place = (0.0..1.0, 0.0..1.0).prop_map(|(x, y)| LonLat::new(116.0 + x, 39.5 + y));
    prop_oneof![vec(place.clone(), 1..4), vec(place, 1..300)]
}

/// A ticket of one of these places, in one of thirteen parts; nowhere, or retired.
fn ticket_of(spots: &[LonLat], drawn: (u64, i64, usize, u8)) -> TicketRecord {
    let (kind, second, spot, luck) = drawn;
    let at = (luck % 10 != 9).then(|| spots[spot % spots.len()]);
    let retired = (luck % 11 == 10).then(|| Retirement {
        at: Timestamp::UNIX_EPOCH,
        successor: None,
        reason: "filed twice".into(),
    });
    TicketRecord { retired, ..ticket(kind, second, at) }
}

/// What [`ticket_of`] makes a ticket of.
fn drawn() -> impl Strategy<Value = (u64, i64, usize, u8)> {
    // A third of them in one part, so that runs are longer than what is looked at together.
    let second = prop_oneof![
        2 => -10_000_000_i64..17_000_000,
        1 => 0_i64..2_000_000,
    ];
    (0_u64..60, second, any::<usize>(), any::<u8>())
}

fn tickets(most: usize) -> impl Strategy<Value = Vec<TicketRecord>> {
    (spots(), vec(drawn(), 0..most))
        .prop_map(|(spots, drawn)| drawn.into_iter().map(|d| ticket_of(&spots, d)).collect())
}

fn filters() -> impl Strategy<Value = TicketFilter> {
    let time = || {
        let second = (-11_000_000_i64..18_000_000)
            .prop_map(|second| Timestamp::from_second(second).unwrap());
        option::weighted(0.3, second)
    };
    let categories = option::weighted(0.3, vec("kind-[0-7]", 0..3));
    let channels = option::weighted(0.2, vec("phone|app|letter", 0..2));
    let statuses = option::weighted(0.3, vec(prop::sample::select(TicketStatus::ALL), 0..3));
    let division = option::weighted(0.3, "[0-3](-[1-3])?");
    let edges = (0.0..1.0, 0.0..1.0, 0.0..1.0, 0.0..1.0);
    let bounds = option::weighted(0.5, edges).prop_map(|edges| {
        edges.map(|(a, b, c, d): (f64, f64, f64, f64)| Bounds {
            west: 116.0 + a.min(b),
            east: 116.0 + a.max(b),
            south: 39.5 + c.min(d),
            north: 39.5 + c.max(d),
        })
    });
    let rhythm = (zones(), any::<[bool; 24]>(), any::<[bool; 7]>())
        .prop_map(|(zone, hours, weekdays)| Rhythm { zone, hours, weekdays });
    let rhythm = option::weighted(0.4, rhythm);
    (time(), time(), categories, channels, statuses, division, bounds, rhythm).prop_map(
        |(from, to, categories, channels, statuses, division, bounds, rhythm)| TicketFilter {
            from,
            to,
            categories,
            channels,
            statuses,
            division,
            bounds,
            rhythm,
        },
    )
}

/// Zones that in the months of [`tickets`] changed their clocks by an hour, were half an hour from
/// UTC, as far or not as far as today, or counted by seconds.
fn zones() -> impl Strategy<Value = TimeZone> {
    let names = ["America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Africa/Monrovia"];
    prop::sample::select(names.to_vec()).prop_map(|name| TimeZone::get(name).unwrap())
}

fn local(record: &TicketRecord, zone: &TimeZone) -> DateTime {
    zone.to_datetime(record.ticket.steps.requested)
}

/// What a filter says, in plain words.
fn fits(filter: &TicketFilter, record: &TicketRecord) -> bool {
    let ticket = &record.ticket;
    let divisions = &ticket.divisions;
    let codes = [&divisions.district, &divisions.township, &divisions.community];
    let inside = |b: &Bounds| {
        ticket.location.is_some_and(|at| {
            let at = World::project(at);
            let corner = World::project(LonLat::new(b.west, b.north));
            let other = World::project(LonLat::new(b.east, b.south));
            (corner.x..=other.x).contains(&at.x) && (corner.y..=other.y).contains(&at.y)
        })
    };
    record.retired.is_none()
        && filter.from.is_none_or(|from| ticket.steps.requested >= from)
        && filter.to.is_none_or(|to| ticket.steps.requested < to)
        && filter.categories.as_ref().is_none_or(|c| c.contains(&ticket.category))
        && filter.channels.as_ref().is_none_or(|c| c.contains(&ticket.channel))
        && filter.statuses.as_ref().is_none_or(|s| s.contains(&ticket.status))
        && filter.division.as_ref().is_none_or(|d| codes.contains(&&Some(d.clone())))
        && filter.bounds.as_ref().is_none_or(inside)
        && filter.rhythm.as_ref().is_none_or(|rhythm| {
            let at = local(record, &rhythm.zone);
            rhythm.hours[at.hour() as usize]
                && rhythm.weekdays[at.weekday().to_monday_zero_offset() as usize]
        })
}

/// The changes of a log that gives these tickets these numbers, some of them again.
fn changes(writes: &[(u64, TicketRecord)], known: &BTreeMap<u64, TicketRecord>) -> Vec<Filed> {
    let mut known: HashSet<u64> = known.keys().copied().collect();
    let filed = |(number, record): &(u64, TicketRecord)| {
        let before = u64::from(!known.insert(*number));
        Filed { number: *number, before, record: record.clone() }
    };
    writes.iter().map(filed).collect()
}

/// Every row that holds, in words, whatever part of the index it lies in.
fn rows(index: &TicketIndex) -> BTreeMap<u32, String> {
    let mut out = BTreeMap::new();
    let lists = &index.words.lists;
    for (key, part) in &index.parts {
        for (_, row) in part.whole().sorted.rows() {
            let code = row.seen().is_placed().then_some(row.code);
            let category = &lists.categories[usize::from(row.category)];
            let row::Manner { status, channel } = row.when.manner;
            let channel = &lists.channels[usize::from(channel)];
            let divisions = &lists.divisions[row.divisions as usize];
            let second = row.when.second_of_part(part.cut);
            let text =
                format!("{key} {second} {code:?} {category} {channel} {divisions:?} {status}");
            assert!(out.insert(row.number, text).is_none(), "a ticket is there once");
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_count_is_what_looking_at_each_ticket_gives(
        records in tickets(2000),
        filters in vec(filters(), 1..8),
        zone in zones(),
    ) {
        let records: BTreeMap<u64, TicketRecord> = (1..).zip(records).collect();
        let index = built_for(&zone, &records, 9);
        for filter in filters {
            let expected = records.values().filter(|record| fits(&filter, record)).count();
            prop_assert_eq!(index.count(&filter), expected, "{:?}", filter);
        }
    }

    #[test]
    fn cells_timeline_and_breakdown_are_what_looking_at_each_ticket_gives(
        records in tickets(2000),
        filter in filters(),
        zoom in 1_u8..=22,
        step in prop::sample::select(Step::ALL.to_vec()),
        [zone, of_index] in [zones(), zones()],
    ) {
        let records: BTreeMap<u64, TicketRecord> = (1..).zip(records).collect();
        let index = built_for(&of_index, &records, 9);
        let fit: Vec<&TicketRecord> = records.values().filter(|r| fits(&filter, r)).collect();
        let total = fit.len() as u64;

        let found = index.cells(&filter, zoom, 1000).unwrap();
        let mut expected: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for at in fit.iter().filter_map(|r| r.ticket.location) {
            *expected.entry(World::project(at).cell(u32::from(zoom))).or_default() += 1;
        }
        let cells: BTreeMap<(u32, u32), u64> =
            found.cells.iter().map(|(x, y, count)| ((*x, *y), *count)).collect();
        prop_assert_eq!(&cells, &expected);
        prop_assert_eq!(cells.len(), found.cells.len(), "each once");
        prop_assert_eq!(cells.values().sum::<u64>() + found.unplaced, total);
        if let Some(most) = cells.len().checked_sub(1) {
            prop_assert_eq!(index.cells(&filter, zoom, most), Err(TooManyCells));
        }

        let mut expected: BTreeMap<Beginning, u64> = BTreeMap::new();
        for at in fit.iter().map(|r| local(r, &zone)) {
            let midnight = at.date().at(0, 0, 0, 0);
            let weekday = at.weekday().to_monday_zero_offset();
            let begin = match step.1 {
                Step::Hour => Beginning::At(at.date().at(at.hour(), 0, 0, 0)),
                Step::Day => Beginning::At(midnight),
                Step::Week => Beginning::At(midnight.checked_sub(weekday.days()).unwrap()),
                Step::Month => Beginning::At(at.date().first_of_month().at(0, 0, 0, 0)),
                Step::HourOfWeek => {
                    Beginning::HourOfWeek(weekday as usize * 24 + at.hour() as usize)
                }
            };
            *expected.entry(begin).or_default() += 1;
        }
        let timeline = index.timeline(&filter, step.1, &zone);
        prop_assert!(timeline.is_sorted_by(|a, b| a.0 < b.0));
        let full: BTreeMap<_, _> = timeline.iter().copied().filter(|(_, n)| *n > 0).collect();
        prop_assert_eq!(full, expected);

        let kinds = [Kind::Category, Kind::Channel, Kind::Status, Kind::Division(Level::District)];
        for by in kinds {
            let of = |r: &TicketRecord| match by {
                Kind::Category => Some(r.ticket.category.clone()),
                Kind::Channel => Some(r.ticket.channel.clone()),
                Kind::Status => Some(r.ticket.status.key().to_owned()),
                Kind::Division(level) => r.ticket.divisions.get(level).map(str::to_owned),
            };
            let mut expected: BTreeMap<Option<String>, u64> = BTreeMap::new();
            for record in &fit {
                *expected.entry(of(record)).or_default() += 1;
            }
            let found = index.breakdown(&filter, by);
            prop_assert!(found.is_sorted_by(|a, b| a.1 >= b.1));
            let found: BTreeMap<_, _> =
                found.into_iter().map(|(name, n)| (name.map(str::to_owned), n)).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn an_index_that_followed_is_the_rebuilt_one(
        spots in spots(),
        bursts in vec(vec((1_u64..300, drawn()), 0..90), 1..9),
        filters in vec(filters(), 1..4),
        zoom in 1_u8..=22,
        summed in any::<u16>(),
        zone in zones(),
    ) {
        let mut records = BTreeMap::new();
        let mut followed = built_for(&zone, &records, 0);
        for (seq, burst) in (1..).zip(bursts) {
            let burst: Vec<_> =
                burst.into_iter().map(|(n, drawn)| (n, ticket_of(&spots, drawn))).collect();
            if summed >> seq & 1 == 1 {
                // In order and summed, so that what comes is beside sums and not in them.
                for part in followed.parts.values_mut() {
                    *part = Arc::new(part.whole());
                }
                followed.drop_stale();
                followed = followed.summed(1);
                prop_assert!(!followed.lacks_sums());
            }
            followed = followed.next(&changes(&burst, &records), seq);
            records.extend(burst);
            let rebuilt = built_for(&zone, &records, seq);
            prop_assert_eq!(rows(&followed), rows(&rebuilt));
            prop_assert_eq!((followed.len(), followed.seq()), (rebuilt.len(), seq));
            for filter in &filters {
                prop_assert_eq!(followed.count(filter), rebuilt.count(filter), "{:?}", filter);
                prop_assert_eq!(
                    followed.cells(filter, zoom, usize::MAX),
                    rebuilt.cells(filter, zoom, usize::MAX),
                    "{:?}", filter
                );
                prop_assert_eq!(
                    followed.timeline(filter, Step::Hour, &zone),
                    rebuilt.timeline(filter, Step::Hour, &zone)
                );
                prop_assert_eq!(
                    followed.breakdown(filter, Kind::Channel),
                    rebuilt.breakdown(filter, Kind::Channel)
                );
            }
        }
    }
}

#[test]
fn a_question_about_a_division_passes_over_others_and_misses_none() {
    // Stripes of seventy districts along a street.
    let record = |n: u64| {
        let at = LonLat::new(116.0 + n as f64 * 1e-5, 39.9);
        let mut record = ticket(n % 2 * 30, 5, Some(at));
        let district = n / 700 % 70;
        record.ticket.divisions = TicketDivisions {
            district: (district > 0).then(|| format!("d{district}")),
            township: Some(format!("t{}", n / 90)),
            ..TicketDivisions::default()
        };
        record
    };
    let records: BTreeMap<u64, TicketRecord> = (0..60_000).map(|n| (n + 1, record(n))).collect();
    let index = built(&records, 1);
    for code in ["d1", "d5", "d65", "d69", "t0", "t333", "t666", "nowhere"] {
        let filter = TicketFilter { division: Some(code.into()), ..TicketFilter::default() };
        let expected = records.values().filter(|record| fits(&filter, record)).count();
        assert_eq!(index.count(&filter), expected, "{code}");
    }
    // Where the township changes, in each of two kinds, and no more.
    let stretches = index.parts[&0].sorted.divisions.ends.len();
    assert!(stretches < 2 * 60_000 / 90 + 200, "{stretches}");
}

#[test]
fn a_ticket_outside_the_city_is_counted_and_not_on_the_map() {
    let at = Some(LonLat::new(116.4, 39.9));
    let mut outside = ticket(1, 5, at);
    outside.ticket.divisions =
        TicketDivisions { on: Some(date(2026, 3, 1)), ..TicketDivisions::default() };
    // Whose divisions nobody has asked for is not outside.
    let mut open = ticket(2, 5, at);
    open.ticket.divisions = TicketDivisions::default();
    let index = built(&[(1, outside), (2, open), (3, ticket(3, 5, at))].into(), 1);
    let cells = index.cells(&TicketFilter::default(), 10, 10).unwrap();
    assert_eq!((cells.cells.len(), cells.cells[0].2, cells.unplaced), (1, 2, 1));
}

/// Many tickets of one month, on a spiral.
fn many(count: u64) -> BTreeMap<u64, TicketRecord> {
    let at = |n: u64| {
        let turn = n as f64 * 0.01;
        LonLat::new(116.4 + turn.sin() * 0.3, 39.9 + turn.cos() * 0.2)
    };
    (1..=count).map(|n| (n, ticket(n, (n % 2_000_000) as i64, Some(at(n))))).collect()
}

#[test]
fn parts_are_sorted_again_when_much_has_changed() {
    let mut records = many(6000);
    let mut index = built(&records, 1);
    for (seq, start) in (2..).zip((1..6000).step_by(500)) {
        let moved = (start..start + 500)
            .map(|n| (n, ticket(n + 1, 700_000, Some(LonLat::new(116.0, 39.0)))));
        let moved: Vec<_> = moved.collect();
        index = index.next(&changes(&moved, &records), seq);
        records.extend(moved);
        for part in index.parts.values() {
            let most = 1024.max(part.sorted.len() / 32);
            assert!(part.waiting.len() <= most && part.gone.count_ones(..) <= most);
        }
    }
    assert_eq!(rows(&index), rows(&built(&records, 1)));
}

#[test]
fn a_ticket_takes_16_bytes_where_neighbours_are_of_one_division_and_24_where_none_are() {
    let each = |records: &BTreeMap<u64, TicketRecord>| {
        let index = built(records, 1);
        index.bytes() as f64 / index.len() as f64
    };
    let mut records = many(200_000);
    let apart = each(&records);
    assert!((24.0..25.0).contains(&apart), "{apart} bytes");
    for record in records.values_mut() {
        let LonLat { lon, .. } = record.ticket.location.unwrap();
        let district = Some(((lon * 50.0) as i64).to_string());
        record.ticket.divisions = TicketDivisions { district, ..TicketDivisions::default() };
    }
    let together = each(&records);
    assert!((16.0..17.0).contains(&together), "{together} bytes");
}

/// How often something was given.
#[derive(Default)]
struct Times(i32);

impl sums::Gather for Times {
    fn add(&mut self, _: Option<u64>, _: i64) {
        self.0 += 1;
    }
}

#[test]
fn sums_are_made_of_what_lies_close_and_are_much_shorter_than_the_rows() {
    let at = |n: u64| LonLat::new(116.0 + (n % 7) as f64 * 0.1, 39.9);
    // Three years, at seven places.
    let record = |n: u64| ticket(n % 60, (n * 4700) as i64, (!n.is_multiple_of(13)).then(|| at(n)));
    let records = (1..20_000).map(|n| (n, record(n))).collect();
    let index = built(&records, 1);
    let levels: HashSet<u8> = index.groups.keys().map(|(level, _)| *level).collect();
    assert_eq!(levels, HashSet::from([1, 2, 3, 4]));
    for group in index.groups.values() {
        assert!(group.lists.contains_key(&(None, 17)));
        assert!(group.lists.values().all(|list| list.cells.len() <= 7));
    }
    // A question about all of it looks at lists alone.
    let everything = TicketFilter::default();
    let test = index.test(&everything);
    let given = index.spread(&test, 14, Times::default);
    assert!(given.iter().map(|times| times.0).sum::<i32>() < 50);
    let cells = index.cells(&everything, 14, 100).unwrap();
    assert_eq!((cells.cells.len(), cells.unplaced), (7, 19_999 / 13));
}

#[test]
fn a_box_that_is_a_tile_smaller_than_the_cells_of_sums_is_exact() {
    // Many at a place and one beside it, in the same cell of any list.
    let (x, y) = (0xd2b0_0000_u32, 0x6100_0000_u32);
    let at = |x: u32, y: u32| {
        let row = row::Seen { code: morton(World { x, y }), ..row::Row::seen(&NOBODY) };
        Some(row.at())
    };
    let place = |n: u64| if n == 1 { at(x + 4096, y) } else { at(x + 7, y + 7) };
    // Over three years.
    let records = (1..2000).map(|n| (n, ticket(n % 60, (n * 47_000) as i64, place(n)))).collect();
    let index = built(&records, 1);
    let (a, b) = (at(x, y).unwrap(), at(x + 4095, y + 4095).unwrap());
    let bounds = Bounds { west: a.lon, north: a.lat, east: b.lon, south: b.lat };
    let filter = TicketFilter { bounds: Some(bounds), ..TicketFilter::default() };
    let cells = index.cells(&filter, 10, 10).unwrap();
    assert_eq!((index.count(&filter), cells.cells[0].2), (1998, 1998));
}

#[test]
fn a_category_beyond_all_numbers_is_counted_in_the_total() {
    let record = |n: u64| {
        let mut record = ticket(n, 0, None);
        record.ticket.category = format!("kind-{n}");
        record
    };
    let count = u64::from(u16::MAX) + 10;
    let index = built(&(1..=count).map(|n| (n, record(n))).collect(), 1);
    let of = |n: u64| TicketFilter {
        categories: Some(vec![format!("kind-{n}")]),
        ..TicketFilter::default()
    };
    assert_eq!(index.count(&TicketFilter::default()) as u64, count);
    assert_eq!((index.count(&of(1)), index.count(&of(count))), (1, 0));
}

#[test]
fn a_kept_copy_is_read_as_it_was_written_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tickets");
    let records = many(40);
    let index = built(&records, 7).next(&changes(&[(3, ticket(3, 5, None))], &records), 8);
    file::write(&index, &[5; 32], &path).unwrap();
    let (read, of) = file::read(&path).unwrap();
    assert_eq!((rows(&read), read.seq(), of), (rows(&index), 8, [5; 32]));
    let sound = fs::read(&path).unwrap();
    for length in 0..sound.len() {
        fs::write(&path, &sound[..length]).unwrap();
        assert!(file::read(&path).is_err(), "cut to {length} bytes");
    }
    for place in 0..sound.len() {
        let mut flipped = sound.clone();
        flipped[place] ^= 1 << (place % 8);
        fs::write(&path, flipped).unwrap();
        assert!(file::read(&path).is_err(), "a bit of byte {place} is flipped");
    }
}

/// A store with some tickets, in a folder of its own.
#[test]
fn servers_that_write_the_same_copy_leave_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.tickets");
    let index = built(&many(5_000), 7);
    std::thread::scope(|scope| {
        for server in 0..4 {
            let (index, path) = (&index, &path);
            scope.spawn(move || {
                (0..8).for_each(|_| file::write(index, &[server; 32], path).unwrap());
            });
        }
    });
    assert_eq!(rows(&file::read(&path).unwrap().0), rows(&index));
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "nothing unfinished is left");
}

fn store() -> (tempfile::TempDir, GeoPackage) {
    let folder = tempfile::tempdir().unwrap();
    let store = GeoPackage::open(&folder.path().join("city.gpkg"), "example").unwrap();
    let file = |batch: Batch, n: u64| batch.file(ticket(n, 5, None), None);
    store.write((1..=1500).fold(Batch::by("test"), file)).unwrap();
    (folder, store)
}

#[test]
fn a_start_takes_the_copy_and_what_came_since() {
    let (folder, store) = store();
    let path = folder.path().join("copy");
    let index = open(&store, Some(&path), &TimeZone::UTC).unwrap();
    assert_eq!(index.len(), 1500);
    // A copy that is not true to the records shows that it was taken.
    let some = built(&many(3), index.seq());
    Keeper::new(path.clone()).write(&store, &some).unwrap();
    assert_eq!(open(&store, Some(&path), &TimeZone::UTC).unwrap().len(), 3);
    store.write(Batch::by("test").file(ticket(9999, 5, None), None)).unwrap();
    let next = open(&store, Some(&path), &TimeZone::UTC).unwrap();
    assert_eq!((next.len(), next.seq()), (4, store.head().unwrap()));
}

#[test]
fn a_copy_of_another_log_a_later_state_or_other_hours_or_damaged_is_not_taken() {
    let (folder, mine) = store();
    let (_kept, other) = store();
    let path = folder.path().join("copy");
    let wrong = |seq| built(&many(3), seq);
    let head = mine.head().unwrap();
    Keeper::new(path.clone()).write(&other, &wrong(head)).unwrap();
    assert_eq!(open(&mine, Some(&path), &TimeZone::UTC).unwrap().len(), 1500, "of another store");
    file::write(&wrong(head + 1), &[0; 32], &path).unwrap();
    assert_eq!(
        open(&mine, Some(&path), &TimeZone::UTC).unwrap().len(),
        1500,
        "ahead of the records"
    );
    Keeper::new(path.clone()).write(&mine, &wrong(head)).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 4;
    fs::write(&path, bytes).unwrap();
    assert_eq!(open(&mine, Some(&path), &TimeZone::UTC).unwrap().len(), 1500, "damaged");
    Keeper::new(path.clone()).write(&mine, &wrong(head)).unwrap();
    let open = |zone| open(&mine, Some(&path), &TimeZone::get(zone).unwrap()).unwrap().len();
    assert_eq!(open("Asia/Kolkata"), 1500, "of other hours");
    assert_eq!(open("Asia/Shanghai"), 3, "of the same hours");
}

#[test]
fn an_undone_ticket_is_no_longer_counted() {
    let (_folder, store) = store();
    let index = open(&store, None, &TimeZone::UTC).unwrap();
    store.write(Batch::by("test").retire(store::Kind::Ticket, "7", None, "import undone")).unwrap();
    let next = keep::catch_up(&store, index).unwrap();
    assert_eq!((next.len(), open(&store, None, &TimeZone::UTC).unwrap().len()), (1499, 1499));
}
