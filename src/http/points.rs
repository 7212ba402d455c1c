//! Service points: the list, and one of them.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::{Date, DateTime};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer;
use super::around::Around;
use super::caller::{Asked, BaseUrl};
use super::facets::{self, Facets};
use super::params::Params;
use super::point_view::{PROPERTIES, PointFeature, PointProperties, Shown, local_now};
use super::points_csv;
use super::problem::Problem;
use crate::city::{City, Retired};
use crate::index::{Area, PointFilter, Snapshot};

/// Points on a page unless the caller asks for more or fewer.
const DEFAULT_LIMIT: usize = 50;
/// Most points on a page.
const MAX_LIMIT: usize = 1000;
/// Largest radius, metres: farther than any city reaches.
const MAX_RADIUS: f64 = 200_000.0;

/// Points as GeoJSON.
#[derive(Serialize, ToSchema)]
struct PointCollection<'a> {
    #[serde(rename = "type")]
    #[schema(example = "FeatureCollection")]
    kind: &'static str,
    /// Points that match, on all pages.
    #[serde(rename = "numberMatched")]
    number_matched: usize,
    /// Points on this page.
    #[serde(rename = "numberReturned")]
    number_returned: usize,
    /// GeoJSON features with the properties of a point.
    #[schema(value_type = Vec<Object>)]
    features: Vec<PointFeature<'a>>,
    /// Path and query of the next page.
    next: Option<String>,
    /// Counts of all points that match, where `facets` asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    facets: Option<Facets<'a>>,
}

/// Reads the filters that every list of points takes. The
/// category is `category` here and `categories` in the dialect of Pelias.
pub(super) fn filters(
    q: &mut Params<'_>,
    snapshot: &Snapshot,
    category_name: &'static str,
) -> PointFilter {
    let city = &snapshot.city;
    let mut categories = q.list(category_name);
    for code in categories.iter().filter(|c| city.categories.get(c).is_none()) {
        q.fault(category_name, format!("\"{code}\" does not exist; /v1/categories lists them"));
    }
    let service = q.text("service");
    if let Some(code) = service.as_ref().filter(|c| city.matters.get(c).is_none()) {
        q.fault("service", format!("\"{code}\" does not exist; /v1/services lists them"));
    }
    let division = q.text("division");
    if let Some(code) = &division {
        match snapshot.divisions.number(code) {
            None => {
                q.fault("division", format!("\"{code}\" does not exist; /v1/divisions lists them"));
            }
            Some(number) if city.divisions[number as usize].area.is_none() => {
                let detail = format!("the area of \"{code}\" is not known, so its points are not");
                q.fault("division", detail);
            }
            Some(_) => {}
        }
    }
    let or_categories = categories.split_off(categories.len().min(1));
    PointFilter {
        category: categories.pop(),
        or_categories,
        service,
        division,
        bookable: q.flag("bookable"),
        accessible: q.text("accessible"),
        open_at: q.read("open_at", "now or a time such as 2026-01-31T09:30", |t| {
            if t == "now" { Some(local_now(city)) } else { local_time(t, city) }
        }),
        updated_since: q
            .read("updated_since", "a date such as 2026-01-31", |t| t.parse::<Date>().ok()),
    }
}

/// A time with an offset, or without one on the city's clocks.
fn local_time(text: &str, city: &City) -> Option<DateTime> {
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(city.zone.to_datetime(timestamp));
    }
    text.parse().ok()
}

/// Where in the list a page begins: after this point.
struct Cursor {
    metres_bits: u64,
    id: String,
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let (bits, id) = text.split_once('.')?;
        Some(Self { metres_bits: u64::from_str_radix(bits, 16).ok()?, id: id.to_owned() })
    }

    fn write(metres: Option<f64>, id: &str) -> String {
        format!("{:x}.{id}", metres.unwrap_or(0.0).to_bits())
    }

    /// Whether a point with this distance and id comes after the cursor.
    fn is_before(&self, metres: Option<f64>, id: &str) -> bool {
        // Distances are not negative, so the order of their bits is theirs.
        (metres.unwrap_or(0.0).to_bits(), id) > (self.metres_bits, self.id.as_str())
    }
}

/// Service points, nearest first when a position is given, by id otherwise.
#[utoipa::path(get, path = "/v1/points", tag = "points",
    params(
        ("bbox" = Option<String>, Query, description = "west,south,east,north"),
        ("lon" = Option<f64>, Query, description = "Longitude of a position"),
        ("lat" = Option<f64>, Query, description = "Latitude of a position"),
        ("radius" = Option<f64>, Query, description = "Metres around the position"),
        ("crs" = Option<String>, Query, description = "Datum of all coordinates: wgs84, cgcs2000, gcj02, bd09"),
        ("category" = Option<String>, Query, description = "Codes of categories, separated by commas"),
        ("service" = Option<String>, Query, description = "Code of a service matter"),
        ("division" = Option<String>, Query, description = "Code of a division of any level"),
        ("bookable" = Option<bool>, Query, description = "Can be booked on line, or not"),
        ("accessible" = Option<String>, Query, description = "A word such as wheelchair"),
        ("open_at" = Option<String>, Query, description = "now, or a time"),
        ("updated_since" = Option<String>, Query, description = "A date"),
        ("fields" = Option<String>, Query, description = "Names of properties, separated by commas"),
        ("facets" = Option<String>, Query, description = "Count all points that match by some of category, county, open, bookable, separated by commas"),
        ("format" = Option<String>, Query, description = "geojson, or csv for a table with the columns of the chosen properties"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, default 50"),
        ("cursor" = Option<String>, Query, description = "Where a page begins, from the page before"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The points", body = PointCollection, content_type = "application/geo+json"),
        (status = 400, description = "A parameter is bad", body = Problem)))]
pub(super) async fn list(asked: Asked, base: BaseUrl) -> Result<Response, Problem> {
    let mut q = asked.params();
    let city = asked.city();
    let around = Around::read(&mut q, &asked, 0.0..=MAX_RADIUS, (DEFAULT_LIMIT, MAX_LIMIT));
    around.needs_position(&mut q);
    let Around { lang, crs, at: from, radius, limit } = around;
    let bbox = q.bbox("bbox", crs);
    let filter = filters(&mut q, &asked.snapshot, "category");
    let fields = q.list("fields");
    for unknown in fields.iter().filter(|f| !PROPERTIES.contains(&f.as_str())) {
        let known = PROPERTIES.join(", ");
        q.fault("fields", format!("\"{unknown}\" is not a property; the properties are {known}"));
    }
    let csv = q.read("format", "geojson or csv", |f| match f {
        "csv" => Some(true),
        "geojson" => Some(false),
        _ => None,
    });
    let facets = facets::asked(&mut q);
    if csv == Some(true) && !facets.is_empty() {
        q.fault("facets", "are counted for geojson; a table has no place for them");
    }
    let cursor = q.read("cursor", "a cursor of this list", Cursor::parse);
    q.finish()?;

    let at = filter.open_at.unwrap_or_else(|| local_now(city));
    let selection = asked.snapshot.points.select(city, &filter);
    let area = Area { bbox, from, radius };
    let id = |point: u32| city.points[point as usize].id.as_str();
    let number_matched = asked.snapshot.points.matched(&area, &selection);
    let mut rest =
        asked.snapshot.points.listed(&area, &selection).filter(|(point, metres)| {
            cursor.as_ref().is_none_or(|c| c.is_before(*metres, id(*point)))
        });
    let page: Vec<(u32, Option<f64>)> = rest.by_ref().take(limit).collect();
    let next = rest
        .next()
        .and(page.last())
        .map(|(point, metres)| next_page(asked.uri(), &Cursor::write(*metres, id(*point))));

    let shown = Shown { snapshot: &asked.snapshot, lang, crs, at, fields: &fields };
    let mut response = if csv == Some(true) {
        let body = points_csv::table(&shown, &page);
        let version = &asked.snapshot.version;
        let mut table = answer::tagged(version, &asked.headers, "text/csv; charset=utf-8", body);
        points_csv::as_download(&mut table);
        table
    } else {
        let counts = (!facets.is_empty())
            .then(|| asked.snapshot.points.counts(city, &area, &selection, &facets, at));
        asked.geojson(&PointCollection {
            kind: "FeatureCollection",
            number_matched,
            number_returned: page.len(),
            features: page.iter().map(|(point, metres)| shown.feature(*point, *metres)).collect(),
            next: next.clone(),
            facets: counts.map(|c| facets::view(&asked.snapshot, lang, &facets, &c)),
        })?
    };
    link_next(&mut response, &base, next.as_deref());
    Ok(response)
}

/// Names the next page in the header for it.
pub(super) fn link_next(response: &mut Response, base: &BaseUrl, next: Option<&str>) {
    if let Some(next) = next
        && let Ok(link) = HeaderValue::from_str(&format!("<{}{next}>; rel=\"next\"", base.0))
    {
        response.headers_mut().insert(header::LINK, link);
    }
}

/// Path and query of the page after this one.
pub(super) fn next_page(uri: &Uri, cursor: &str) -> String {
    let kept = uri.query().unwrap_or_default().split('&');
    let mut query: Vec<&str> =
        kept.filter(|p| !p.is_empty() && !p.starts_with("cursor=")).collect();
    let cursor = format!("cursor={cursor}");
    query.push(&cursor);
    format!("{}?{}", uri.path(), query.join("&"))
}

/// One service point.
#[utoipa::path(get, path = "/v1/points/{id}", tag = "points",
    params(
        ("id" = String, Path, description = "Id of the point"),
        ("crs" = Option<String>, Query, description = "Datum of the answer"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "A GeoJSON feature with these properties", body = PointProperties, content_type = "application/geo+json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 301, description = "Another point took its place"),
        (status = 404, description = "There is no such point", body = Problem),
        (status = 410, description = "It no longer holds; the detail says why", body = Problem)))]
pub(super) async fn get(Path(id): Path<String>, asked: Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let crs = q.crs();
    q.finish()?;
    if let Some(Retired { successor: Some(successor), .. }) = asked.city().retired.get(&id) {
        return Ok(moved(asked.uri(), "/v1/points/", successor));
    }
    let number = find(&asked.snapshot, &id)?;
    let at = local_now(asked.city());
    let shown = Shown { snapshot: &asked.snapshot, lang, crs, at, fields: &[] };
    asked.geojson(&shown.feature(number, None))
}

/// 301 to what took the place of the thing asked for, with the same query.
pub(super) fn moved(uri: &Uri, list: &'static str, successor: &str) -> Response {
    let segment = utf8_percent_encode(successor, NON_ALPHANUMERIC);
    let query = uri.query().map(|q| format!("?{q}")).unwrap_or_default();
    let location = HeaderValue::from_str(&format!("{list}{segment}{query}"));
    let mut response = StatusCode::MOVED_PERMANENTLY.into_response();
    // What was escaped is a header value.
    let location = location.unwrap_or(HeaderValue::from_static(list));
    response.headers_mut().insert(header::LOCATION, location);
    // It may come back.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// The number of the point with this id; 410 with the reason if it no longer holds, or
/// 404.
pub(super) fn find(snapshot: &Snapshot, id: &str) -> Result<u32, Problem> {
    snapshot.points.number(id).ok_or_else(|| match snapshot.city.retired.get(id) {
        Some(Retired { successor, reason }) => {
            let instead = successor.as_ref().map(|s| format!(" \"{s}\" took its place."));
            let instead = instead.unwrap_or_default();
            Problem::gone(format!("\"{id}\" no longer holds: {reason}.{instead}"))
        }
        None => Problem::not_found(format!(
            "There is no service point \"{id}\"; /v1/points lists them."
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_after_its_own_point_only() {
        let cursor = Cursor::parse(&Cursor::write(Some(120.5), "p-2")).unwrap();
        assert!(!cursor.is_before(Some(120.5), "p-2") && cursor.is_before(Some(120.5), "p-3"));
        assert!(cursor.is_before(Some(121.0), "p-1") && !cursor.is_before(Some(3.0), "p-9"));
        assert!(Cursor::parse("nonsense").is_none());
    }

    #[test]
    fn the_next_page_keeps_the_other_parameters() {
        let uri: Uri = "/v1/points?category=a&cursor=x.y&limit=2".parse().unwrap();
        assert_eq!(next_page(&uri, "0.p"), "/v1/points?category=a&limit=2&cursor=0.p");
    }
}
