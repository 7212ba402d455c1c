//! A list of points as a table.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use jiff::civil::DateTime;

use super::answer::round7;
use super::point_view::{Shown, opening};
use crate::city::hours::State;
use crate::city::{Level, ServicePoint};
use crate::import::words::joined;

/// The columns, each with the property that it belongs to. Those of `id` and of the
/// position are in every table.
const COLUMNS: [(&str, &str); 20] = [
    ("id", "id"),
    ("name", "name"),
    ("name_zh", "names"),
    ("name_en", "names"),
    ("aliases", "aliases"),
    ("category", "category"),
    ("services", "services"),
    ("address", "address"),
    ("phone", "phone"),
    ("opening_hours", "opening_hours"),
    ("open", "open"),
    ("accessibility", "accessibility"),
    ("bookable", "bookable"),
    ("county", "divisions"),
    ("localadmin", "divisions"),
    ("neighbourhood", "divisions"),
    ("source", "source"),
    ("licence", "licence"),
    ("observed_at", "observed_at"),
    ("distance_m", "distance"),
];

/// The columns of the caller's choice: all without one, the id in any case.
fn chosen(fields: &[String]) -> impl Iterator<Item = &'static str> {
    let wanted = |property: &str| {
        fields.is_empty() || property == "id" || fields.iter().any(|field| field == property)
    };
    COLUMNS.iter().filter(move |(_, property)| wanted(property)).map(|(column, _)| *column)
}

/// The page as CSV in UTF-8 (RFC 4180), with a heading.
pub(super) fn table(shown: &Shown<'_>, page: &[(u32, Option<f64>)]) -> Vec<u8> {
    let columns: Vec<&str> = chosen(shown.fields).collect();
    let mut out = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = out.write_record(columns.iter().copied().chain(["lon", "lat"]));
    for (number, metres) in page {
        let point = &shown.snapshot.city.points[*number as usize];
        let p = shown.crs.from_wgs84(point.location);
        let place = [round7(p.lon).to_string(), round7(p.lat).to_string()];
        let cells = columns.iter().map(|column| cell(shown, *number, point, *metres, column));
        let _ = out.write_record(cells.chain(place));
    }
    out.into_inner().unwrap_or_default()
}

/// Makes browsers keep the answer as a file.
pub(super) fn as_download(response: &mut Response) {
    response.headers_mut().insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"points.csv\""),
    );
}

fn cell(
    shown: &Shown<'_>,
    number: u32,
    point: &ServicePoint,
    metres: Option<f64>,
    column: &str,
) -> String {
    let Shown { snapshot, lang, .. } = *shown;
    let city = &snapshot.city;
    let facts = snapshot.points.facts(number);
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let division = |level: Level| {
        let division = facts.divisions[level as usize];
        division.map_or_else(String::new, |d| city.divisions[d as usize].name.get(lang).to_owned())
    };
    match column {
        "id" => point.id.clone(),
        "name" => point.name.get(lang).to_owned(),
        "name_zh" => point.name.zh.clone(),
        "name_en" => point.name.en.clone(),
        "aliases" => joined(&point.aliases),
        "category" => point.category.clone(),
        "services" => {
            let matters = city.matters_of(point);
            joined(&matters.iter().map(|(matter, _)| matter.code.clone()).collect::<Vec<_>>())
        }
        "address" => optional(&point.address),
        "phone" => optional(&point.phone),
        "opening_hours" => point.hours.as_ref().map_or("", |h| h.raw()).to_owned(),
        "open" => state(shown, number, shown.at).to_owned(),
        "accessibility" => joined(&point.accessibility),
        "bookable" => facts.bookable.to_string(),
        "county" => division(Level::District),
        "localadmin" => division(Level::Township),
        "neighbourhood" => division(Level::Community),
        "source" => point.source.clone(),
        "licence" => city.source(&point.source).map_or("", |s| &s.licence).to_owned(),
        "observed_at" => point.observed_at.map(|d| d.to_string()).unwrap_or_default(),
        "distance_m" => metres.map(|m| format!("{m:.1}")).unwrap_or_default(),
        _ => String::new(),
    }
}

fn state(shown: &Shown<'_>, number: u32, at: DateTime) -> &'static str {
    match opening(shown.snapshot, number, at).state {
        State::Open => "open",
        State::Closed => "closed",
        State::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_columns_are_those_of_the_properties() {
        let fields = ["divisions".to_owned(), "name".to_owned()];
        let columns: Vec<&str> = chosen(&fields).collect();
        assert_eq!(columns, ["id", "name", "county", "localadmin", "neighbourhood"]);
        assert_eq!(chosen(&[]).count(), COLUMNS.len());
    }
}
