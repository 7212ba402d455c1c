//! The features of a collection, a page at a time, and one of them.

use std::borrow::Cow;

use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::response::Response;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::IntoParams;

use super::links::{Link, Links, segment};
use crate::features::cql::{self, Expr, Ground};
use crate::features::shape::Drawn;
use crate::features::{Collection, Crs, Kind, Page, Property, Question, Span, Value, select};
use crate::http::answer::{self, GEOJSON, JSON};
use crate::http::caller::{Asked, BaseUrl};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::{accept, points};
use crate::index::Snapshot;

/// Features on a page unless the caller asks for more or fewer.
const DEFAULT_LIMIT: usize = 50;
/// Most features on a page. The standard wants a larger number to be taken as this one.
const MAX_LIMIT: usize = 1000;

/// Parameters of a page of features, as the description of the interface lists them.
/// Besides them every property is a parameter, which wants it to have that value.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `Asking::read` reads them")]
struct ItemParameters {
    /// Features on a page.
    #[param(minimum = 1, maximum = 1000, default = 50)]
    limit: Option<usize>,
    /// Features that are left out before the page.
    #[param(minimum = 0, default = 0)]
    offset: Option<usize>,
    /// Two corners in the order of the axes; heights count for nothing.
    #[param(style = Form, explode = false, min_items = 4, max_items = 6)]
    bbox: Option<Vec<f64>>,
    /// The system of bbox.
    #[param(rename = "bbox-crs")]
    bbox_crs: Option<String>,
    /// A time, or an interval of two with a slash between them; .. is an open end.
    datetime: Option<String>,
    /// The system of the answer.
    crs: Option<String>,
    /// A filter over the properties.
    filter: Option<String>,
    /// cql2-text.
    #[param(rename = "filter-lang")]
    filter_lang: Option<String>,
    /// The system of positions in the filter.
    #[param(rename = "filter-crs")]
    filter_crs: Option<String>,
    /// json, the only format.
    f: Option<String>,
}

/// What a caller asks for, read from the parameters.
struct Asking {
    question: Question,
    crs: Crs,
}

impl Asking {
    fn read(mut q: Params<'_>, asked: &Asked, collection: Collection) -> Result<Self, Problem> {
        q.read("f", "json", |f| (f == "json").then_some(()));
        let crs = system(&mut q, "crs");
        let bbox_crs = system(&mut q, "bbox-crs");
        let filter_crs = system(&mut q, "filter-crs");
        let expected = "four numbers (or six, with heights): two corners, the lower left one first";
        let boxes = q.read("bbox", expected, |text| {
            let numbers: Option<Vec<f64>> =
                text.split(',').map(|part| part.trim().parse().ok()).collect();
            select::boxes(&numbers?, bbox_crs)
        });
        let zone = &asked.city().zone;
        let expected = "a time such as 2026-01-31T09:00:00Z, a date, or two of them with a slash \
            between, in order; .. is an open end";
        let time = q.read("datetime", expected, |text| Span::parse(text, zone));
        let limit = q.read("limit", "a whole number from 1", |text| whole(text).filter(|n| *n > 0));
        let offset = q.read("offset", "a whole number", whole);
        q.read("filter-lang", "cql2-text", |lang| (lang == "cql2-text").then_some(()));
        let mut filters: Vec<Expr> =
            collection.properties().iter().filter_map(|p| equals(&mut q, p)).collect();
        if let Some(text) = q.text("filter") {
            match cql::parse(&text, Ground { collection, zone, crs: filter_crs }) {
                Ok(filter) => filters.push(filter),
                Err(e) => q.fault("filter", e.to_string()),
            }
        }
        q.finish()?;
        let question = Question {
            boxes: boxes.unwrap_or_default(),
            time,
            filters,
            offset: offset.unwrap_or_default(),
            limit: limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT),
        };
        Ok(Self { question, crs })
    }
}

/// A whole number without a sign; one that is too large is the largest.
fn whole(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

fn system(q: &mut Params<'_>, name: &'static str) -> Crs {
    let known = Crs::ALL.map(Crs::uri).join(", ");
    q.read(name, &format!("one of {known}"), Crs::parse).unwrap_or_default()
}

/// That a property has the value of the parameter with its name.
fn equals(q: &mut Params<'_>, property: &'static Property) -> Option<Expr> {
    let value = q.read(property.name, property.kind.name(), |text| {
        Some(match property.kind {
            Kind::Text => Value::Text(Cow::Owned(text.to_owned())),
            Kind::Number => Value::Number(text.parse().ok().filter(|n: &f64| n.is_finite())?),
            Kind::Flag => Value::Flag(text.parse().ok()?),
            Kind::Day => Value::Day(text.parse().ok()?),
        })
    })?;
    Some(Expr::equals(property, value))
}

/// The properties of a record.
struct Properties<'a>(&'a Snapshot, Collection, u32);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(snapshot, collection, number) = *self;
        let properties = collection.properties();
        let mut map = serializer.serialize_map(Some(properties.len()))?;
        for property in properties {
            map.serialize_entry(property.name, &property.value(snapshot, number))?;
        }
        map.end()
    }
}

/// A GeoJSON feature.
#[derive(Serialize)]
struct Feature<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    geometry: Option<Drawn<'a>>,
    properties: Properties<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
}

impl<'a> Feature<'a> {
    fn of(snapshot: &'a Snapshot, collection: Collection, number: u32, crs: Crs) -> Self {
        Self {
            kind: "Feature",
            id: collection.feature_id(snapshot, number),
            geometry: collection.shape(snapshot, number).map(|shape| Drawn(shape, crs)),
            properties: Properties(snapshot, collection, number),
            links: Vec::new(),
        }
    }
}

/// A page of GeoJSON features.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FeatureCollection<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    number_matched: usize,
    number_returned: usize,
    links: Vec<Link>,
    features: Vec<Feature<'a>>,
}

/// Features of a collection that lie in a box, hold at a time and pass a filter.
#[utoipa::path(get, path = "/ogc/collections/{collection}/items", tag = "ogc", operation_id = "ogc_items",
    params(("collection" = String, Path, description = "Name of the collection"), ItemParameters),
    responses(
        (status = 200, description = "A page of features", body = Object, content_type = "application/geo+json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such collection", body = Problem),
        (status = 406, description = "The caller takes no GeoJSON", body = Problem)))]
pub(super) async fn list(
    Path(id): Path<String>,
    asked: Asked,
    base: BaseUrl,
) -> Result<Response, Problem> {
    accept::needed(&asked.headers, &[GEOJSON, JSON])?;
    let collection = super::collection(&asked, &id)?;
    let Asking { question, crs } = Asking::read(asked.params(), &asked, collection)?;
    // Every record is looked at: not on a thread that answers others.
    let answering = tokio::task::spawn_blocking(move || {
        let Page { matched, numbers } = question.answer(collection, &asked.snapshot);
        let links = Links(&base.0);
        let path = format!("/collections/{}", collection.id());
        let mut to = vec![
            links.geojson("self", &format!("{path}/items{}", query(asked.uri(), None))),
            links.json("collection", &path),
        ];
        let next = question.offset.saturating_add(numbers.len());
        if !numbers.is_empty() && next < matched {
            let query = query(asked.uri(), Some(next));
            to.push(links.geojson("next", &format!("{path}/items{query}")));
        }
        let feature = |number| Feature::of(&asked.snapshot, collection, number, crs);
        asked.geojson(&FeatureCollection {
            kind: "FeatureCollection",
            number_matched: matched,
            number_returned: numbers.len(),
            links: to,
            features: numbers.into_iter().map(feature).collect(),
        })
    });
    let answered = answering.await.map_err(|e| {
        tracing::error!(error = %e, "the thread of a page of features ended early");
        Problem::internal()
    })?;
    Ok(in_system(answered?, crs))
}

/// The query as it was asked, from another feature on where one is given.
fn query(uri: &Uri, offset: Option<usize>) -> String {
    let asked = uri.query().unwrap_or_default();
    let Some(offset) = offset else {
        return if asked.is_empty() { String::new() } else { format!("?{asked}") };
    };
    let kept = asked.split('&').filter(|p| !p.is_empty() && !p.starts_with("offset="));
    let offset = format!("offset={offset}");
    let all: Vec<&str> = kept.chain(std::iter::once(offset.as_str())).collect();
    format!("?{}", all.join("&"))
}

/// Says in what system the coordinates are.
fn in_system(mut response: Response, crs: Crs) -> Response {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&format!("<{}>", crs.uri())) {
        headers.insert(HeaderName::from_static("content-crs"), value);
    }
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// One feature.
#[utoipa::path(get, path = "/ogc/collections/{collection}/items/{feature}", tag = "ogc", operation_id = "ogc_item",
    params(
        ("collection" = String, Path, description = "Name of the collection"),
        ("feature" = String, Path, description = "Id of the feature"),
        ("crs" = Option<String>, Query, description = "The system of the answer"),
        ("f" = Option<String>, Query, description = "json, the only format")),
    responses(
        (status = 200, description = "The feature", body = Object, content_type = "application/geo+json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such collection or feature", body = Problem),
        (status = 406, description = "The caller takes no GeoJSON", body = Problem),
        (status = 410, description = "The point no longer holds; the detail says why", body = Problem)))]
pub(super) async fn get(
    Path((id, feature)): Path<(String, String)>,
    asked: Asked,
    base: BaseUrl,
) -> Result<Response, Problem> {
    accept::needed(&asked.headers, &[GEOJSON, JSON])?;
    let collection = super::collection(&asked, &id)?;
    let mut q = asked.params();
    q.read("f", "json", |f| (f == "json").then_some(()));
    let crs = system(&mut q, "crs");
    q.finish()?;
    let number = if collection == Collection::Points {
        points::find(&asked.snapshot, &feature)?
    } else {
        collection.number(&asked.snapshot, &feature).ok_or_else(|| {
            let items = format!("/ogc/collections/{}/items", collection.id());
            Problem::not_found(format!("There is no such feature; {items} lists them."))
        })?
    };
    let links = Links(&base.0);
    let path = format!("/collections/{}", collection.id());
    let own = format!("{path}/items/{}{}", segment(&feature), query(asked.uri(), None));
    let shown = Feature {
        links: vec![links.geojson("self", &own), links.json("collection", &path)],
        ..Feature::of(&asked.snapshot, collection, number, crs)
    };
    let response = answer::json(&asked.snapshot.version, &asked.headers, GEOJSON, &shown)?;
    Ok(in_system(response, crs))
}
