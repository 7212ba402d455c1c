//! What a made-up hotline is asked for, and tickets drawn by it.
//!
//! A [`Profile`] says which kinds there are, how often, in which season and at which hour, and
//! how long each step takes; the places are those of a city. Everything follows from a seed.
//! Some [`HotSpot`]s are planted: many tickets of one kind around one place within some days,
//! for whoever wants to know whether an analysis finds them.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Random;
use crate::city::{
    City, Localized, LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps,
    TicketTexts,
};
use crate::geo::LonLat;
use crate::geo::distance::LocalPlane;

/// What the source of synthetic tickets is called, and how their ids begin.
pub const SOURCE: &str = "synthetic";
/// Places around which more happens than elsewhere.
const HEARTHS: usize = 400;
/// Of two tickets one is near a hearth.
const NEAR_HEARTH: f64 = 0.5;
/// How far tickets lie from their place, metres.
const SPREAD_M: f64 = 160.0;
/// Planted hot spots.
const HOT_SPOTS: usize = 12;
/// Of so many tickets one belongs to a hot spot.
const HOT_ONE_OF: u64 = 100;
/// How far the tickets of a hot spot lie from its middle, metres.
const HOT_RADIUS_M: f64 = 250.0;

/// What a made-up hotline is asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    hours: [f64; 24],
    weekdays: [f64; 7],
    channels: std::collections::BTreeMap<String, f64>,
    unplaced_one_of: usize,
    returned_one_of: usize,
    dispatched_h: f64,
    accepted_h: f64,
    surveyed_h: f64,
    #[serde(rename = "kind")]
    kinds: Vec<KindOfTicket>,
}

/// One kind of ticket.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindOfTicket {
    code: String,
    name: Option<Localized>,
    weight: f64,
    #[serde(default = "all_year")]
    months: [f64; 12],
    responded_h: f64,
    closed_h: f64,
    solved: f64,
}

/// What a kind of the shipped profile is called, for cities whose pack does not know it.
pub fn kind_name(code: &str) -> Option<&'static Localized> {
    static NAMES: LazyLock<HashMap<String, Localized>> = LazyLock::new(|| {
        let kinds = Profile::shipped().map(|profile| profile.kinds).unwrap_or_default();
        kinds.into_iter().filter_map(|kind| Some((kind.code, kind.name?))).collect()
    });
    NAMES.get(code)
}

const fn all_year() -> [f64; 12] {
    [1.0; 12]
}

/// A hot spot that was planted.
#[derive(Debug, Clone, Serialize)]
pub struct HotSpot {
    /// Code of the kind of its tickets.
    pub category: String,
    /// Its middle, WGS-84.
    pub middle: LonLat,
    /// How far its tickets lie from the middle at most, metres.
    pub radius_m: f64,
    /// The first of its days.
    pub from: Date,
    /// The day after its last.
    pub to: Date,
    /// How many tickets were planted, beside those that are there anyway.
    pub tickets: u64,
}

impl Profile {
    /// The profile that comes with the program.
    ///
    /// # Errors
    /// None, as long as the file in `data/generate` is one.
    pub fn shipped() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("../../../data/generate/hotline.toml"))
    }

    /// The codes of its kinds.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(|kind| kind.code.as_str())
    }

    /// What is wrong with it, if anything: weights that are no weights, nothing to draw from.
    pub fn fault(&self) -> Option<String> {
        let good = |list: &[f64]| {
            list.iter().all(|w| w.is_finite() && *w >= 0.0) && list.iter().sum::<f64>() > 0.0
        };
        let weights = |name: &str, list: &[f64]| {
            (!good(list)).then(|| format!("{name}: weights are 0 or more, and not all are 0"))
        };
        let channels: Vec<f64> = self.channels.values().copied().collect();
        let kinds: Vec<f64> = self.kinds.iter().map(|kind| kind.weight).collect();
        let lists = [
            ("hours", self.hours.as_slice()),
            ("weekdays", &self.weekdays),
            ("channels", &channels),
            ("kind.weight", &kinds),
        ];
        let months = self.kinds.iter().map(|kind| (kind.code.as_str(), kind.months.as_slice()));
        let bad = lists.into_iter().chain(months).find_map(|(name, list)| weights(name, list));
        let times = self.kinds.iter().flat_map(|kind| [kind.responded_h, kind.closed_h]);
        let mut times = times.chain([self.dispatched_h, self.accepted_h, self.surveyed_h]);
        let bad_time = times.any(|hours| !(0.0..=10_000.0).contains(&hours));
        let rare = self.unplaced_one_of == 0 || self.returned_one_of == 0;
        bad.or_else(|| bad_time.then(|| "hours of steps are from 0 to 10000".to_owned()))
            .or_else(|| rare.then(|| "one of 0 is nothing; 1 means all".to_owned()))
    }
}

/// Draws the tickets of a city.
pub struct Hotline<'a> {
    city: &'a City,
    profile: &'a Profile,
    seed: u64,
    count: u64,
    /// The first day, and the day after the last.
    days: [Date; 2],
    length: usize,
    kinds: Weighted,
    /// For each kind, its days.
    seasons: Vec<Weighted>,
    hours: Weighted,
    channels: (Vec<&'a str>, Weighted),
    hearths: (Vec<LonLat>, Weighted),
    hot: Vec<HotSpot>,
}

impl<'a> Hotline<'a> {
    /// A hotline of the city's places that gets so many tickets from the first day to the day
    /// before the last. A profile must have no [`Profile::fault`], and the city places.
    pub fn new(
        city: &'a City,
        profile: &'a Profile,
        seed: u64,
        count: u64,
        days: [Date; 2],
    ) -> Self {
        let mut random = Random(seed);
        let length = days[0].until(days[1]).map_or(1, |span| span.get_days().max(1)) as usize;
        let calendar: Vec<Date> = days[0].series(jiff::Span::new().days(1)).take(length).collect();
        let seasons = profile.kinds.iter().map(|kind| {
            Weighted::new(calendar.iter().map(|day| {
                let month = kind.months[day.month() as usize - 1];
                month * profile.weekdays[day.weekday().to_monday_zero_offset() as usize]
            }))
        });
        let seasons: Vec<Weighted> = seasons.collect();
        let place = |random: &mut Random| city.places[random.below(city.places.len())].location;
        let hearths: Vec<LonLat> = (0..HEARTHS).map(|_| place(&mut random)).collect();
        let mut hotline = Self {
            city,
            profile,
            seed,
            count,
            days,
            length,
            kinds: Weighted::new(profile.kinds.iter().map(|kind| kind.weight)),
            seasons,
            hours: Weighted::new(profile.hours.iter().copied()),
            channels: (
                profile.channels.keys().map(String::as_str).collect(),
                Weighted::new(profile.channels.values().copied()),
            ),
            // Zipf's law: the second has half of what the first has.
            hearths: (hearths, Weighted::new((1..=HEARTHS).map(|rank| 1.0 / rank as f64))),
            hot: Vec::new(),
        };
        hotline.plant(&mut random);
        hotline
    }

    fn plant(&mut self, random: &mut Random) {
        let hot = self.count / HOT_ONE_OF;
        for number in 0..HOT_SPOTS as u64 {
            let kind = self.kinds.draw(random);
            let from = self.seasons[kind].draw(random);
            let length = 4 + random.below(14);
            let day = |n: usize| self.days[0].saturating_add(jiff::Span::new().days(n as i64));
            let middle = self.city.places[random.below(self.city.places.len())].location;
            let share = hot / HOT_SPOTS as u64;
            let rest = u64::from(number < hot % HOT_SPOTS as u64);
            self.hot.push(HotSpot {
                category: self.profile.kinds[kind].code.clone(),
                middle,
                radius_m: HOT_RADIUS_M,
                from: day(from),
                to: day((from + length).min(self.length)),
                tickets: share + rest,
            });
        }
    }

    /// The hot spots that are planted.
    pub fn hot_spots(&self) -> &[HotSpot] {
        &self.hot
    }

    /// The ticket of a number below the count; the same for the same seed, whichever were
    /// drawn before. Its divisions are left open.
    pub fn ticket(&self, number: u64) -> (Ticket, TicketTexts) {
        let mut random = Random(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let hot = self.hot_spot_of(number);
        let kind = match hot {
            Some(spot) => self.profile.kinds.iter().position(|k| k.code == spot.category),
            None => None,
        };
        let kind = kind.unwrap_or_else(|| self.kinds.draw(&mut random));
        let day = match hot {
            Some(spot) => {
                let days = spot.from.until(spot.to).map_or(1, |span| span.get_days().max(1));
                let from = self.days[0].until(spot.from).map_or(0, |span| span.get_days());
                from as usize + random.below(days as usize)
            }
            None => self.seasons[kind].draw(&mut random),
        };
        let of = &self.profile.kinds[kind];
        let requested = self.time(day, &mut random);
        let location = match hot {
            Some(spot) => {
                Some(around(spot.middle, spot.radius_m * random.unit().sqrt(), &mut random))
            }
            None if random.below(self.profile.unplaced_one_of) == 0 => None,
            None => Some(self.place(&mut random)),
        };
        let (steps, status) = self.steps(requested, of, &mut random);
        let survey = steps.surveyed.map(|_| {
            let solved = random.unit() * 100.0 < of.solved;
            let satisfied = random.unit() < if solved { 0.92 } else { 0.3 };
            Survey { solved: Some(solved), satisfied: Some(satisfied) }
        });
        let ticket = Ticket {
            id: format!("{SOURCE}-{}-{number}", self.seed),
            category: of.code.clone(),
            channel: self.channels.0[self.channels.1.draw(&mut random)].to_owned(),
            status,
            location,
            located_by: location.map(|_| LocatedBy::Given),
            accuracy_m: None,
            divisions: TicketDivisions::default(),
            steps,
            survey: survey.unwrap_or_default(),
            source: SOURCE.to_owned(),
        };
        let description = Some(format!("synthetic: {}, ticket {number}", of.code));
        (ticket, TicketTexts { description, ..TicketTexts::default() })
    }

    /// The last tickets are those of the hot spots, one spot after the other.
    fn hot_spot_of(&self, number: u64) -> Option<&HotSpot> {
        let hot: u64 = self.hot.iter().map(|spot| spot.tickets).sum();
        let mut left = number.checked_sub(self.count - hot)?;
        self.hot.iter().find(|spot| {
            let here = left < spot.tickets;
            left = left.wrapping_sub(spot.tickets);
            here
        })
    }

    fn time(&self, day: usize, random: &mut Random) -> Timestamp {
        let day = self.days[0].saturating_add(jiff::Span::new().days(day as i64));
        let hour = self.hours.draw(random) as i8;
        let local: DateTime = day.at(hour, random.below(60) as i8, random.below(60) as i8, 0);
        self.city.zone.to_timestamp(local).unwrap_or_default()
    }

    fn place(&self, random: &mut Random) -> LonLat {
        let at = if random.unit() < NEAR_HEARTH {
            self.hearths.0[self.hearths.1.draw(random)]
        } else {
            self.city.places[random.below(self.city.places.len())].location
        };
        around(at, exponential(SPREAD_M, random), random)
    }

    /// Steps that lag; those that would be after the last day have not happened.
    fn steps(
        &self,
        requested: Timestamp,
        of: &KindOfTicket,
        random: &mut Random,
    ) -> (TicketSteps, TicketStatus) {
        let profile = self.profile;
        let midnight = self.days[1].at(0, 0, 0, 0);
        let end = self.city.zone.to_timestamp(midnight).unwrap_or(Timestamp::MAX);
        let mut steps = TicketSteps { requested, ..TicketSteps::default() };
        let mut at = requested;
        let mut after = |hours: f64, random: &mut Random| {
            let seconds = exponential(hours * 3600.0, random).min(1e9) as i64 + 1;
            at = at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
            (at < end).then_some(at)
        };
        let mut status = TicketStatus::Open;
        let Some(dispatched) = after(profile.dispatched_h, random) else { return (steps, status) };
        (steps.dispatched, status) = (Some(dispatched), TicketStatus::Dispatched);
        if random.below(profile.returned_one_of) == 0 {
            let Some(back) = after(profile.accepted_h, random) else { return (steps, status) };
            steps.returned.push(back);
            status = TicketStatus::Returned;
            let Some(again) = after(profile.dispatched_h, random) else { return (steps, status) };
            (steps.dispatched, status) = (Some(again), TicketStatus::Dispatched);
        }
        let Some(accepted) = after(profile.accepted_h, random) else { return (steps, status) };
        (steps.accepted, status) = (Some(accepted), TicketStatus::Accepted);
        let Some(responded) = after(of.responded_h, random) else { return (steps, status) };
        (steps.responded, status) = (Some(responded), TicketStatus::Responded);
        let Some(closed) = after(of.closed_h, random) else { return (steps, status) };
        (steps.closed, status) = (Some(closed), TicketStatus::Closed);
        steps.surveyed = after(profile.surveyed_h, random);
        (steps, status)
    }
}

/// A position so many metres from another, in any direction, to seven decimals.
fn around(at: LonLat, metres: f64, random: &mut Random) -> LonLat {
    let (east, north) = (random.unit() * std::f64::consts::TAU).sin_cos();
    let plane = LocalPlane::at(at);
    let p = plane.unproject(east * metres, north * metres);
    let round = |v: f64| (v * 1e7).round() / 1e7;
    LonLat::new(round(p.lon), round(p.lat))
}

/// A waiting time of this mean.
fn exponential(mean: f64, random: &mut Random) -> f64 {
    -mean * (1.0 - random.unit()).ln()
}

/// Numbers drawn by their weights.
struct Weighted(Vec<f64>);

impl Weighted {
    fn new(weights: impl Iterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let up_to = weights.map(|weight| {
            sum += weight;
            sum
        });
        Self(up_to.collect())
    }

    fn draw(&self, random: &mut Random) -> usize {
        let all = self.0.last().copied().unwrap_or(0.0);
        let at = random.unit() * all;
        self.0.partition_point(|up_to| *up_to <= at).min(self.0.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests;
