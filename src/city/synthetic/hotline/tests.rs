use std::collections::HashMap;

use jiff::civil::date;

use super::super::{Plan, city, places};
use super::*;
use crate::geo::Bounds;
use crate::geo::distance::geodesic;

const DAYS: [Date; 2] = [date(2023, 11, 1), date(2026, 11, 1)];
const COUNT: u64 = 40_000;

fn small_city() -> City {
    let plan = Plan {
        seed: 3,
        side: 12,
        steps: 3,
        communities: 40,
        townships: 8,
        districts: 3,
        bits: Some(20),
    };
    let mut city = city(&plan);
    let bounds: Bounds = city.manifest.bounds;
    city.places = places(3000, 1, bounds);
    city
}

#[test]
fn the_shipped_profile_has_no_fault_and_a_bad_one_is_named() {
    let profile = Profile::shipped().unwrap();
    assert_eq!(profile.fault(), None);
    for (bad, named) in [
        (Profile { hours: [0.0; 24], ..profile.clone() }, "hours"),
        (Profile { weekdays: [-1.0; 7], ..profile.clone() }, "weekdays"),
        (Profile { kinds: Vec::new(), ..profile.clone() }, "kind.weight"),
        (Profile { accepted_h: f64::NAN, ..profile.clone() }, "hours of steps"),
        (Profile { returned_one_of: 0, ..profile.clone() }, "one of 0"),
    ] {
        assert!(bad.fault().unwrap().contains(named), "{:?}", bad.fault());
    }
}

#[test]
fn a_seed_gives_the_same_tickets_and_another_one_others() {
    let (city, profile) = (small_city(), Profile::shipped().unwrap());
    let hotline = |seed| Hotline::new(&city, &profile, seed, COUNT, DAYS);
    let (one, same, other) = (hotline(1), hotline(1), hotline(2));
    for number in [0, 17, COUNT - 1] {
        assert_eq!(one.ticket(number), same.ticket(number));
        assert_ne!(one.ticket(number).0.steps, other.ticket(number).0.steps);
    }
}

#[test]
fn tickets_have_seasons_hours_and_steps_in_order_and_say_that_they_are_synthetic() {
    let (city, profile) = (small_city(), Profile::shipped().unwrap());
    let hotline = Hotline::new(&city, &profile, 1, COUNT, DAYS);
    let end = city.zone.to_timestamp(DAYS[1].at(0, 0, 0, 0)).unwrap();
    let mut hours = [0; 24];
    let mut kinds: HashMap<String, u64> = HashMap::new();
    let (mut closed, mut unplaced) = (0, 0);
    for (ticket, texts) in (0..COUNT).map(|number| hotline.ticket(number)) {
        assert!(ticket.id.starts_with("synthetic-1-") && ticket.source == "synthetic");
        assert!(texts.description.unwrap().starts_with("synthetic"));
        let local = city.zone.to_datetime(ticket.steps.requested);
        assert!(DAYS[0] <= local.date() && local.date() < DAYS[1], "{local}");
        hours[local.hour() as usize] += 1;
        let in_order = [
            Some(ticket.steps.requested),
            ticket.steps.dispatched,
            ticket.steps.accepted,
            ticket.steps.responded,
            ticket.steps.closed,
            ticket.steps.surveyed,
        ];
        assert!(in_order.into_iter().flatten().is_sorted());
        assert!(in_order.into_iter().flatten().skip(1).all(|at| at < end));
        let known = in_order.iter().take_while(|at| at.is_some()).count();
        assert!(in_order[known..].iter().all(Option::is_none), "no step is left out");
        closed += u64::from(ticket.status == TicketStatus::Closed);
        unplaced += u64::from(ticket.location.is_none());
        if ticket.category == "heating" {
            assert!(!(5..=9).contains(&local.month()), "nobody asks for heating in {local}");
        }
        *kinds.entry(ticket.category).or_default() += 1;
    }
    assert!(hours[10] > 5 * hours[3], "{hours:?}");
    assert!(closed > COUNT * 9 / 10, "{closed}");
    assert!((COUNT / 24..COUNT / 12).contains(&unplaced), "{unplaced}");
    assert!(kinds.len() > 15 && kinds["noise"] > 50 * kinds["signs"], "{kinds:?}");
}

#[test]
fn hot_spots_hold_as_many_tickets_of_their_kind_as_they_say() {
    let (city, profile) = (small_city(), Profile::shipped().unwrap());
    let hotline = Hotline::new(&city, &profile, 5, COUNT, DAYS);
    let all: Vec<Ticket> = (0..COUNT).map(|number| hotline.ticket(number).0).collect();
    let planted: u64 = hotline.hot_spots().iter().map(|spot| spot.tickets).sum();
    assert_eq!(planted, COUNT / 100);
    for spot in hotline.hot_spots() {
        let inside = |ticket: &&Ticket| {
            let day = city.zone.to_datetime(ticket.steps.requested).date();
            ticket.category == spot.category
                && (spot.from..spot.to).contains(&day)
                && ticket.location.is_some_and(|at| geodesic(at, spot.middle) < spot.radius_m + 1.0)
        };
        let found = all.iter().filter(inside).count() as u64;
        assert!(found >= spot.tickets, "{spot:?}: {found}");
        let before = all.iter().filter(|ticket| {
            let day = city.zone.to_datetime(ticket.steps.requested).date();
            ticket.category == spot.category
                && day < spot.from
                && ticket.location.is_some_and(|at| geodesic(at, spot.middle) < spot.radius_m)
        });
        assert!((before.count() as u64) < spot.tickets * 3, "it stands out: {spot:?}");
    }
}
