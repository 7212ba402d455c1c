//! Ways to rings, rings to areas.

use std::collections::HashMap;

use geo::{LineString, MultiPolygon, Validation};

use super::scan::{Raw, Relation, Way};
use crate::import::rings;

/// What became of a relation's ways.
#[derive(Debug)]
pub(super) enum Area {
    /// Valid as it is.
    Whole(MultiPolygon<f64>),
    /// Crossed itself; drawn anew it is valid.
    Repaired(MultiPolygon<f64>),
    /// The extract does not hold all its ways.
    Cut,
    /// It has a gap, or cannot be drawn; says what.
    Broken(String),
}

/// The area of a relation.
pub(super) fn area(raw: &Raw, relation: &Relation) -> Area {
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    for (id, is_hole) in &relation.ways {
        let Some(way) = raw.way(*id) else { return Area::Cut };
        let nodes = raw.nodes_of(way);
        if nodes.iter().any(|id| raw.position(*id).is_none()) {
            return Area::Cut;
        }
        if nodes.len() > 1 {
            if *is_hole { inner.push(nodes) } else { outer.push(nodes) }
        }
    }
    let joined = join(&outer).and_then(|outer| Ok((outer, join(&inner)?)));
    let (outer, inner) = match joined {
        Ok(rings) => rings,
        Err(node) => {
            let at = raw.position(node).map_or(String::new(), |c| format!(" ({}, {})", c.x, c.y));
            return Area::Broken(format!("its border has a gap at node/{node}{at}"));
        }
    };
    let line = |nodes: &Vec<i64>| -> LineString<f64> {
        nodes.iter().filter_map(|id| raw.position(*id)).collect()
    };
    let nested = rings::nest(outer.iter().map(line).collect(), inner.iter().map(line).collect());
    match nested {
        Err(detail) => Area::Broken(detail),
        Ok(area) if area.0.is_empty() => Area::Broken("it has no border".to_owned()),
        Ok(area) => checked(area),
    }
}

/// The area within a closed way; `None` where it is none.
pub(super) fn of_way(raw: &Raw, way: &Way) -> Option<MultiPolygon<f64>> {
    let nodes = raw.nodes_of(way);
    if nodes.len() < 4 || nodes.first() != nodes.last() {
        return None;
    }
    let ring = LineString::new(raw.line(way));
    Some(MultiPolygon::new(vec![geo::Polygon::new(ring, Vec::new())]))
}

fn checked(area: MultiPolygon<f64>) -> Area {
    use geo::unary_union;
    let Err(fault) = area.check_validation() else { return Area::Whole(area) };
    let drawn = unary_union(&area.0);
    if drawn.0.is_empty() || !drawn.is_valid() {
        return Area::Broken(fault.to_string());
    }
    Area::Repaired(drawn)
}

/// Joins pieces of border, end to end, to closed rings; the error is the node at which a
/// ring goes no further.
fn join(pieces: &[&[i64]]) -> Result<Vec<Vec<i64>>, i64> {
    let mut ends: HashMap<i64, Vec<usize>> = HashMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        ends.entry(piece[0]).or_default().push(at);
        ends.entry(piece[piece.len() - 1]).or_default().push(at);
    }
    let mut used = vec![false; pieces.len()];
    let mut rings = Vec::new();
    for start in 0..pieces.len() {
        if used[start] {
            continue;
        }
        used[start] = true;
        let mut ring = pieces[start].to_vec();
        while ring.first() != ring.last() {
            let Some(&end) = ring.last() else { break };
            let open = ends.get_mut(&end);
            let next = open.and_then(|open| {
                open.retain(|at| !used[*at]);
                open.pop()
            });
            let Some(next) = next else { return Err(end) };
            used[next] = true;
            let piece = pieces[next];
            if piece[0] == end {
                ring.extend_from_slice(&piece[1..]);
            } else {
                ring.extend(piece.iter().rev().skip(1));
            }
        }
        rings.push(ring);
    }
    Ok(rings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_in_any_order_and_turn_become_rings() {
        let pieces: [&[i64]; 4] = [&[1, 2, 3], &[5, 4, 3], &[5, 1], &[7, 8, 9, 7]];
        let mut rings = join(&pieces).unwrap();
        rings.sort_by_key(Vec::len);
        assert_eq!(rings, [vec![7, 8, 9, 7], vec![1, 2, 3, 4, 5, 1]]);
    }

    #[test]
    fn a_gap_is_named() {
        assert_eq!(join(&[&[1, 2, 3], &[3, 4]]), Err(4));
        assert_eq!(join(&[]), Ok(Vec::new()));
    }
}
