//! Which tiles are served.

use super::{MAX_ZOOM, MIN_ZOOM};
use crate::geo::TileId;

/// Why there is no such tile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// The zoom is not served.
    #[error(
        "zoom {0} is outside the zoom range; tiles are served from zoom {MIN_ZOOM} to {MAX_ZOOM}"
    )]
    Zoom(u32),
    /// The zoom has fewer columns or rows.
    #[error("column {x}, row {y} is outside zoom {z}; columns and rows run from 0 to {last}")]
    Place {
        /// The zoom.
        z: u8,
        /// The column asked for.
        x: u32,
        /// The row asked for.
        y: u32,
        /// The last column, and the last row.
        last: u32,
    },
}

/// The tile with these numbers, or in words why it is not served.
///
/// # Errors
/// The zoom is beyond [`MAX_ZOOM`], or the zoom has no such column or row.
pub fn tile(z: u32, x: u32, y: u32) -> Result<TileId, TileError> {
    let zoom = u8::try_from(z).ok().filter(|z| (MIN_ZOOM..=MAX_ZOOM).contains(z));
    let zoom = zoom.ok_or(TileError::Zoom(z))?;
    TileId::new(zoom, x, y).ok_or(TileError::Place { z: zoom, x, y, last: (1 << zoom) - 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_that_is_not_served_is_refused_with_the_range() {
        assert_eq!(tile(20, (1 << 20) - 1, 0), Ok(TileId { z: 20, x: (1 << 20) - 1, y: 0 }));
        for z in [21, 99, 256, u32::MAX] {
            let said = tile(z, 0, 0).unwrap_err().to_string();
            assert!(said.contains(&z.to_string()) && said.contains("0 to 20"), "{said}");
        }
        let said = tile(2, 4, 0).unwrap_err().to_string();
        assert!(said.contains("0 to 3"), "{said}");
    }
}
