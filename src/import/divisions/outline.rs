//! Outlines made valid.

use geo::algorithm::bool_ops::{FillRule, OpType};
use geo::algorithm::orient::Direction;
use geo::{
    BooleanOps, ChamberlainDuquetteArea, CoordsIter, Geometry, MultiPolygon, Orient, Validation,
};

/// The area of a geometry.
///
/// # Errors
/// Where it is no area, or has a coordinate that is no number.
pub(super) fn area(geometry: Geometry<f64>) -> Result<MultiPolygon<f64>, String> {
    let area = match geometry {
        Geometry::Polygon(polygon) => MultiPolygon::new(vec![polygon]),
        Geometry::MultiPolygon(area) => area,
        Geometry::Rect(rect) => MultiPolygon::new(vec![rect.to_polygon()]),
        Geometry::GeometryCollection(parts) => {
            let parts = parts.0.into_iter().map(area).collect::<Result<Vec<_>, _>>()?;
            parts.into_iter().flatten().collect()
        }
        _ => return Err("is no polygon".to_owned()),
    };
    if area.coords_iter().any(|c| !c.x.is_finite() || !c.y.is_finite()) {
        return Err("has a coordinate that is no number".to_owned());
    }
    if area.0.is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(area)
}

/// The area as it is, if it is valid; else the area that its lines enclose, with what was
/// wrong.
///
/// # Errors
/// Where nothing is left of it.
pub(super) fn repaired(
    area: MultiPolygon<f64>,
) -> Result<(MultiPolygon<f64>, Option<String>), String> {
    let Some(fault) = area.validation_errors().into_iter().next() else { return Ok((area, None)) };
    // Outer rings one way and holes the other, so that holes stay holes.
    let lines = area.orient(Direction::Default);
    let nothing = MultiPolygon::<f64>::new(Vec::new());
    let whole = lines.boolean_op_with_fill_rule(&nothing, OpType::Union, FillRule::NonZero);
    let size = square_metres(&whole);
    if whole.0.is_empty() || size < 1.0 || !whole.is_valid() {
        return Err(format!("is no outline of an area ({fault}), and cannot be repaired"));
    }
    Ok((whole, Some(format!("{fault}; it has {size:.0} m² now"))))
}

/// The size of an area on the sphere.
pub(super) fn square_metres(area: &MultiPolygon<f64>) -> f64 {
    area.chamberlain_duquette_unsigned_area()
}
