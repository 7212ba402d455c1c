//! Query parameters: each is read, or named as bad, and all bad ones at once.
//!
//! A handler takes what it knows with the typed readers and then calls
//! [`Params::finish`]; a parameter that nobody took is unknown and refused, so that a
//! misspelt filter never silently widens an answer.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::http::Uri;

use super::problem::{ParameterFault, Problem};
use crate::geo::{Bounds, Datum, LonLat};
use crate::locate::{PositionFault, position};

/// Longest value of a parameter, in characters.
const MAX_CHARS: usize = 512;
/// Longest filter or list of ids, in characters.
const MAX_LONG_CHARS: usize = 4096;
/// Most parameters in a query.
const MAX_PARAMETERS: usize = 64;

/// The parameters of one request.
pub(super) struct Params<'q> {
    given: Vec<(Cow<'q, str>, Cow<'q, str>)>,
    known: Vec<&'static str>,
    faults: Vec<ParameterFault>,
}

impl<'q> Params<'q> {
    /// Splits and decodes a query string. An empty value counts as absent.
    pub(super) fn parse(query: Option<&'q str>) -> Self {
        let mut params = Self { given: Vec::new(), known: Vec::new(), faults: Vec::new() };
        let mut seen = HashSet::new();
        let pairs = query.unwrap_or_default().split('&').filter(|p| !p.is_empty());
        for (i, pair) in pairs.enumerate() {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if i == MAX_PARAMETERS {
                params.fault(name, format!("is one of more than {MAX_PARAMETERS} parameters"));
                break;
            }
            let (Some(name), Some(value)) = (decode(name), decode(value)) else {
                params.fault(name, "is not percent-encoded UTF-8");
                continue;
            };
            let is_long = matches!(name.as_ref(), "filter" | "service_request_id");
            let max = if is_long { MAX_LONG_CHARS } else { MAX_CHARS };
            if !seen.insert(name.clone()) {
                params.fault(&name, "is given twice");
            } else if value.chars().count() > max {
                params.fault(&name, format!("is longer than {max} characters"));
                params.given.push((name, Cow::Borrowed("")));
            } else {
                params.given.push((name, value));
            }
        }
        params
    }

    /// Reports a bad parameter.
    pub(super) fn fault(&mut self, parameter: &str, detail: impl Into<String>) {
        self.faults.push(ParameterFault { parameter: parameter.to_owned(), detail: detail.into() });
    }

    /// Whether a parameter was reported as bad.
    pub(super) fn is_bad(&self, name: &str) -> bool {
        self.faults.iter().any(|fault| fault.parameter == name)
    }

    /// Whether a parameter is there at all, good or bad.
    pub(super) fn is_given(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| given == name)
    }

    /// The parameters that are there and not among `names`.
    pub(super) fn beside(&self, names: &[&str]) -> Vec<&str> {
        let given = self.given.iter().map(|(given, _)| given.as_ref());
        given.filter(|given| !names.contains(given)).collect()
    }

    /// The text of a parameter, if it is given and not empty.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let (_, value) = self.given.iter().find(|(given, _)| given == name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// A value that `read` understands; `expected` says what that is.
    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let value = read(&text);
        if value.is_none() {
            self.fault(name, format!("\"{text}\" is not {expected}"));
        }
        value
    }

    /// A finite number.
    pub(super) fn number(&mut self, name: &'static str) -> Option<f64> {
        self.read(name, "a number", |t| t.parse::<f64>().ok().filter(|n| n.is_finite()))
    }

    /// A finite number within a range.
    pub(super) fn number_in(
        &mut self,
        name: &'static str,
        range: RangeInclusive<f64>,
    ) -> Option<f64> {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        self.read(name, &expected, |t| t.parse::<f64>().ok().filter(|n| range.contains(n)))
    }

    /// A whole number within a range.
    pub(super) fn integer<T: FromStr + PartialOrd + std::fmt::Display>(
        &mut self,
        name: &'static str,
        range: RangeInclusive<T>,
    ) -> Option<T> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.read(name, &expected, |t| t.parse::<T>().ok().filter(|n| range.contains(n)))
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.read(name, "true or false", |t| t.parse().ok())
    }

    /// A list separated by commas, without empty parts.
    pub(super) fn list(&mut self, name: &'static str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect()
    }

    /// A day.
    pub(super) fn day(&mut self, name: &'static str) -> Option<jiff::civil::Date> {
        self.read(name, "a date such as 2026-01-31", |text| text.parse().ok())
    }

    /// The caller's coordinate system.
    pub(super) fn crs(&mut self) -> Datum {
        self.read("crs", &format!("one of {}", Datum::NAMES), Datum::parse).unwrap_or_default()
    }

    /// A position in two parameters, as WGS-84. Both or neither; numbers that are
    /// inside `city` only when swapped are refused with that hint.
    pub(super) fn position(
        &mut self,
        lon_name: &'static str,
        lat_name: &'static str,
        crs: Datum,
        city: Bounds,
    ) -> Option<LonLat> {
        let faults = self.faults.len();
        let (lon, lat) = (self.number(lon_name), self.number(lat_name));
        let (lon, lat) = match (lon, lat) {
            (Some(lon), Some(lat)) => (lon, lat),
            (None, None) => return None,
            (lon, _) => {
                if self.faults.len() == faults {
                    let (missing, given) =
                        if lon.is_none() { (lon_name, lat_name) } else { (lat_name, lon_name) };
                    self.fault(missing, format!("is needed beside {given}"));
                }
                return None;
            }
        };
        let fault = match position(lon, lat, city) {
            Ok(p) => return Some(crs.to_wgs84(p)),
            Err(fault) => fault,
        };
        match fault {
            PositionFault::Swapped { .. } => {
                let hint = format!(
                    "longitude and latitude look swapped: {lon_name}={lat}&{lat_name}={lon} lies in the city"
                );
                self.fault(lon_name, hint.clone());
                self.fault(lat_name, hint);
            }
            PositionFault::Longitude(_) => self.fault(lon_name, fault.to_string()),
            PositionFault::Latitude(_) => self.fault(lat_name, fault.to_string()),
        }
        None
    }

    /// Like [`Params::position`], but it must be given.
    pub(super) fn needed_position(
        &mut self,
        lon_name: &'static str,
        lat_name: &'static str,
        crs: Datum,
        city: Bounds,
    ) -> Option<LonLat> {
        let faults = self.faults.len();
        let position = self.position(lon_name, lat_name, crs, city);
        if position.is_none() && self.faults.len() == faults {
            self.fault(lon_name, "is needed");
            self.fault(lat_name, "is needed");
        }
        position
    }

    /// `west,south,east,north`, as WGS-84.
    pub(super) fn bbox(&mut self, name: &'static str, crs: Datum) -> Option<Bounds> {
        let expected = "west,south,east,north in degrees";
        self.read(name, expected, |text| {
            let parts: Vec<f64> =
                text.split(',').map(|p| p.trim().parse().ok()).collect::<Option<_>>()?;
            let [west, south, east, north] = parts[..] else {
                return None;
            };
            let given = Bounds { west, south, east, north };
            if !given.is_valid() {
                return None;
            }
            let sw = crs.to_wgs84(LonLat::new(west, south));
            let ne = crs.to_wgs84(LonLat::new(east, north));
            Some(Bounds { west: sw.lon, south: sw.lat, east: ne.lon, north: ne.lat })
        })
    }

    /// Refuses what nobody asked for, and everything that was bad.
    pub(super) fn finish(mut self) -> Result<(), Problem> {
        let known = std::mem::take(&mut self.known);
        let unknown: Vec<String> = self
            .given
            .iter()
            .filter(|(name, _)| !known.contains(&name.as_ref()))
            .map(|(name, _)| name.to_string())
            .collect();
        for name in unknown {
            let mut known = known.clone();
            known.sort_unstable();
            known.dedup();
            let detail = if known.is_empty() {
                "is not known; this path takes no parameters".to_owned()
            } else {
                format!("is not known; the parameters are {}", known.join(", "))
            };
            self.fault(&name, detail);
        }
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::bad_parameters(self.faults)) }
    }
}

/// Refuses any parameter, for paths that take none.
pub(super) fn none(uri: &Uri) -> Result<(), Problem> {
    Params::parse(uri.query()).finish()
}

/// Decodes percent escapes and `+`; `None` where the bytes are not UTF-8.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(Cow::Borrowed(text));
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(Cow::Owned(decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CITY: Bounds = Bounds { west: 115.0, south: 39.0, east: 118.0, north: 41.5 };

    fn faults(params: Params<'_>) -> Vec<String> {
        let errors = params.finish().err().map(|p| p.errors).unwrap_or_default();
        errors.into_iter().map(|e| e.parameter).collect()
    }

    #[test]
    fn every_bad_parameter_is_named_at_once() {
        let mut q = Params::parse(Some("limit=x&lon=200&lat=1&colour=red"));
        q.integer("limit", 1..=10);
        q.position("lon", "lat", Datum::Wgs84, CITY);
        assert_eq!(faults(q), ["limit", "lon", "colour"]);
    }

    #[test]
    fn swapped_coordinates_are_recognised() {
        let mut q = Params::parse(Some("lon=39.98&lat=116.31"));
        assert_eq!(q.position("lon", "lat", Datum::Wgs84, CITY), None);
        let problem = q.finish().unwrap_err();
        assert!(problem.errors[0].detail.contains("lon=116.31&lat=39.98"), "{problem:?}");
    }

    #[test]
    fn half_a_position_asks_for_the_other_half() {
        let mut q = Params::parse(Some("lat=39.9"));
        q.position("lon", "lat", Datum::Wgs84, CITY);
        assert_eq!(faults(q), ["lon"]);
    }

    #[test]
    fn nan_and_infinity_are_not_numbers() {
        for bad in ["NaN", "inf", "-inf", "1e999", "", "0x10"] {
            let query = format!("lon={bad}&lat=1");
            let mut q = Params::parse(Some(&query));
            q.position("lon", "lat", Datum::Wgs84, CITY);
            assert_eq!(faults(q), ["lon"], "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_query_string_panics(query in ".{0,300}") {
            let mut q = Params::parse(Some(&query));
            q.text("text");
            q.bbox("bbox", Datum::Gcj02);
            q.position("lon", "lat", Datum::Bd09, CITY);
            let _ = q.finish();
        }
    }
}
