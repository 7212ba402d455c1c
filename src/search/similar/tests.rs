use super::*;
use crate::city::synthetic::hotline::{Hotline, Profile};
use crate::city::{City, RepeatKind, Repeats, Survey, TicketDivisions, TicketSteps};
use crate::index::TicketIndex;
use crate::search::fixture;
use crate::store::{Filed, TicketRecord};

const NOW: &str = "2026-06-30T12:00:00Z";
const HERE: LonLat = LonLat::new(116.4, 39.9);

/// So many metres north of [`HERE`].
fn north(metres: f64) -> LonLat {
    LonLat::new(HERE.lon, HERE.lat + metres / 111_035.0)
}

fn days_ago(days: i64) -> Timestamp {
    NOW.parse::<Timestamp>().unwrap() - (days * 24).hours()
}

fn ticket(category: &str, at: LonLat, filed: i64, closed: Option<i64>) -> Ticket {
    Ticket {
        id: format!("{category} {filed}"),
        category: category.into(),
        channel: "phone".into(),
        status: if closed.is_some() { TicketStatus::Closed } else { TicketStatus::Open },
        location: Some(at),
        located_by: None,
        accuracy_m: None,
        divisions: TicketDivisions::default(),
        steps: TicketSteps {
            requested: days_ago(filed),
            closed: closed.map(days_ago),
            ..TicketSteps::default()
        },
        survey: Survey::default(),
        source: "test".into(),
    }
}

/// A snapshot with tickets and rules, and what is kept of the tickets, by their numbers.
struct Desk {
    snapshot: Snapshot,
    kept: Vec<(Ticket, TicketTexts)>,
}

impl Desk {
    fn new(city: City, kept: Vec<(Ticket, TicketTexts)>) -> Self {
        let filed = kept.iter().zip(1..).map(|((ticket, _), number)| Filed {
            number,
            before: 0,
            record: TicketRecord::from(ticket.clone()),
        });
        let filed: Vec<Filed> = filed.collect();
        let tickets = TicketIndex::default().next(&filed, 1);
        let snapshot = Snapshot::build(city).with_tickets(tickets.into());
        Self { snapshot, kept }
    }

    /// What is found, with why, the surest first.
    fn ask(&self, report: &Report<'_>) -> Vec<(&Ticket, Similar)> {
        let numbers = candidates(&self.snapshot, report);
        let kept: Vec<_> = numbers.iter().map(|n| &self.kept[*n as usize - 1]).collect();
        let known: Vec<Known<'_>> =
            kept.iter().map(|(ticket, texts)| Known { ticket, texts }).collect();
        let found = judge(&self.snapshot, report, &known, None);
        found.into_iter().map(|similar| (known[similar.place].ticket, similar)).collect()
    }

    fn ids(&self, report: &Report<'_>) -> Vec<&str> {
        self.ask(report).into_iter().map(|(ticket, _)| ticket.id.as_str()).collect()
    }
}

fn city() -> City {
    let kind = |codes: &[&str], radius_m: f64| RepeatKind {
        codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        radius_m: Some(radius_m),
        ..RepeatKind::default()
    };
    City {
        repeats: Repeats {
            radius_m: 200.0,
            recent_days: 30,
            kinds: vec![kind(&["pothole", "manhole"], 100.0), kind(&["noise"], 300.0)],
        },
        ..fixture::snapshot().city
    }
}

fn report<'a>(category: Option<&'a str>, text: Option<&'a str>) -> Report<'a> {
    let now = NOW.parse().unwrap();
    Report { at: HERE, category, text, radius_m: None, now }
}

fn silent(ticket: Ticket) -> (Ticket, TicketTexts) {
    (ticket, TicketTexts::default())
}

#[test]
fn the_kind_says_how_near_and_how_lately_and_who_is_related() {
    let desk = Desk::new(
        city(),
        vec![
            silent(ticket("pothole", north(90.0), 400, None)),
            silent(ticket("pothole", north(110.0), 1, None)),
            silent(ticket("pothole", north(20.0), 40, Some(29))),
            silent(ticket("pothole", north(20.0), 41, Some(31))),
            silent(ticket("manhole", north(20.0), 2, None)),
            silent(ticket("noise", north(20.0), 3, None)),
            silent(ticket("noise", north(290.0), 4, None)),
            silent(ticket("lamp", north(190.0), 5, None)),
            silent(ticket("lamp", north(210.0), 6, None)),
        ],
    );
    assert_eq!(
        desk.ids(&report(Some("pothole"), None)),
        ["pothole 40", "pothole 400", "manhole 2"]
    );
    assert_eq!(desk.ids(&report(Some("noise"), None)), ["noise 3", "noise 4"]);
    assert_eq!(desk.ids(&report(Some("lamp"), None)), ["lamp 5"]);
    let wide = Report { radius_m: Some(250.0), ..report(Some("lamp"), None) };
    assert_eq!(desk.ids(&wide), ["lamp 5", "lamp 6"]);
    // Nobody says of what kind: each reaches as far as its own.
    let near = desk.ids(&report(None, None));
    assert_eq!(near.len(), 6, "{near:?}");
    assert!(!near.contains(&"pothole 1") && near.contains(&"noise 4"), "{near:?}");
    let found = desk.ask(&report(Some("pothole"), None));
    assert_eq!(found[2].1.kin, Some(Kin::Near));
    assert!(found.iter().all(|(_, similar)| (0.0..=1.0).contains(&similar.score)));
}

#[test]
fn like_words_find_what_was_filed_under_another_kind() {
    let said = |ticket: Ticket, text: &str| {
        (ticket, TicketTexts { description: Some(text.into()), ..TicketTexts::default() })
    };
    let desk = Desk::new(
        city(),
        vec![
            said(ticket("lamp", north(50.0), 1, None), "小区门口路面塌陷有大坑，请尽快修"),
            said(ticket("lamp", north(50.0), 2, None), "路灯整夜不亮"),
            said(ticket("pothole", north(50.0), 3, None), "井盖丢失"),
        ],
    );
    let text = Some("门口路面塌陷，有个大坑");
    assert_eq!(desk.ids(&report(Some("pothole"), text)), ["pothole 3", "lamp 1"]);
    let found = desk.ask(&report(None, text));
    assert_eq!(found.iter().map(|(t, _)| t.id.as_str()).collect::<Vec<_>>(), ["lamp 1"]);
    assert!(found[0].1.words > 0.6, "{:?}", found[0].1);
    for nothing in ["", "，", "无关的话"] {
        let found = desk.ids(&report(Some("pothole"), Some(nothing)));
        assert_eq!(found, ["pothole 3"], "{nothing}");
    }
}

/// A ticket as it was at a time.
fn as_of(mut ticket: Ticket, now: Timestamp) -> Option<Ticket> {
    let steps = &mut ticket.steps;
    if steps.requested > now {
        return None;
    }
    for step in
        [&mut steps.dispatched, &mut steps.accepted, &mut steps.responded, &mut steps.closed]
    {
        *step = step.filter(|at| *at <= now);
    }
    ticket.status = if steps.closed.is_some() { TicketStatus::Closed } else { TicketStatus::Open };
    Some(ticket)
}

/// Somebody calls from each of the planted hot spots on its last day: what was reported there
/// before is found, whether it is still open or was closed meanwhile, and little else.
#[test]
fn planted_repeats_are_found_on_the_day_after_the_last() {
    let pack = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/beijing");
    let city = crate::city::load(&pack).unwrap();
    let profile = Profile::shipped().unwrap();
    let days = [jiff::civil::date(2026, 1, 1), jiff::civil::date(2026, 7, 1)];
    let hotline = Hotline::new(&city, &profile, 7, 20_000, days);
    let all: Vec<(Ticket, TicketTexts)> = (0..20_000).map(|n| hotline.ticket(n)).collect();
    let desk = Desk::new(City { points: Vec::new(), ..city.clone() }, Vec::new());
    let midnight = |day: jiff::civil::Date| city.zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap();
    let (mut planted, mut found, mut near, mut given) = (0, 0, 0, 0);
    for spot in hotline.hot_spots() {
        let end = midnight(spot.to);
        let kept: Vec<_> = all
            .iter()
            .filter_map(|(ticket, texts)| Some((as_of(ticket.clone(), end)?, texts.clone())))
            .collect();
        let filed = kept.iter().zip(1..).map(|((ticket, _), number)| Filed {
            number,
            before: 0,
            record: TicketRecord::from(ticket.clone()),
        });
        let tickets = TicketIndex::default().next(&filed.collect::<Vec<_>>(), 1);
        let desk = Desk { snapshot: desk.snapshot.with_tickets(tickets.into()), kept };
        let report = Report {
            at: spot.middle,
            category: Some(&spot.category),
            text: None,
            radius_m: None,
            now: end,
        };
        let reach = radius(&desk.snapshot, &report).unwrap();
        let is_of_spot = |ticket: &Ticket| {
            ticket.category == spot.category
                && ticket.steps.requested >= midnight(spot.from)
                && ticket.location.is_some_and(|at| geodesic(spot.middle, at) <= spot.radius_m)
        };
        let within = |ticket: &&Ticket| {
            is_of_spot(ticket)
                && ticket.location.is_some_and(|at| geodesic(spot.middle, at) <= reach)
        };
        planted += desk.kept.iter().map(|(ticket, _)| ticket).filter(within).count();
        let answer = desk.ask(&report);
        found += answer.iter().map(|(ticket, _)| *ticket).filter(within).count();
        let first = answer.iter().take(5);
        given += first.len();
        near += first.filter(|(ticket, _)| is_of_spot(ticket)).count();
    }
    let share = |part: usize, of: usize| part as f64 / of as f64;
    let (recall, precision) = (share(found, planted), share(near, given));
    assert!(planted >= 50, "{planted}");
    assert!(recall >= 0.95, "recall {recall:.3} of {planted}");
    assert!(precision >= 0.7, "precision of the first five {precision:.3} of {given}");
}
