use std::collections::{BTreeMap, HashMap};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::geo::LonLat;

/// Sixteen smallest cells, four tiles of four.
const ROOT: TileId = TileId { z: FINEST - 2, x: 13_490, y: 6_210 };
const K: u64 = LEAST_K;

/// The smallest cell in a column and a row of [`ROOT`].
fn cell(column: u32, row: u32) -> (u32, u32) {
    (ROOT.x * 4 + column, ROOT.y * 4 + row)
}

/// The partition of so many tickets in cells, which may come twice.
fn of(places: &[((u32, u32), u64)], k: u64) -> Partition {
    let mut along: BTreeMap<u64, (u32, u32, u64)> = BTreeMap::new();
    for ((x, y), count) in places.iter().filter(|(_, count)| *count > 0) {
        along.entry(morton(World { x: *x, y: *y })).or_insert((*x, *y, 0)).2 += count;
    }
    partition(ROOT, &along.into_values().collect::<Vec<_>>(), k)
}

fn counts(partition: &Partition) -> Vec<(u8, u64)> {
    partition.cells.iter().map(|cell| (cell.tile.z, cell.count)).collect()
}

#[test]
fn dense_quarters_are_cut_off_and_few_tickets_left_out() {
    // One in the third quarter, which alone would keep the tile whole.
    let places = [(cell(0, 0), 20), (cell(2, 0), 30), (cell(0, 2), 1)];
    assert_eq!(counts(&of(&places, 20)), [(FINEST - 1, 20), (FINEST - 1, 30)]);
    assert_eq!(of(&places, 20).left, 1);
    // More than a tenth would be lost.
    let places = [(cell(0, 0), 20), (cell(2, 0), 30), (cell(0, 2), 6)];
    assert_eq!(counts(&of(&places, 20)), [(FINEST - 2, 56)]);
    // Inside of the only dense quarter two cells are dense.
    let places = [(cell(0, 0), 20), (cell(1, 0), 30), (cell(3, 3), 5)];
    assert_eq!(counts(&of(&places, 20)), [(FINEST, 20), (FINEST, 30)]);
}

#[test]
fn what_is_hard_to_cut_stays_whole() {
    for places in [
        vec![(cell(1, 1), 5000)],
        vec![(cell(0, 0), 19), (cell(3, 3), 19)],
        vec![(cell(0, 0), 19), (cell(0, 1), 19), (cell(1, 0), 19), (cell(1, 1), 19)],
        vec![(cell(0, 0), 21), (cell(1, 0), 19)],
        (0..16).map(|i| (cell(i % 4, i / 4), 3)).collect(),
    ] {
        let all = places.iter().map(|(_, n)| n).sum();
        assert_eq!(counts(&of(&places, 20)), [(FINEST - 2, all)], "{places:?}");
    }
    assert_eq!(of(&[(cell(0, 0), 19)], 20), Partition { cells: Vec::new(), left: 19 });
    assert_eq!(of(&[], 20), Partition { cells: Vec::new(), left: 0 });
    assert_eq!(of(&[((0, 0), 50)], 20), Partition { cells: Vec::new(), left: 50 });
}

#[test]
fn the_root_is_the_smallest_tile_around_a_box() {
    let bounds = Bounds { west: 116.3, south: 39.9, east: 116.5, north: 40.0 };
    let root = root(bounds);
    let tile_of = |z: u8, lon, lat| World::project(LonLat::new(lon, lat)).cell(u32::from(z));
    assert_eq!((root.x, root.y), tile_of(root.z, bounds.west, bounds.south));
    assert_eq!((root.x, root.y), tile_of(root.z, bounds.east, bounds.north));
    let corners =
        |z| (tile_of(z, bounds.west, bounds.north), tile_of(z, bounds.east, bounds.south));
    let (a, b) = corners(root.z + 1);
    assert_ne!(a, b);
    let world = Bounds { west: -180.0, south: -90.0, east: 180.0, north: 90.0 };
    assert_eq!(super::root(world), TileId { z: 0, x: 0, y: 0 });
    let here = Bounds { west: 116.3, south: 39.9, east: 116.3, north: 39.9 };
    assert_eq!(super::root(here).z, FINEST);
}

/// What the public learns of a month: cells, what is in none of them, and whether there is
/// a release at all.
type Told = (Vec<ReleasedCell>, Option<u64>, bool);

fn told(partition: Partition, unplaced: u64) -> Told {
    let elsewhere = partition.left + unplaced;
    let all = elsewhere + kept(&partition.cells);
    (partition.cells, Some(elsewhere).filter(|n| *n >= K), all >= K)
}

fn kept(cells: &[ReleasedCell]) -> u64 {
    cells.iter().map(|cell| cell.count).sum()
}

/// Every way to spread `tickets` over `places`.
fn spreads(tickets: u64, places: usize, each: &mut dyn FnMut(&[u64])) {
    fn go(left: u64, at: usize, spread: &mut Vec<u64>, each: &mut dyn FnMut(&[u64])) {
        if at + 1 == spread.len() {
            spread[at] = left;
            return each(spread);
        }
        for n in 0..=left {
            spread[at] = n;
            go(left - n, at + 1, spread, each);
        }
    }
    go(tickets, 0, &mut vec![0; places], each);
}

/// What somebody computes who knows `method`, `k`, and even that tickets can be at these few
/// places or nowhere: every month of up to `most` tickets is tried, and what gives the same
/// figures is put together. Where the count of some of the places is the same in all of them,
/// it was computed. Gives back the figures and the places, as bits, of a count below `k`.
fn attacked(
    method: impl Fn(&[((u32, u32), u64)]) -> Partition,
    cells: &[(u32, u32)],
    most: u64,
) -> Option<(Told, usize)> {
    let places = cells.len() + 1;
    let sets = 1 << places;
    // Lowest and highest count of each set of places, by what is told.
    let mut known: HashMap<Told, Vec<(u64, u64)>> = HashMap::new();
    for tickets in 0..=most {
        spreads(tickets, places, &mut |spread| {
            let placed: Vec<_> = cells.iter().copied().zip(spread.iter().copied()).collect();
            let told = told(method(&placed), spread[places - 1]);
            let bounds = known.entry(told).or_insert_with(|| vec![(u64::MAX, 0); sets]);
            for (set, (low, high)) in bounds.iter_mut().enumerate() {
                let within = spread.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1);
                let count: u64 = within.map(|(_, n)| n).sum();
                *low = (*low).min(count);
                *high = (*high).max(count);
            }
        });
    }
    let mut computed = 0;
    for (told, bounds) in known {
        // Months with more tickets than were tried may give the same figures.
        if told.1.is_none() && kept(&told.0) + K > most + 1 {
            continue;
        }
        for (set, (low, high)) in bounds.into_iter().enumerate().skip(1) {
            if low == high && low < K {
                return Some((told, set));
            }
            computed += usize::from(low == high);
        }
    }
    assert!(computed > 0, "not even the figures themselves were computed");
    None
}

#[test]
fn no_month_of_a_few_places_tells_a_count_below_k() {
    let method = |placed: &[((u32, u32), u64)]| of(placed, K);
    // Four quarters of one tile.
    let quarters = [cell(0, 0), cell(2, 0), cell(0, 2), cell(2, 2)];
    assert_eq!(attacked(method, &quarters, 26), None);
    // Two cells in each of two quarters; one alone in a third.
    let pairs = [cell(0, 0), cell(1, 0), cell(2, 0), cell(3, 1), cell(0, 3)];
    assert_eq!(attacked(method, &pairs, 19), None);
    // A whole quarter, and one cell beyond it.
    let whole = [cell(0, 0), cell(1, 0), cell(0, 1), cell(1, 1), cell(3, 3)];
    assert_eq!(attacked(method, &whole, 19), None);
}

/// Methods that look as good, and are not: the attack finds them.
#[test]
fn the_attack_finds_what_other_methods_tell() {
    let quarters = [cell(0, 0), cell(2, 0), cell(0, 2), cell(2, 2)];
    let released = |count: u64, i: u32| {
        let (x, y) = quarters[i as usize];
        ReleasedCell { tile: TileId { z: FINEST - 1, x: x / 2, y: y / 2 }, count }
    };
    let whole = |count| vec![ReleasedCell { tile: ROOT, count }];
    // Every quarter with k, whatever is left.
    let greedy = |placed: &[((u32, u32), u64)]| {
        let all: u64 = placed.iter().map(|(_, n)| n).sum();
        let dense = placed.iter().zip(0..).filter(|((_, n), _)| *n >= K);
        let mut cells: Vec<_> = dense.map(|((_, n), i)| released(*n, i)).collect();
        if cells.is_empty() && all >= K {
            cells = whole(all);
        }
        Partition { left: all - kept(&cells), cells }
    };
    assert!(attacked(greedy, &quarters, 20).is_some());
    // Small counts left out of a table that has its total.
    let suppressed = |placed: &[((u32, u32), u64)]| {
        let all: u64 = placed.iter().map(|(_, n)| n).sum();
        let dense = placed.iter().zip(0..).filter(|((_, n), _)| *n >= K);
        let mut cells: Vec<_> = dense.map(|((_, n), i)| released(*n, i)).collect();
        cells.extend(whole(all).into_iter().filter(|_| all >= K));
        Partition { cells, left: 0 }
    };
    assert!(attacked(suppressed, &quarters, 20).is_some());
}

proptest! {
    #[test]
    fn a_partition_is_one_and_every_cell_has_k(
        places in vec(((0_u32..5, 0_u32..4), 0_u64..60), 0..24), k in K..40,
    ) {
        let places: Vec<_> = places.into_iter().map(|((x, y), n)| (cell(x, y), n)).collect();
        let partition = of(&places, k);
        let all: u64 = places.iter().map(|(_, n)| n).sum();
        let kept: u64 = partition.cells.iter().map(|c| c.count).sum();
        prop_assert_eq!(kept + partition.left, all);
        let inside = |tile: TileId, (x, y): (u32, u32)| {
            let shift = FINEST - tile.z;
            (x >> shift, y >> shift) == (tile.x, tile.y)
        };
        for released in &partition.cells {
            prop_assert!(released.count >= k);
            let within = places.iter().filter(|(at, _)| inside(released.tile, *at));
            prop_assert_eq!(within.map(|(_, n)| n).sum::<u64>(), released.count);
        }
        for (at, _) in &places {
            prop_assert!(partition.cells.iter().filter(|c| inside(c.tile, *at)).count() <= 1);
        }
        let codes = partition.cells.iter().map(|c| {
            morton(World { x: c.tile.x, y: c.tile.y }) << (2 * (FINEST - c.tile.z))
        });
        prop_assert!(codes.is_sorted());
    }

    /// The reasoning of this method, tried on random months: all tickets of a cell in one
    /// place, and those of no cell nowhere.
    #[test]
    fn the_tickets_of_a_cell_may_all_be_in_any_place_of_it(
        places in vec(((0_u32..4, 0_u32..4), 0_u64..60), 1..24), k in K..40, pick: u32,
    ) {
        let places: Vec<_> = places.into_iter().map(|((x, y), n)| (cell(x, y), n)).collect();
        let partition = of(&places, k);
        let mut moved: Vec<_> = partition.cells.iter().map(|released| {
            let side = 1 << (FINEST - released.tile.z);
            let place = (pick % side, pick / 7 % side);
            let at = (released.tile.x * side + place.0, released.tile.y * side + place.1);
            (at, released.count)
        }).collect();
        prop_assert_eq!(&of(&moved, k).cells, &partition.cells);
        // And one ticket of no cell in any place outside of them.
        let outside = (0..16).map(|i| cell(i % 4, i / 4)).filter(|(x, y)| {
            !partition.cells.iter().any(|c| {
                let shift = FINEST - c.tile.z;
                (x >> shift, y >> shift) == (c.tile.x, c.tile.y)
            })
        });
        for at in outside.collect::<Vec<_>>() {
            moved.push((at, 1));
            prop_assert_eq!(&of(&moved, k).cells, &partition.cells);
            moved.pop();
        }
    }
}
