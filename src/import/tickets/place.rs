//! Where a ticket is, how that is known, and whose ground it was.

use std::borrow::Cow;

use geo::Geometry;
use jiff::civil::Date;

use super::draft::Reader;
use super::ground::{Spot, ground};
use super::{NoPlace, Placed};
use crate::city::{Level, LocatedBy, TicketDivisions};
use crate::geo::{Datum, LonLat};
use crate::import::report::Notes;
use crate::import::row::Row;
use crate::import::{value, words};

impl Reader<'_> {
    /// Where a ticket is: by its position, or else by its address. A ticket may have neither.
    pub(super) fn spot(
        &self,
        row: &Row,
        reasons: &mut Vec<String>,
        notes: &mut Notes,
    ) -> Option<Spot> {
        let accuracy_m = self.accuracy(row, reasons);
        let wrong = reasons.len();
        if let Some(at) = self.location(row, reasons, notes) {
            let said = self.text(row, "located_by").and_then(|word| LocatedBy::parse(&word));
            let usual = match self.datum {
                Datum::Wgs84 | Datum::Cgcs2000 => LocatedBy::Given,
                Datum::Gcj02 | Datum::Bd09 => LocatedBy::Converted,
            };
            return Some(Spot { at, by: said.unwrap_or(usual), accuracy_m, division: None });
        }
        // A position that is wrong is to be corrected, not to be passed over.
        if reasons.len() > wrong {
            return None;
        }
        let address = self.text(row, "address")?;
        match self.terms.places.find(&address, self.text(row, "district").as_deref()) {
            Ok(Placed { at, by, accuracy_m, division }) => {
                let what = format!("has no position and was placed by its address ({})", by.key());
                notes.add(&what, &row.place, &format!("within {accuracy_m:.0} m"));
                Some(Spot { at, by, accuracy_m: Some(accuracy_m), division })
            }
            Err(why) => {
                let why = match why {
                    NoPlace::Unknown => "its address is not known here",
                    NoPlace::Several => "its address may be in several places",
                };
                notes.add(&format!("has no position, and {why}"), &row.place, "");
                None
            }
        }
    }

    fn accuracy(&self, row: &Row, reasons: &mut Vec<String>) -> Option<f64> {
        let text = self.text(row, "accuracy_m")?;
        let metres = text.parse().ok().filter(|m: &f64| m.is_finite() && *m >= 0.0);
        if metres.is_none() {
            reasons.push(format!("accuracy_m: \"{text}\" is no number of metres"));
        }
        metres
    }

    /// Whose ground it was on a day, or whose it is now where it is open: as the row has it from whoever asked before, by the position, or
    /// by the names of the row.
    pub(super) fn ground(
        &self,
        row: &Row,
        spot: Option<&Spot>,
        (day, open): (Date, bool),
        reasons: &mut Vec<String>,
        notes: &mut Notes,
    ) -> TicketDivisions {
        if let Some(text) = self.text(row, "divisions_on") {
            let [district, township, community] =
                Level::ALL.map(|level| self.text(row, level.key()).map(Cow::into_owned));
            let on = value::day(&text);
            if on.is_none() {
                reasons.push(format!("divisions_on: \"{text}\" is no date such as 2026-01-31"));
            }
            return TicketDivisions { district, township, community, on };
        }
        let Some(spot) = spot else { return self.divisions(row, notes) };
        let ask = |at: LonLat| (self.terms.divisions)(at, day, open);
        let found = ground(self.terms.city, spot, day, &ask);
        if found.district.is_none() && !self.terms.city.manifest.bounds.contains(spot.at) {
            notes.add("position: it is outside the city, in no division of it", &row.place, "");
        }
        found
    }

    /// The position, WGS-84. One outside the city is kept: callers ask for places there too.
    fn location(&self, row: &Row, reasons: &mut Vec<String>, notes: &mut Notes) -> Option<LonLat> {
        let raw = self.raw(row, reasons)?;
        if raw.lon == 0.0 && raw.lat == 0.0 {
            notes.add("position: 0, 0 stands for one that is not known", &row.place, "");
            return None;
        }
        let bounds = self.terms.city.manifest.bounds;
        let within = |p: LonLat| p.is_valid() && bounds.contains(self.datum.to_wgs84(p));
        let shown = format!("{}, {}", raw.lon, raw.lat);
        if within(LonLat::new(raw.lat, raw.lon)) && !within(raw) {
            reasons.push(format!("position: {shown} has longitude and latitude swapped"));
            return None;
        }
        if !raw.is_valid() {
            reasons.push(format!("position: {shown} is not on the globe"));
            return None;
        }
        Some(self.datum.to_wgs84(raw))
    }

    /// The position as the row has it.
    fn raw(&self, row: &Row, reasons: &mut Vec<String>) -> Option<LonLat> {
        if let Some(Geometry::Point(at)) = &row.geometry {
            return Some(LonLat::new(at.x(), at.y()));
        }
        let told = match (self.text(row, "lon"), self.text(row, "lat")) {
            (Some(lon), Some(lat)) => {
                value::degrees(&lon).and_then(|lon| Ok(LonLat::new(lon, value::degrees(&lat)?)))
            }
            (None, None) => {
                let pair = self.text(row, "position")?;
                value::pair(&pair).map(|(lon, lat)| LonLat::new(lon, lat))
            }
            _ => Err("one of longitude and latitude is missing".to_owned()),
        };
        told.map_err(|why| reasons.push(format!("position: {why}"))).ok()
    }

    /// The divisions that the row names, for a ticket without a position.
    fn divisions(&self, row: &Row, notes: &mut Notes) -> TicketDivisions {
        let mut named = |level: Level| {
            let word = self.text(row, level.key())?;
            let code = self.divisions.get(&(level, words::fold(&word)));
            let code = code.filter(|code| !code.is_empty()).cloned();
            if code.is_none() {
                let what = format!("{}: it is none of the city, or may be several", level.key());
                notes.add(&what, &row.place, &format!("\"{word}\""));
            }
            code
        };
        let [district, township, community] = Level::ALL.map(&mut named);
        TicketDivisions { district, township, community, on: None }
    }
}
