//! Everything that is told without a key, taken together: no sum or difference of it is a
//! count below *k*.
//!
//! The unknowns are what one would like to know: how many tickets a month has in each of the
//! smallest cells of the map, and how many without a place. Each figure that any request
//! without a key brings is an equation over them. The equations are solved exactly. What can
//! be computed by sums and differences is then the sums of whole solutions, provided that no
//! two of these share an unknown; so that is what is looked at, and whether each has *k*.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Released;
use super::equations::{Equation, Fraction, reduced};
use crate::harness::{Server, city};
use crate::writes::make_key;

const K: u64 = 20;
/// Zoom of the smallest cells.
const FINEST: u32 = 16;

/// A smallest cell of a month; `None` for what has no place.
type Unknown = (String, Option<(u64, u64)>);

/// A tile: zoom, column, row.
type Tile = (u32, u64, u64);

/// A figure: what it is of, and how many that are.
type Figure = (BTreeSet<usize>, u64);

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

fn tile(cell: &Value) -> Tile {
    (whole(&cell["z"]) as u32, whole(&cell["x"]), whole(&cell["y"]))
}

fn is_in((z, x, y): Tile, (zoom, column, row): Tile) -> bool {
    z >= zoom && (x >> (z - zoom), y >> (z - zoom)) == (column, row)
}

/// What is known to whoever counts with a key: the truth.
struct Truth {
    unknowns: Vec<Unknown>,
    counts: Vec<u64>,
}

impl Truth {
    fn ask(server: &Server, key: &str, months: &[Value]) -> Self {
        let mut counts: BTreeMap<Unknown, u64> = BTreeMap::new();
        for month in months {
            let (from, to) = (month["begins"].as_str().unwrap(), month["ends"].as_str().unwrap());
            let path = format!("/v1/density?zoom=8&grid=8&from={from}&to={to}");
            let bearer = format!("Bearer {key}");
            let answer = server.get_with(&path, &[("authorization", &bearer)]);
            assert_eq!(answer.status, 200, "{}", answer.text());
            let (answer, name) = (answer.json(), month["month"].as_str().unwrap());
            for cell in answer["cells"].as_array().unwrap() {
                let place = Some((whole(&cell["x"]), whole(&cell["y"])));
                counts.insert((name.to_owned(), place), whole(&cell["count"]));
            }
            counts.insert((name.to_owned(), None), whole(&answer["unplaced"]));
        }
        let (unknowns, counts) = counts.into_iter().unzip();
        Self { unknowns, counts }
    }

    /// The unknowns of a month in some tiles; with what is in none of them instead if `outside`.
    fn of(&self, month: &str, tiles: &[Tile], outside: bool) -> BTreeSet<usize> {
        let numbered = self.unknowns.iter().enumerate();
        let of_month = numbered.filter(|(_, (of, _))| of == month);
        let within = of_month.filter(|(_, (_, place))| {
            let inside =
                place.is_some_and(|(x, y)| tiles.iter().any(|tile| is_in((FINEST, x, y), *tile)));
            inside != outside
        });
        within.map(|(i, _)| i).collect()
    }
}

/// Figures, and the months with their cells.
struct Gathered<'s> {
    server: &'s Server,
    truth: Truth,
    cells: BTreeMap<String, Vec<Tile>>,
    figures: Vec<Figure>,
}

impl Gathered<'_> {
    fn add(&mut self, of: BTreeSet<usize>, count: u64) {
        let truth: u64 = of.iter().map(|i| self.truth.counts[*i]).sum();
        assert_eq!(count, truth, "what is told is true");
        self.figures.push((of, count));
    }

    /// A month as it is listed, and its cells.
    fn month(&mut self, month: &Value) {
        let name = month["month"].as_str().unwrap();
        let answer = self.server.json(&format!("/v1/release/{name}"));
        let features = answer["features"].as_array().unwrap();
        let tiles: Vec<Tile> = features.iter().map(|f| tile(&f["properties"])).collect();
        for (feature, tile) in features.iter().zip(&tiles) {
            let of = self.truth.of(name, &[*tile], false);
            self.add(of, whole(&feature["properties"]["count"]));
        }
        let mut all = self.truth.of(name, &tiles, false);
        if let Some(count) = month["elsewhere"].as_u64() {
            let elsewhere = self.truth.of(name, &tiles, true);
            all.extend(&elsewhere);
            self.add(elsewhere, count);
        }
        self.add(all, whole(&month["total"]));
        self.cells.insert(name.to_owned(), tiles);
    }

    /// What `/v1/density` says without a key.
    fn density(&mut self, query: &str) {
        let answer = self.server.json(&format!("/v1/density?{query}"));
        let months = answer["months"].as_array().unwrap();
        for cell in answer["cells"].as_array().unwrap() {
            let mut of = BTreeSet::new();
            for month in months {
                let name = month.as_str().unwrap();
                let within = |own: &Tile| is_in(*own, tile(cell));
                let own: Vec<_> = self.cells[name].iter().copied().filter(within).collect();
                of.extend(self.truth.of(name, &own, false));
            }
            self.add(of, whole(&cell["count"]));
        }
    }
}

/// What the figures tell by sums and differences; the error names a count that they should not.
fn solved(figures: &[Figure]) -> Result<usize, String> {
    // Unknowns that are in the same figures are one.
    let mut in_figures: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let distinct: BTreeSet<&Figure> = figures.iter().collect();
    for (n, (of, _)) in distinct.iter().enumerate() {
        for i in of {
            in_figures.entry(*i).or_default().push(n);
        }
    }
    let alike: BTreeSet<&Vec<usize>> = in_figures.values().collect();
    let number: BTreeMap<&Vec<usize>, usize> = alike.into_iter().zip(0..).collect();
    let mut equations: Vec<Equation> = distinct
        .iter()
        .map(|(of, count)| {
            let unknowns: BTreeSet<usize> = of.iter().map(|i| number[&in_figures[i]]).collect();
            Equation::of(unknowns, *count)
        })
        .collect();
    equations.sort_by_key(|equation| equation.factors.len());
    let solutions = reduced(equations);
    let mut seen = BTreeSet::new();
    for Equation { factors, sum } in &solutions {
        for (unknown, factor) in factors {
            if *factor != Fraction::ONE || !seen.insert(*unknown) {
                return Err(format!("figures overlap: {factors:?}"));
            }
        }
        if (0..K).any(|small| *sum == Fraction::from(small)) {
            return Err(format!("a count of {sum:?}"));
        }
    }
    Ok(solutions.len())
}

#[test]
fn no_sum_or_difference_of_what_is_public_is_below_k() {
    let released = Released::new("20000");
    let key = make_key(&city(), &released.path(), "analyst");
    let server = released.serve();
    let list = server.json("/v1/release");
    let months = list["releases"].as_array().unwrap();
    assert!(months.len() > 40);
    let truth = Truth::ask(&server, &key, months);
    let mut all = Gathered { server: &server, truth, cells: BTreeMap::new(), figures: Vec::new() };
    for month in months {
        all.month(month);
    }
    let cells: usize = all.cells.values().map(Vec::len).sum();
    for zoom in [0, 2, 4, 5, 6, 8, 11] {
        all.density(&format!("zoom={zoom}&grid=5"));
    }
    let edge = |i: usize, edge: &str| months[i][edge].as_str().unwrap();
    for (first, last) in [(0, 0), (1, 2), (3, 7), (8, 20), (20, 43), (30, 31)] {
        let (from, to) = (edge(first, "begins"), edge(last.min(months.len() - 1), "ends"));
        all.density(&format!("zoom=4&grid=6&from={from}&to={to}"));
        all.density(&format!("zoom=10&grid=6&to={to}"));
        // Boxes that cut cells.
        all.density(&format!("zoom=6&from={from}&bbox=116.3,39.8,116.401,39.931"));
        all.density(&format!("zoom=9&to={to}&bbox=116.4,39.9,116.4000001,39.9000001"));
    }
    let figures = all.figures;
    assert!(figures.len() > cells + 2 * months.len(), "{} figures of {cells} cells", figures.len());
    let solutions = solved(&figures).unwrap();
    let told = months.iter().filter(|month| !month["elsewhere"].is_null()).count();
    assert_eq!(solutions, cells + told, "nothing follows but what was published");

    // The attack would find what it looks for: a cell without one of its tickets' places.
    let (largest, _) = figures.iter().max_by_key(|(of, _)| of.len()).unwrap();
    let few = *largest.iter().min_by_key(|i| all.truth.counts[**i]).unwrap();
    let rest: BTreeSet<usize> = largest.iter().copied().filter(|i| *i != few).collect();
    let count = rest.iter().map(|i| all.truth.counts[*i]).sum();
    let cut = [figures.clone(), vec![(rest, count)]].concat();
    assert!(solved(&cut).is_err());
    server.assert_log_clean();
}
