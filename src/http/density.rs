//! How tickets lie on the map, as JSON: squares aligned with the world, or hexagons of H3.

use std::sync::Arc;

use axum::response::Response;
use h3o::Resolution;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Asked;
use super::counts::aside;
use super::params::Params;
use super::problem::Problem;
use super::rate;
use super::release;
use super::ticket_filter::{Compared, GRID, GRIDS, TicketParams, beside, compare, filter};
use crate::access::Role;
use crate::index::TicketFilter;
use crate::index::tickets::{TicketIndex, TooManyCells};

/// Cells of one answer at most.
const MOST_CELLS: usize = 65_536;
/// The deepest grid: cells of 10 m.
const DEEPEST: u8 = 22;
/// Tickets that are put into hexagons at most: some seconds of one core.
const MOST_IN_HEXAGONS: usize = 5_000_000;

/// Tickets by cell.
#[derive(Serialize, ToSchema)]
struct Density<'a> {
    /// How many tickets fit.
    total: u64,
    /// Of them those without a position, which are in no cell.
    unplaced: u64,
    /// The grid has 2^zoom columns and rows over the square of web mercator, like tiles; left
    /// out for hexagons.
    #[serde(skip_serializing_if = "Option::is_none")]
    zoom: Option<u8>,
    /// The resolution of the hexagons; left out for squares.
    #[serde(skip_serializing_if = "Option::is_none")]
    res: Option<u8>,
    /// The cells that are not empty.
    cells: Vec<CellView>,
    /// Whether made-up tickets are among those that are kept.
    synthetic: bool,
    /// The last change that is counted.
    seq: u64,
    /// Version of the snapshot.
    version: &'a str,
}

/// A cell: a tile of the grid's zoom, or a hexagon.
#[derive(Serialize, ToSchema)]
struct CellView {
    /// Column, of a square.
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<u32>,
    /// Row, of a square.
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<u32>,
    /// Index of H3, of a hexagon.
    #[serde(skip_serializing_if = "Option::is_none")]
    h3: Option<String>,
    count: u64,
    /// With `metric=rate`, how many in a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<f64>,
    /// With `compare`, how it was in the other time.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Compared>,
}

/// Into what tickets are put.
#[derive(Clone, Copy)]
enum Grid {
    /// Squares of 2^zoom columns.
    Squares(u8),
    Hexagons(Resolution),
}

/// The name of a cell: column and row, or the index of H3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Square(u32, u32),
    Hexagon(u64),
}

/// How tickets lie on the map: counts in the cells of a grid that is aligned with the world,
/// so that four cells add up to the one above them. Exact under any filter.
///
/// Takes a key of the role analyst. Without a key it gives the public figures (`/v1/release`):
/// `zoom`, `grid`, `bbox`, and `from` and `to` at the ends of released months; the cells then
/// have their own zoom, `z`.
#[utoipa::path(get, path = "/v1/density", tag = "tickets",
    params(
        ("zoom" = Option<u8>, Query, description = "Zoom of the map, 0 to 20; 10 if left out"),
        ("grid" = Option<String>, Query, description = "A tile of that zoom has 2^grid cells along its side: 5 to 8; 6 if left out. The cells' zoom is at most 22. Or h3 for hexagons, of at most 5,000,000 tickets"),
        ("res" = Option<u8>, Query, description = "With grid=h3, the resolution: 0 to 15; 8 if left out"),
        ("metric" = Option<String>, Query, description = "count, or rate to have how many in a month too"),
        ("per" = Option<String>, Query, description = "With metric=rate: month; the residents of a cell are not known"),
        ("compare" = Option<String>, Query, description = "Another time, FROM/TO, under the same filter"),
        TicketParams),
    responses(
        (status = 200, description = "The counts; without a key the public figures", body = Density),
        (status = 400, description = "A parameter is bad, or there are too many cells", body = Problem),
        (status = 401, description = "There is no key that holds", body = Problem),
        (status = 403, description = "The key has another role", body = Problem)),
    security(("key" = [])))]
pub(super) async fn density(asked: Asked) -> Result<Response, Problem> {
    if asked.is_public() {
        return release::density(&asked);
    }
    asked.require(Role::Analyst)?;
    let mut q = asked.params();
    let filter = filter(&mut q, &asked.snapshot);
    let months = rate::months(&mut q, &filter, &asked.snapshot);
    let other = compare(&mut q, &filter, &asked.snapshot);
    let grid = grid(&mut q);
    q.finish()?;
    let tickets = Arc::clone(&asked.snapshot.tickets);
    let counted = aside(move || {
        let (cells, unplaced) = count(&tickets, &filter, grid)?;
        let scale = other.as_ref().map(|other| other.scale);
        let other = other.map(|other| count(&tickets, &other.filter, grid)).transpose()?;
        Ok((beside(cells, other.map(|(cells, _)| cells).unwrap_or_default(), scale), unplaced))
    });
    let (cells, unplaced) = counted.await?.map_err(|refused: Refused| match refused {
        Refused::Cells => {
            let detail =
                format!("there are more than {MOST_CELLS} cells; ask for a box, or a lower zoom");
            Problem::bad_parameter("zoom", detail)
        }
        Refused::Tickets(count) => {
            let detail = format!(
                "h3 takes {MOST_IN_HEXAGONS} tickets at most, and {count} fit; ask for less time, \
                 fewer kinds or a box"
            );
            Problem::bad_parameter("grid", detail)
        }
    })?;
    let view = |(cell, count, compared): (Cell, u64, Option<Compared>)| {
        let (square, h3) = match cell {
            Cell::Square(x, y) => (Some((x, y)), None),
            Cell::Hexagon(index) => (None, Some(format!("{index:x}"))),
        };
        CellView {
            x: square.map(|(x, _)| x),
            y: square.map(|(_, y)| y),
            h3,
            count,
            rate: months.map(|months| count as f64 / months),
            compared,
        }
    };
    let (zoom, res) = match grid {
        Grid::Squares(zoom) => (Some(zoom), None),
        Grid::Hexagons(resolution) => (None, Some(u8::from(resolution))),
    };
    asked.private_json(&Density {
        total: cells.iter().map(|(_, count, _)| count).sum::<u64>() + unplaced,
        unplaced,
        zoom,
        res,
        cells: cells.into_iter().map(view).collect(),
        synthetic: asked.snapshot.tickets.is_synthetic(),
        seq: asked.snapshot.tickets.seq(),
        version: &asked.snapshot.version,
    })
}

fn grid(q: &mut Params<'_>) -> Grid {
    let zoom = q.integer("zoom", 0..=20_u8).unwrap_or(10);
    let expected = format!("a number from {} to {}, or h3", GRIDS.start(), GRIDS.end());
    // `None` stands for hexagons.
    let grid = q.read("grid", &expected, |text| match text {
        "h3" => Some(None),
        _ => text.parse().ok().filter(|grid| GRIDS.contains(grid)).map(Some),
    });
    let res = q.integer("res", 0..=15_u8);
    match grid.unwrap_or(Some(GRID)) {
        None => {
            let resolution = res.and_then(|res| Resolution::try_from(res).ok());
            Grid::Hexagons(resolution.unwrap_or(Resolution::Eight))
        }
        Some(grid) => {
            if res.is_some() {
                q.fault("res", "is for grid=h3");
            }
            Grid::Squares((zoom + grid).min(DEEPEST))
        }
    }
}

/// Why tickets are not counted.
enum Refused {
    Cells,
    /// So many fit.
    Tickets(usize),
}

impl From<TooManyCells> for Refused {
    fn from(_: TooManyCells) -> Self {
        Self::Cells
    }
}

/// The cells that are not empty, and how many tickets are in none.
fn count(
    tickets: &TicketIndex,
    filter: &TicketFilter,
    grid: Grid,
) -> Result<(Vec<(Cell, u64)>, u64), Refused> {
    match grid {
        Grid::Squares(zoom) => {
            let found = tickets.cells(filter, zoom, MOST_CELLS)?;
            let cells = found.cells.into_iter().map(|(x, y, count)| (Cell::Square(x, y), count));
            Ok((cells.collect(), found.unplaced))
        }
        Grid::Hexagons(resolution) => {
            let count = tickets.count(filter);
            if count > MOST_IN_HEXAGONS {
                return Err(Refused::Tickets(count));
            }
            let found = tickets.hexagons(filter, resolution, MOST_CELLS)?;
            let cells = found.cells.into_iter().map(|(index, n)| (Cell::Hexagon(index), n));
            Ok((cells.collect(), found.unplaced))
        }
    }
}
