//! Records of every shape, and histories of them.

use geo::{Coord, LineString, MultiPolygon, Polygon};
use jiff::Timestamp;
use jiff::civil::Date;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use servicemap::access::Role;
use servicemap::city::calendar::Entry;
use servicemap::city::{
    Booker, BorderChange, Channel, Flow, Lead, Level, LinkStatus, Localized, Portal, Quality,
    Redrawing, Redrawn, Release, ReleasedCell, Residents, Schedule, Slot,
};
use servicemap::geo::LonLat;
use servicemap::store::{
    Batch, DayRecord, DivisionRecord, KeyRecord, Kind, PointRecord, Record, Records,
    RedrawingRecord, ReleaseRecord, ReservationRecord, Retirement, ScheduleRecord, Store, Write,
};

/// A plain point, for tests in which only its id and name matter.
pub(crate) fn point(id: &str, name: &str) -> Record {
    Record::Point(PointRecord {
        id: id.into(),
        name: Localized { zh: name.into(), en: String::new() },
        aliases: Vec::new(),
        category: "library".into(),
        matters: Vec::new(),
        address: None,
        phone: None,
        opening_hours: None,
        accessibility: Vec::new(),
        location: LonLat::new(116.4, 39.9),
        source: "test".into(),
        observed_at: None,
        retired: None,
    })
}

/// What a text can be: empty, of many scripts, full of what a careless writer would
/// take for syntax.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("'; DROP TABLE points; --\n\"\\;{}%".to_owned()),
        "[a-z0-9 ]{1,12}",
        "[\u{4e00}-\u{9fa5}\u{1f300}-\u{1f5ff}éß\u{202e}]{1,8}",
    ]
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 0..4)
}

pub(crate) fn lonlat() -> impl Strategy<Value = LonLat> {
    (-180.0..=180.0, -90.0..=90.0).prop_map(|(lon, lat)| LonLat::new(lon, lat))
}

pub(crate) fn date() -> impl Strategy<Value = Date> {
    (1900_i16..2100, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| jiff::civil::date(y, m, d))
}

pub(crate) fn retirement() -> impl Strategy<Value = Retirement> {
    (0_i64..4_000_000_000_000, option::of(text()), text()).prop_map(|(ms, successor, reason)| {
        Retirement { at: Timestamp::from_millisecond(ms).unwrap(), successor, reason }
    })
}

fn ring() -> impl Strategy<Value = LineString<f64>> {
    vec(lonlat(), 3..9).prop_map(|places| {
        let mut ring: Vec<Coord<f64>> =
            places.into_iter().map(|p| Coord { x: p.lon, y: p.lat }).collect();
        ring.push(ring[0]);
        LineString::new(ring)
    })
}

/// Areas in form only: the store keeps what it is given, valid or not.
fn area() -> impl Strategy<Value = MultiPolygon<f64>> {
    let polygon = (ring(), vec(ring(), 0..3)).prop_map(|(outer, holes)| Polygon::new(outer, holes));
    vec(polygon, 1..4).prop_map(MultiPolygon::new)
}

fn points() -> impl Strategy<Value = PointRecord> {
    let names = (text(), text(), texts(), text(), texts());
    let known = (option::of(text()), option::of(text()), option::of(text()), texts());
    let kept = (lonlat(), text(), option::of(date()), option::of(retirement()));
    ("[a-d]", names, known, kept).prop_map(|(id, n, k, r)| PointRecord {
        id,
        name: Localized { zh: n.0, en: n.1 },
        aliases: n.2,
        category: n.3,
        matters: n.4,
        address: k.0,
        phone: k.1,
        opening_hours: k.2,
        accessibility: k.3,
        location: r.0,
        source: r.1,
        observed_at: r.2,
        retired: r.3,
    })
}

fn divisions() -> impl Strategy<Value = DivisionRecord> {
    let level = prop::sample::select(Level::ALL.to_vec());
    let quality = prop::sample::select(vec![Quality::Authoritative, Quality::Approximate]);
    let names = (text(), text(), texts(), option::of(text()));
    let valid = (option::of(date()), option::of(date()), texts(), texts());
    let residents =
        (proptest::num::u32::ANY, date()).prop_map(|(count, on)| Residents { count, on });
    let place =
        (option::of(area()), option::of(lonlat()), option::of(text()), option::of(residents));
    let kept = (text(), option::of(retirement()));
    ("[a-d]", level, quality, names, valid, place, kept).prop_map(
        |(code, level, quality, n, v, p, r)| DivisionRecord {
            code,
            level,
            name: Localized { zh: n.0, en: n.1 },
            aliases: n.2,
            parent: n.3,
            valid_from: v.0,
            valid_to: v.1,
            predecessors: v.2,
            successors: v.3,
            quality,
            area: p.0,
            point: p.1,
            placed_by: p.2,
            residents: p.3,
            source: r.0,
            retired: r.1,
        },
    )
}

fn keys() -> impl Strategy<Value = KeyRecord> {
    let role = prop::sample::select(Role::ALL.to_vec());
    ("[a-d]", role, text(), text(), 0_i64..4_000_000_000_000, option::of(retirement())).prop_map(
        |(id, role, label, digest, created, retired)| KeyRecord {
            id,
            role,
            label,
            digest,
            created_at: Timestamp::from_millisecond(created).unwrap(),
            retired,
        },
    )
}

fn reservations() -> impl Strategy<Value = ReservationRecord> {
    let channel = prop::sample::select(vec![Channel::Reservation, Channel::Phone]);
    let who = prop::sample::subsequence(vec![Booker::Oneself, Booker::Agent, Booker::Proxy], 0..=3);
    let lead = option::of((option::of(text()), option::of(text())));
    let place = (text(), text(), prop::bool::ANY, text(), channel);
    let serves = (texts(), texts(), texts());
    let kept = (text(), option::of(date()), 0_u32..9, option::of(retirement()));
    ("[a-d]", place, serves, who, lead, kept).prop_map(|(id, p, s, who, lead, k)| {
        ReservationRecord {
            portal: Portal {
                id,
                name: Localized { zh: p.0, en: String::new() },
                url: p.1,
                deep: p.2,
                channel: p.4,
                phone: p.3,
                categories: s.0,
                points: s.1,
                matters: s.2,
                who,
                lead: lead.map(|(min, max)| Lead { min, max }),
                status: LinkStatus::Ok,
                checked_at: k.1,
                source: k.0,
            },
            rank: k.2,
            retired: k.3,
        }
    })
}

fn schedules() -> impl Strategy<Value = ScheduleRecord> {
    let time =
        || (0_i64..4_000_000_000_000).prop_map(|ms| Timestamp::from_millisecond(ms).unwrap());
    let slot = (text(), time(), time(), option::of(0_u32..99))
        .prop_map(|(id, start, end, capacity)| Slot { id, start, end, capacity });
    let kept = (text(), option::of(text()), vec(slot, 0..4), time(), text());
    ("[a-d]", kept, option::of(retirement())).prop_map(|(id, k, retired)| ScheduleRecord {
        schedule: Schedule {
            id,
            point: k.0,
            matter: k.1,
            slots: k.2,
            observed_at: k.3,
            source: k.4,
        },
        retired,
    })
}

fn redrawings() -> impl Strategy<Value = RedrawingRecord> {
    let level = || prop::sample::select(Level::ALL.to_vec());
    let change =
        prop::sample::select(vec![BorderChange::New, BorderChange::Gone, BorderChange::Redrawn]);
    let redrawn =
        (text(), level(), change).prop_map(|(code, level, change)| Redrawn { code, level, change });
    let count = || 0..=u64::MAX;
    let flow = (level(), option::of(text()), option::of(text()), count(), count())
        .prop_map(|(level, from, to, points, tickets)| Flow { level, from, to, points, tickets });
    let time = (0_i64..4_000_000_000_000).prop_map(|ms| Timestamp::from_millisecond(ms).unwrap());
    let kept = (0_u64..99, date(), time, vec(redrawn, 0..4), vec(flow, 0..4), vec(text(), 0..4));
    ("[a-d]", kept, option::of(retirement())).prop_map(|(id, k, retired)| RedrawingRecord {
        redrawing: Redrawing {
            id,
            seq: k.0,
            day: k.1,
            at: k.2,
            divisions: k.3,
            points: k.0,
            tickets: k.0 + 1,
            flows: k.4,
            moved: k.5,
        },
        retired,
    })
}

fn releases() -> impl Strategy<Value = ReleaseRecord> {
    let time =
        || (0_i64..4_000_000_000_000).prop_map(|ms| Timestamp::from_millisecond(ms).unwrap());
    let cell = (0_u8..=22, 0_u32.., 0_u32.., 0_u64..).prop_map(ReleasedCell::from);
    let kept = (time(), time(), 0_u64.., 0_u32.., time(), vec(cell, 0..4), option::of(0_u64..));
    ("[a-d]", kept, option::of(retirement())).prop_map(|(id, k, retired)| ReleaseRecord {
        release: Release {
            id,
            begins: k.0,
            ends: k.1,
            k: k.2,
            method: k.3,
            seq: k.2 / 2,
            made_at: k.4,
            cells: k.5,
            elsewhere: k.6,
        },
        retired,
    })
}

/// A record of any single kind with every field drawn. There are few ids, so that histories
/// meet the same records again.
/// Days, and ids that are none.
fn days() -> impl Strategy<Value = DayRecord> {
    let kind = prop::sample::select(vec![Entry::Holiday, Entry::Workday]);
    let name = (text(), text()).prop_map(|(zh, en)| Localized { zh, en });
    ("[a-d]|2026-0[12]-0[1-4]", kind, name, option::of(retirement()))
        .prop_map(|(id, kind, name, retired)| DayRecord { id, kind, name, retired })
}

pub(crate) fn any() -> impl Strategy<Value = Record> {
    prop_oneof![
        points().prop_map(Record::Point),
        divisions().prop_map(Record::Division),
        keys().prop_map(Record::Key),
        reservations().prop_map(Record::Reservation),
        schedules().prop_map(Record::Schedule),
        redrawings().prop_map(Record::Redrawing),
        days().prop_map(Record::Day),
        releases().prop_map(Record::Release),
    ]
}

/// Batches of puts, and of retirements of what may or may not be there.
pub(crate) fn history() -> impl Strategy<Value = Vec<Batch>> {
    let retire = (prop::sample::select(Kind::SINGLE.to_vec()), "[a-d]", option::of(text()), text());
    let write = prop_oneof![
        4 => any().prop_map(|record| Write::Put(Box::new(record))),
        1 => retire.prop_map(|(kind, id, successor, reason)| Write::Retire {
            kind, id, successor, reason
        }),
    ];
    let batch = (text(), option::of(text()), vec(write, 0..4));
    vec(
        batch.prop_map(|(actor, import, writes)| Batch {
            actor,
            import,
            writes,
            ..Batch::default()
        }),
        1..8,
    )
}

/// All records as the change log alone tells them.
pub(crate) fn replayed(store: &dyn Store) -> Records {
    let mut records = Records::default();
    loop {
        let changes = store.changes(records.seq, 7).unwrap();
        if changes.is_empty() {
            return records;
        }
        for change in changes {
            assert_eq!(change.seq, records.seq + 1, "the log has no gaps");
            records.apply(change);
        }
    }
}
