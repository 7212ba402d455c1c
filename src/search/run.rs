//! One question with a text, from its senses to its hits.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::admit::Admission;
use super::gather::Gathered;
use super::highlight::highlight;
use super::matching::{Match, Matcher, Mode as Matching, Shape, find};
use super::rank::{
    BEGUN_OTHERWISE, BY_LETTERS, GOOD, HANDLES, INSIDE, INSIDE_NAMED, MATTER_BY_LETTERS,
    MATTER_INSIDE, NUMBERED_DIVISION, SPEAKS, SURROUNDS, Score, WEIGHTS, dropped, quality, score,
};
use super::understand::{Parsed, Script, Sense, lies_within};
use super::{Accuracy, Hit, HitKind, MAX_SIZE, MatchType, Mode, Query, accuracy_of, gid};
use crate::city::hours::State;
use crate::geo::LonLat;
use crate::geo::distance::{LocalPlane, geodesic};
use crate::index::text::address::Dropped;
use crate::index::text::forms::numbered;
use crate::index::text::{Entry, Grade, Kind};
use crate::index::{PointFilter, Snapshot};

/// Characters from which forgiving steps are tried while a word is being typed: before,
/// whatever is found would jump away with the next letter.
const FORGIVING_FROM: usize = 4;
/// The same where nothing else is found: an empty list between two full ones jumps more.
const FORGIVING_EMPTY_FROM: usize = 3;
/// Characters from which a text is taken by its sound: two syllables sound like too much.
const SPOKEN_FROM: usize = 3;
/// Quality of a matter from which its points follow it.
const FOLLOWED: f32 = 0.35;
/// A point that follows a matter has at most this share of the matter's score.
const BELOW: f32 = 0.99;
/// Hits for which it is worked out whether they are open; some microseconds each.
const ASKED_OPEN: usize = 60;

/// A document that matches.
#[derive(Debug, Clone, Copy)]
struct Found {
    quality: f32,
    matched: Match,
    sense: usize,
}

/// What is kept while a question is answered.
struct Run<'a> {
    s: &'a Snapshot,
    query: &'a Query,
    parsed: &'a Parsed,
    matcher: Matcher,
    found: HashMap<u32, Found>,
    /// The district in which the person stands.
    here: Option<u32>,
    /// Whether a name begins with the whole text, or is it.
    begun: bool,
}

/// The hits of a question with a text.
pub(super) fn hits(s: &Snapshot, query: &Query, parsed: &Parsed) -> Vec<Hit> {
    let admission = Admission::new(s, query);
    let admit = |entry: &Entry| admission.takes_part(entry);
    let mut gathered = Gathered::new(&s.text, query.focus, &admit);
    let here = query.focus.and_then(|at| s.divisions.covering(at)[0]);
    let (matcher, found) = (Matcher::default(), HashMap::new());
    let mut run = Run { s, query, parsed, matcher, found, here, begun: false };
    for (i, sense) in parsed.senses.iter().enumerate() {
        gathered.restart();
        gathered.strict(sense);
        run.judge(i, sense, &gathered.docs, Matching::Strict);
    }
    if run.may_forgive() {
        run.forgive(&mut gathered, &admit);
    }
    run.into_hits(&admission)
}

impl Run<'_> {
    fn best(&self) -> f32 {
        self.found.values().map(|f| f.quality).fold(0.0, f32::max)
    }

    fn may_forgive(&self) -> bool {
        let typed = self.parsed.senses.first().map_or(0, |s| s.chars.len());
        let from = if self.found.is_empty() { FORGIVING_EMPTY_FROM } else { FORGIVING_FROM };
        self.best() < GOOD && (self.query.mode == Mode::Search || typed >= from)
    }

    /// The steps after the strict one, until something good is found.
    fn forgive(&mut self, gathered: &mut Gathered<'_>, admit: &dyn Fn(&Entry) -> bool) {
        let senses = &self.parsed.senses;
        for (i, sense) in senses.iter().enumerate() {
            gathered.restart();
            if sense.script == Script::Latin {
                gathered.gaps(sense);
                self.judge(i, sense, &gathered.docs, Matching::Strict);
            } else {
                gathered.slips(sense);
                self.judge(i, sense, &gathered.docs, Matching::Slips);
                // A slip that sounds right is likelier than one that does not, so both
                // are tried before one is taken.
                self.sounds(i, sense, gathered);
            }
        }
        if self.best() < GOOD {
            self.loosely(gathered, admit);
            self.lower_surroundings();
        }
    }

    /// The steps in which the text says more than is used of it.
    fn loosely(&mut self, gathered: &mut Gathered<'_>, admit: &dyn Fn(&Entry) -> bool) {
        for (i, sense) in self.parsed.senses.iter().enumerate() {
            gathered.restart();
            gathered.loose(sense);
            self.judge(i, sense, &gathered.docs, Matching::Loose);
            if sense.script == Script::Literal && sense.dropped == Dropped::Nothing {
                self.topics(i, sense, admit);
            }
        }
    }

    /// Where a text names a division and something in it, and says more than both, the
    /// division only says where.
    fn lower_surroundings(&mut self) {
        let text = &self.s.text;
        let contained = self.found.iter().filter(|(_, f)| f.matched.shape == Shape::Contains);
        let placed: Vec<(u32, usize, Range<usize>)> = contained
            .filter_map(|(&doc, f)| {
                let said = &self.parsed.senses[f.sense].numbered;
                let names = text.forms(doc).filter_map(|(_, form)| {
                    let form: Vec<char> = form.chars().filter(|c| *c != ' ').collect();
                    let form = numbered(&form);
                    find(said, &form, 0).map(|at| at..at + form.len())
                });
                Some((doc, f.sense, names.max_by_key(Range::len)?))
            })
            .collect();
        // The divisions inside which something was found.
        let senses = self.found.values().filter_map(|f| self.parsed.senses.get(f.sense));
        let within: HashSet<u32> =
            senses.flat_map(|sense| sense.within.iter().flatten().copied()).collect();
        let is_around = |doc: u32, sense: usize, range: &Range<usize>| {
            let division = text.entry(doc).number;
            // Or both are named by the text, one beside the other.
            within.contains(&division)
                || placed.iter().any(|(other, of, name)| {
                    let apart = name.start >= range.end || name.end <= range.start;
                    apart && *of == sense && text.entry(*other).divisions.contains(&Some(division))
                })
        };
        for (doc, sense, range) in &placed {
            if text.entry(*doc).kind == Kind::Division
                && is_around(*doc, *sense, range)
                && let Some(found) = self.found.get_mut(doc)
            {
                found.quality *= SURROUNDS;
            }
        }
    }

    /// The matters that the text speaks of.
    fn topics(&mut self, i: usize, sense: &Sense, admit: &dyn Fn(&Entry) -> bool) {
        for (doc, score) in self.s.text.topics(&sense.numbered, SPEAKS).into_iter().take(MAX_SIZE) {
            if admit(self.s.text.entry(doc)) {
                let (shape, grade) = (Shape::Speaks, Grade::Name);
                let matched = Match { shape, grade, coverage: score, fullness: 1.0, begun: 0 };
                self.keep(doc, i, sense, quality(&matched), matched);
            }
        }
    }

    fn judge(&mut self, i: usize, sense: &Sense, docs: &[u32], mode: Matching) {
        for &doc in docs {
            // Where the district is said, or stood in, a name without it is the whole name.
            let district = self.s.text.entry(doc).divisions[0];
            let local = !sense.within.is_empty() || (self.here.is_some() && district == self.here);
            let best = self
                .s
                .text
                .forms(doc)
                .filter_map(|form| self.matcher.of(sense, mode, form, self.s.text.readings()))
                .map(|m| {
                    let grade =
                        if local && m.grade == Grade::Local { Grade::Derived } else { m.grade };
                    (quality(&Match { grade, ..m }), m)
                })
                .max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((quality, matched)) = best {
                self.keep(doc, i, sense, quality, matched);
            }
        }
    }

    fn keep(&mut self, doc: u32, i: usize, sense: &Sense, quality: f32, matched: Match) {
        let kind = self.s.text.entry(doc).kind;
        let is_matter = kind == Kind::Matter;
        let mut share = dropped(sense.dropped);
        let is_beginning = matched.shape <= Shape::Prefix;
        match sense.dropped {
            // The whole text is the first sense, so whether it begins a name is known.
            Dropped::Nothing => self.begun |= is_beginning && sense.within.is_empty(),
            Dropped::Near | Dropped::Numbers(_) | Dropped::Street(_)
                if self.begun && self.query.mode == Mode::Autocomplete =>
            {
                share *= BEGUN_OTHERWISE;
            }
            _ => {}
        }
        if !sense.within.is_empty() {
            share *= match (is_matter, matched.grade) {
                (true, _) => INSIDE * MATTER_INSIDE,
                (false, Grade::Local) => INSIDE_NAMED,
                (false, _) => INSIDE,
            };
        }
        if kind == Kind::Division && matches!(sense.dropped, Dropped::Numbers(_)) {
            share *= NUMBERED_DIVISION;
        }
        if is_matter && matched.fullness < BY_LETTERS {
            share *= MATTER_BY_LETTERS;
        }
        let new = Found { quality: quality * share, matched, sense: i };
        let known = self.found.entry(doc).or_insert(new);
        if new.quality > known.quality {
            *known = new;
        }
    }

    /// Takes a text of ideographs by its sound.
    fn sounds(&mut self, i: usize, sense: &Sense, gathered: &mut Gathered<'_>) {
        if sense.script != Script::Literal || sense.chars.len() < SPOKEN_FROM {
            return;
        }
        let readings = self.s.text.readings();
        let mut choices = Vec::new();
        readings.of(&sense.chars, &mut choices);
        let syllables: Vec<&str> =
            choices.iter().filter_map(|c| c.as_slice().first().copied()).collect();
        if syllables.len() < sense.chars.len() {
            return;
        }
        gathered.restart();
        gathered.sounds(&syllables, &sense.within);
        let mut spoken = Sense {
            script: Script::Latin,
            chars: Vec::new(),
            numbered: Vec::new(),
            starts: Vec::new(),
            words: Vec::new(),
            within: sense.within.clone(),
            dropped: sense.dropped,
        };
        for syllable in syllables {
            spoken.starts.extend((0..syllable.len()).map(|k| k == 0));
            spoken.chars.extend(syllable.chars());
        }
        for &doc in &gathered.docs {
            let forms = self.s.text.forms(doc);
            let best = forms
                .filter_map(|form| self.matcher.sounds(&spoken, form, readings))
                .map(|m| (quality(&m), m))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((quality, matched)) = best {
                self.keep(doc, i, sense, quality, matched);
            }
        }
    }

    fn into_hits(mut self, admission: &Admission<'_>) -> Vec<Hit> {
        let size = self.query.size.min(MAX_SIZE);
        let plane = self.query.focus.map(LocalPlane::at);
        let metres = |entry: &Entry| {
            let at = entry.location?;
            let (x, y) = plane?.project(at.lon, at.lat);
            Some(x.hypot(y))
        };
        let mut scored: Vec<(u32, Score)> = self
            .found
            .iter()
            .filter(|(doc, _)| admission.shown(self.s.text.entry(**doc)))
            .map(|(&doc, found)| {
                let entry = self.s.text.entry(doc);
                let mut score = score(found.quality, entry.importance, entry.kind, metres(entry));
                if entry.kind == Kind::Point && self.s.points.facts(entry.number).bookable {
                    score.bookable = WEIGHTS.bookable;
                }
                (doc, score)
            })
            .collect();
        let followers = self.followers(admission, size);
        self.sort(&mut scored);
        self.prefer_open(&mut scored);
        let mut hits: Vec<Hit> =
            scored.iter().take(size).map(|(doc, score)| self.hit(*doc, *score)).collect();
        for hit in followers {
            if !hits.iter().any(|h| h.kind == hit.kind) {
                hits.push(hit);
            }
        }
        hits.sort_by(|a, b| b.score.total().total_cmp(&a.score.total()));
        hits.truncate(size);
        self.found.clear();
        hits
    }

    fn prefer_open(&self, scored: &mut [(u32, Score)]) {
        let Some(now) = self.query.now else { return };
        let first = scored.len().min(ASKED_OPEN);
        for (doc, score) in &mut scored[..first] {
            let entry = self.s.text.entry(*doc);
            if entry.kind != Kind::Point {
                continue;
            }
            let hours = self.s.city.points[entry.number as usize].hours.as_ref();
            if hours.is_some_and(|h| h.opening(&self.s.city.calendar, now).state == State::Open) {
                score.open = WEIGHTS.open;
            }
        }
        self.sort(&mut scored[..first]);
    }

    /// Highest score first; between equals the more important document, so that the same
    /// question always has the same answer.
    fn sort(&self, scored: &mut [(u32, Score)]) {
        scored.sort_by(|a, b| {
            let order = b.1.total().total_cmp(&a.1.total());
            order.then_with(|| self.s.text.precedence(a.0, b.0))
        });
    }

    fn hit(&self, doc: u32, score: Score) -> Hit {
        let entry = self.s.text.entry(doc);
        let kind = HitKind::from(entry);
        let found = self.found.get(&doc);
        let forgiven = found.is_some_and(|f| {
            let dropped = self.parsed.senses.get(f.sense).map(|sense| sense.dropped);
            let said = [Dropped::Nothing, Dropped::City, Dropped::Kind];
            f.matched.shape >= Shape::Sound || dropped.is_some_and(|d| !said.contains(&d))
        });
        let highlight = found
            .and_then(|f| Some((self.parsed.senses.get(f.sense)?, gid::names(self.s, kind)?)))
            .map(|(sense, name)| {
                highlight(sense, name.get(self.query.lang), self.s.text.readings())
            });
        let points = match kind {
            HitKind::Matter(_) => Some(self.s.points.count_of_matter(gid::id(self.s, kind))),
            _ => None,
        };
        Hit {
            kind,
            layer: gid::layer(self.s, kind),
            confidence: found.map_or(0.0, |f| f.quality.clamp(0.0, 1.0)),
            match_type: if forgiven { MatchType::Fallback } else { MatchType::Exact },
            accuracy: accuracy_of(self.s, kind),
            location: entry.location.or_else(|| self.somewhere(kind)),
            distance_m: self.query.focus.zip(entry.location).map(|(a, b)| geodesic(a, b)),
            highlight: highlight.unwrap_or_default(),
            matched: found.map(|f| f.matched),
            because: None,
            points,
            score,
        }
    }

    /// Where a matter is shown, which is nowhere itself: at the nearest point that handles
    /// it, or in the middle of the city. Clients of Pelias fail without a position.
    fn somewhere(&self, kind: HitKind) -> Option<LonLat> {
        let HitKind::Matter(_) = kind else { return None };
        let service = Some(gid::id(self.s, kind).to_owned());
        let filter = PointFilter { service, ..PointFilter::default() };
        let selection = self.s.points.select(&self.s.city, &filter);
        let middle = self.s.city.manifest.center();
        let from = self.query.focus.unwrap_or(middle);
        let nearest = self.s.points.nearest(from, &selection).next();
        Some(nearest.map_or(middle, |(point, _)| self.s.points.facts(point).location))
    }

    /// The points that handle the matter that matches best.
    fn followers(&self, admission: &Admission<'_>, size: usize) -> Vec<Hit> {
        let matters =
            self.found.iter().filter(|(d, _)| self.s.text.entry(**d).kind == Kind::Matter);
        // Between equals the lower number, so that the answer is the same every time.
        let best = matters
            .max_by(|a, b| a.1.quality.total_cmp(&b.1.quality).then(b.0.cmp(a.0)))
            .filter(|(_, f)| f.quality >= FOLLOWED);
        let Some((doc, found)) = best else { return Vec::new() };
        let entry = self.s.text.entry(*doc);
        let ceiling = score(found.quality, entry.importance, entry.kind, None).total();
        let matter = entry.number as usize;
        let code = gid::id(self.s, HitKind::Matter(matter)).to_owned();
        let within: &[_] = self.parsed.senses.get(found.sense).map_or(&[], |s| &s.within);
        let filter = PointFilter { service: Some(code), ..PointFilter::default() };
        let mut selection = self.s.points.select(&self.s.city, &filter);
        if let (Some(bits), Some(admitted)) = (&mut selection, &admission.points) {
            bits.intersect_with(admitted);
        }
        let inside = |point: &u32| {
            lies_within(within, self.s.points.facts(*point).divisions) && admission.point(*point)
        };
        let from = self.query.focus.unwrap_or_else(|| self.s.city.manifest.center());
        let near = self.s.points.nearest(from, &selection);
        let hits = near.filter(|(point, _)| inside(point)).take(size);
        hits.map(|(point, metres)| self.follower(point, metres, matter, found.quality, ceiling))
            .collect()
    }

    /// A point that handles `matter`; it stays below the matter's own score, `ceiling`.
    fn follower(&self, point: u32, metres: f64, matter: usize, of: f32, ceiling: f32) -> Hit {
        let category = &self.s.city.points[point as usize].category;
        let importance = self.s.city.categories.get(category).map_or(0.0, |c| c.importance);
        let quality = of * HANDLES;
        let distance_m = self.query.focus.map(|_| metres);
        let mut score = score(quality, importance, Kind::Point, distance_m);
        if self.s.points.facts(point).bookable {
            score.bookable = WEIGHTS.bookable;
        }
        score.text -= (score.total() - ceiling * BELOW).max(0.0);
        Hit {
            kind: HitKind::Point(point),
            layer: gid::VENUE,
            confidence: quality,
            match_type: MatchType::Exact,
            accuracy: Accuracy::Point,
            location: Some(self.s.points.facts(point).location),
            distance_m,
            highlight: Vec::new(),
            matched: None,
            because: Some(matter),
            points: None,
            score,
        }
    }
}
