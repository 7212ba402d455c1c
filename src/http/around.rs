//! From where, how far and how many: what lists around a position take alike.

use std::ops::RangeInclusive;

use super::caller::Asked;
use super::params::Params;
use crate::city::Lang;
use crate::geo::{Datum, LonLat};

/// What a list around a position was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// The language of names.
    pub(super) lang: Lang,
    /// The datum of all coordinates of question and answer.
    pub(super) crs: Datum,
    /// The position, WGS-84.
    pub(super) at: Option<LonLat>,
    /// Metres around it.
    pub(super) radius: Option<f64>,
    /// How many on a page.
    pub(super) limit: usize,
}

impl Around {
    /// Reads `lang`, `crs`, `lon` and `lat`, a `radius` within `reach`, and a `limit` of at
    /// most `most`, which is `usual` where it is left out.
    pub(super) fn read(
        q: &mut Params<'_>,
        asked: &Asked,
        reach: RangeInclusive<f64>,
        (usual, most): (usize, usize),
    ) -> Self {
        let lang = asked.lang(q);
        let crs = q.crs();
        let at = q.position("lon", "lat", crs, asked.bounds());
        let radius = q.number_in("radius", reach);
        let limit = q.integer("limit", 1..=most).unwrap_or(usual);
        Self { lang, crs, at, radius, limit }
    }

    /// Refuses a radius around nothing.
    pub(super) fn needs_position(&self, q: &mut Params<'_>) {
        if self.radius.is_some() && self.at.is_none() && !q.is_bad("lon") && !q.is_bad("lat") {
            q.fault("radius", "is measured from a position; give lon and lat");
        }
    }
}
