//! Search in the dialect of Pelias, so that its clients work unchanged.

use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;

use super::answer::point_geometry;
use super::caller::Asked;
use super::params::Params;
use super::point_view::{local_now, opening};
use super::points;
use super::problem::Problem;
use crate::city::{City, Lang, Level, Quality};
use crate::geo::{Bounds, Datum};
use crate::search::{self, Hit, HitKind, Mode, Query};

/// Hits unless the caller asks for more or fewer.
const DEFAULT_SIZE: usize = 10;
/// Largest circle, kilometres.
const MAX_RADIUS_KM: f64 = 200.0;
/// What can be asked for with `layers`.
const LAYERS: [&str; 9] = [
    "venue",
    "address",
    "street",
    "transit",
    "water",
    "neighbourhood",
    "localadmin",
    "county",
    "matter",
];
/// Pelias' word for all divisions.
const COARSE: &str = "coarse";

/// What to say of hits.
struct Shown<'a> {
    asked: &'a Asked,
    lang: Lang,
    crs: Datum,
    explain: bool,
}

/// The parameters of a question, as the description of the interface lists them. They
/// are read one by one in [`query`], so that every bad one is named.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters")]
struct SearchParameters {
    /// What was typed: Chinese, pinyin, initials, or a mixture; may be left out where a category, a service or a focus is given.
    text: Option<String>,
    /// 1 to 40, default 10.
    size: Option<usize>,
    /// zh or en.
    lang: Option<String>,
    /// Datum of all coordinates: wgs84, cgcs2000, gcj02, bd09.
    crs: Option<String>,
    /// Where the person stands.
    #[param(rename = "focus.point.lon")]
    focus_point_lon: Option<f64>,
    /// Where the person stands.
    #[param(rename = "focus.point.lat")]
    focus_point_lat: Option<f64>,
    /// Only inside this box.
    #[param(rename = "boundary.rect.min_lon")]
    boundary_rect_min_lon: Option<f64>,
    /// Only inside this box.
    #[param(rename = "boundary.rect.min_lat")]
    boundary_rect_min_lat: Option<f64>,
    /// Only inside this box.
    #[param(rename = "boundary.rect.max_lon")]
    boundary_rect_max_lon: Option<f64>,
    /// Only inside this box.
    #[param(rename = "boundary.rect.max_lat")]
    boundary_rect_max_lat: Option<f64>,
    /// Only inside this circle.
    #[param(rename = "boundary.circle.lon")]
    boundary_circle_lon: Option<f64>,
    /// Only inside this circle.
    #[param(rename = "boundary.circle.lat")]
    boundary_circle_lat: Option<f64>,
    /// Kilometres, default 50.
    #[param(rename = "boundary.circle.radius")]
    boundary_circle_radius: Option<f64>,
    /// Only inside this division.
    #[param(rename = "boundary.gid")]
    boundary_gid: Option<String>,
    /// venue, address, street, transit, water, neighbourhood, localadmin, county, matter, coarse.
    layers: Option<String>,
    /// Ids of sources.
    sources: Option<String>,
    /// Codes of categories of service points, separated by commas.
    categories: Option<String>,
    /// Only inside the division with this code.
    division: Option<String>,
    /// Code of a service matter.
    service: Option<String>,
    /// now, or a time.
    open_at: Option<String>,
    /// Points that were observed on this day or later.
    updated_since: Option<String>,
    /// Can be booked on line, or not.
    bookable: Option<bool>,
    /// A word such as wheelchair.
    accessible: Option<String>,
    /// Say why each hit stands where it stands.
    explain: Option<bool>,
    /// Taken and not looked at: clients of Pelias send one.
    api_key: Option<String>,
}

/// Suggestions at a keystroke.
#[utoipa::path(get, path = "/v1/autocomplete", tag = "search",
    params(SearchParameters),
    responses(
        (status = 200, description = "A GeoJSON FeatureCollection with a geocoding block", body = Object),
        (status = 400, description = "A parameter is bad", body = Problem)))]
pub(super) async fn autocomplete(asked: Asked) -> Result<Response, Problem> {
    answer(&asked, Mode::Autocomplete)
}

/// The places, offices and matters that a text may mean.
#[utoipa::path(get, path = "/v1/search", tag = "search",
    params(SearchParameters),
    responses(
        (status = 200, description = "A GeoJSON FeatureCollection with a geocoding block", body = Object),
        (status = 400, description = "A parameter is bad", body = Problem)))]
pub(super) async fn search(asked: Asked) -> Result<Response, Problem> {
    answer(&asked, Mode::Search)
}

fn answer(asked: &Asked, mode: Mode) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let crs = q.crs();
    let query = query(&mut q, asked, lang, crs, mode);
    let explain = q.flag("explain").unwrap_or(false);
    q.finish()?;
    let answer = search::search(&asked.snapshot, &query);
    let shown = Shown { asked, lang, crs, explain };
    shown.collection(&json!({ "text": query.text, "size": query.size }), &answer.hits)
}

/// Reads everything that a question can be narrowed by.
fn query(q: &mut Params<'_>, asked: &Asked, lang: Lang, crs: Datum, mode: Mode) -> Query {
    let city = asked.city();
    let bounds = asked.bounds();
    pass_over_key(q);
    let text = q.text("text").unwrap_or_default();
    let focus = q.position("focus.point.lon", "focus.point.lat", crs, bounds);
    let size = q.integer("size", 1..=search::MAX_SIZE).unwrap_or(DEFAULT_SIZE);
    let sw = q.position("boundary.rect.min_lon", "boundary.rect.min_lat", crs, bounds);
    let ne = q.position("boundary.rect.max_lon", "boundary.rect.max_lat", crs, bounds);
    let rect = match (sw, ne) {
        (Some(sw), Some(ne)) => {
            let rect = Bounds { west: sw.lon, south: sw.lat, east: ne.lon, north: ne.lat };
            if !rect.is_valid() {
                q.fault(
                    "boundary.rect.min_lon",
                    "the smaller corner is not south-west of the larger",
                );
            }
            Some(rect)
        }
        (None, None) => None,
        (sw, _) => {
            let missing =
                if sw.is_none() { "boundary.rect.min_lon" } else { "boundary.rect.max_lon" };
            q.fault(missing, "a box has four sides: min_lon, min_lat, max_lon and max_lat");
            None
        }
    };
    let center = q.position("boundary.circle.lon", "boundary.circle.lat", crs, bounds);
    let radius = q.number_in("boundary.circle.radius", 0.0..=MAX_RADIUS_KM);
    if radius.is_some() && center.is_none() {
        q.fault("boundary.circle.radius", "needs boundary.circle.lon and boundary.circle.lat");
    }
    let division =
        q.read("boundary.gid", "the gid of a division, such as one of this search", |gid| {
            match search::by_gid(&asked.snapshot, gid)? {
                HitKind::Division(i) => Some(city.divisions[i as usize].code.clone()),
                _ => None,
            }
        });
    let layers = layers(q);
    let sources = q.list("sources");
    for unknown in sources.iter().filter(|s| city.source(s).is_none()) {
        q.fault("sources", format!("\"{unknown}\" is not a source of this city"));
    }
    let mut filter = points::filters(q, &asked.snapshot, "categories");
    let division = division.or(filter.division.take());
    let nothing = text.is_empty()
        && filter.category.is_none()
        && filter.service.is_none()
        && focus.or(center).is_none();
    let asked_badly = ["text", "categories", "service", "focus.point.lon", "boundary.circle.lon"];
    if nothing && !asked_badly.iter().any(|name| q.is_bad(name)) {
        q.fault("text", "is needed, unless a category, a service or a focus is given");
    }
    Query {
        text,
        lang,
        focus,
        rect,
        circle: center.map(|c| (c, radius.unwrap_or(50.0) * 1000.0)),
        division,
        layers,
        sources: (!sources.is_empty()).then_some(sources),
        filter,
        size,
        mode,
        now: Some(local_now(city)),
    }
}

/// Clients of Pelias send the key of the service they were made for.
fn pass_over_key(q: &mut Params<'_>) {
    let _ = q.text("api_key");
}

fn layers(q: &mut Params<'_>) -> Option<Vec<String>> {
    let given = q.list("layers");
    let mut layers = Vec::new();
    for layer in given {
        if layer == COARSE {
            layers.extend(Level::ALL.map(|level| level.pelias().to_owned()));
        } else if LAYERS.contains(&layer.as_str()) {
            layers.push(layer);
        } else {
            let known = LAYERS.join(", ");
            q.fault(
                "layers",
                format!("\"{layer}\" is not a layer; the layers are {known}, {COARSE}"),
            );
        }
    }
    (!layers.is_empty()).then_some(layers)
}

/// What is at a position: the nearest points and places, and the divisions around.
#[utoipa::path(get, path = "/v1/reverse", tag = "search",
    params(
        ("point.lon" = f64, Query, description = "Longitude"),
        ("point.lat" = f64, Query, description = "Latitude"),
        ("crs" = Option<String>, Query, description = "Datum of all coordinates"),
        ("layers" = Option<String>, Query, description = "Only of these layers"),
        ("size" = Option<usize>, Query, description = "1 to 40, default 10"),
        ("api_key" = Option<String>, Query, description = "Taken and not looked at: clients of Pelias send one"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "A GeoJSON FeatureCollection with a geocoding block", body = Object),
        (status = 400, description = "A parameter is bad", body = Problem)))]
pub(super) async fn reverse(asked: Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let crs = q.crs();
    pass_over_key(&mut q);
    let at = q.needed_position("point.lon", "point.lat", crs, asked.bounds());
    let layers = layers(&mut q);
    let size = q.integer("size", 1..=search::MAX_SIZE).unwrap_or(DEFAULT_SIZE);
    q.finish()?;
    // Without a position there was a fault, and `finish` has returned it.
    let at = at.ok_or_else(Problem::internal)?;
    let hits = search::reverse(&asked.snapshot, at, layers.as_deref(), size);
    let shown = Shown { asked: &asked, lang, crs, explain: false };
    shown.collection(&json!({ "point.lon": at.lon, "point.lat": at.lat, "size": size }), &hits)
}

/// The things that these global ids name, in their order.
#[utoipa::path(get, path = "/v1/place", tag = "search",
    params(
        ("ids" = String, Query, description = "Global ids, separated by commas; at most 40"),
        ("crs" = Option<String>, Query, description = "Datum of the answer"),
        ("api_key" = Option<String>, Query, description = "Taken and not looked at: clients of Pelias send one"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "A GeoJSON FeatureCollection; unknown ids are left out", body = Object),
        (status = 400, description = "A parameter is bad", body = Problem)))]
pub(super) async fn place(asked: Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let crs = q.crs();
    pass_over_key(&mut q);
    let ids = q.list("ids");
    if ids.is_empty() {
        q.fault("ids", "is needed: global ids, separated by commas");
    } else if ids.len() > search::MAX_SIZE {
        q.fault("ids", format!("holds {} ids; at most {} are read", ids.len(), search::MAX_SIZE));
    }
    q.finish()?;
    let hits: Vec<Hit> = ids.iter().filter_map(|id| search::place(&asked.snapshot, id)).collect();
    let shown = Shown { asked: &asked, lang, crs, explain: false };
    shown.collection(&json!({ "ids": ids }), &hits)
}

impl Shown<'_> {
    fn city(&self) -> &City {
        self.asked.city()
    }

    fn collection(&self, query: &Value, hits: &[Hit]) -> Result<Response, Problem> {
        let kinds: Vec<HitKind> = hits.iter().map(|hit| hit.kind).collect();
        let labels = search::labels(&self.asked.snapshot, &kinds, self.lang);
        let features: Vec<Value> =
            hits.iter().zip(labels).map(|(hit, label)| self.feature(hit, label)).collect();
        self.asked.geojson(&json!({
            "geocoding": {
                "version": "0.2",
                "attribution": self.city().manifest.attributions().join(" | "),
                "query": query,
                "engine": { "name": "servicemap", "version": env!("CARGO_PKG_VERSION") },
                // To the day: a finer time would make every answer a new one.
                "timestamp": Timestamp::now().as_second() / 86_400 * 86_400 * 1000,
            },
            "type": "FeatureCollection",
            "features": features,
        }))
    }

    fn feature(&self, hit: &Hit, label: String) -> Value {
        json!({
            "type": "Feature",
            "geometry": hit.location.map(|p| point_geometry(p, self.crs)),
            "properties": self.properties(hit, label),
        })
    }

    fn properties(&self, hit: &Hit, label: String) -> Map<String, Value> {
        let (snapshot, city) = (&self.asked.snapshot, self.city());
        let mut p = Map::new();
        let mut set = |key: &str, value: Value| {
            if !value.is_null() {
                p.insert(key.to_owned(), value);
            }
        };
        let gid = search::gid(snapshot, hit.kind);
        let id = search::id(snapshot, hit.kind);
        set("id", id.into());
        set("gid", gid.into());
        set("layer", hit.layer.into());
        set("source", self.source(hit.kind).into());
        set("source_id", id.into());
        set("name", search::names(snapshot, hit.kind).map(|n| n.get(self.lang)).into());
        set("label", label.into());
        set("confidence", round3(hit.confidence).into());
        set("match_type", hit.match_type.key().into());
        set("accuracy", hit.accuracy.key().into());
        set("distance", hit.distance_m.map(|m| (m.round()) / 1000.0).into());
        set("region", city.manifest.name.get(self.lang).into());
        for (level, division) in Level::ALL.into_iter().zip(search::divisions(snapshot, hit.kind)) {
            let division = division.map(|i| &city.divisions[i as usize]);
            set(level.pelias(), division.map(|d| d.name.get(self.lang)).into());
            set(&format!("{}_a", level.pelias()), division.map(|d| d.code.as_str()).into());
        }
        if let HitKind::Point(i) = hit.kind {
            set("category", json!([city.points[i as usize].category]));
        }
        set("addendum", json!({ "servicemap": self.addendum(hit) }));
        p
    }

    fn source(&self, hit: HitKind) -> &str {
        let city = self.city();
        match hit {
            HitKind::Point(i) => &city.points[i as usize].source,
            HitKind::Place(i) => &city.places[i as usize].source,
            HitKind::Division(i) => &city.divisions[i as usize].source,
            HitKind::Matter(_) => "servicemap",
        }
    }

    /// What Pelias has no place for.
    fn addendum(&self, hit: &Hit) -> Value {
        let (snapshot, city) = (&self.asked.snapshot, self.city());
        let mut a = json!({ "highlight": hit.highlight });
        match hit.kind {
            HitKind::Point(i) => {
                let category = city.categories.get(&city.points[i as usize].category);
                a["kind"] = "point".into();
                a["icon"] = category.map(|c| c.icon.as_str()).into();
                a["color"] = category.map(|c| c.color.as_str()).into();
                a["bookable"] = snapshot.points.facts(i).bookable.into();
                a["open"] = json!(opening(snapshot, i, local_now(city)).state);
            }
            HitKind::Place(i) => {
                let place = &city.places[i as usize];
                a["kind"] = place.kind.key().into();
                a["class"] = place.class.as_str().into();
            }
            HitKind::Division(i) => {
                let division = &city.divisions[i as usize];
                a["kind"] = "division".into();
                a["level"] = division.level.key().into();
                a["quality"] = json!(division.quality);
                if division.quality == Quality::Approximate && division.placed_by.is_some() {
                    a["placed_by"] = division.placed_by.as_deref().into();
                }
            }
            HitKind::Matter(_) => {
                a["kind"] = "matter".into();
                a["matter"] = search::id(snapshot, hit.kind).into();
                a["points"] = hit.points.into();
            }
        }
        let because = hit.because.map(HitKind::Matter);
        if let Some(matter) = because {
            a["because"] = json!({
                "matter": search::id(snapshot, matter),
                "name": search::names(snapshot, matter).map(|n| n.get(self.lang)),
            });
        }
        if self.explain {
            a["score"] = json!(hit.score);
        }
        a
    }
}

/// Three decimals, as a double that prints as such.
fn round3(v: f32) -> f64 {
    (f64::from(v) * 1000.0).round() / 1000.0
}
