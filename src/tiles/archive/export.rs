//! Writes the layers of a snapshot to an archive: the public map for a host that serves
//! nothing but files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::pmtiles::{Described, Writer, Written};
use crate::city::Lang;
use crate::geo::TileId;
use crate::index::shapes::Extent;
use crate::index::{PointFilter, Snapshot};
use crate::tiles::divisions::BUFFER_PART;
use crate::tiles::{Composite, Layer, LayerSet, encode, tilejson};

/// What is written.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which layers.
    pub layers: LayerSet,
    /// Which zooms; the deepest is at most [`crate::tiles::MAX_ZOOM`].
    pub zooms: RangeInclusive<u8>,
    /// The language of names and descriptions.
    pub lang: Lang,
}

/// Writes an archive to `out`, which is there whole or, after an error, as it was before.
/// `step` is told after each zoom how many tiles there are so far. Costs an encoding of
/// each tile in which anything lies.
///
/// # Errors
/// A file beside `out` cannot be written.
pub fn export(
    snapshot: &Snapshot,
    plan: &Plan,
    out: &Path,
    mut step: impl FnMut(u8, u64),
) -> io::Result<Written> {
    let scratch = Unfinished::create(out, "tiles")?;
    let mut writer = Writer::new(scratch.file.try_clone()?);
    let filter = PointFilter::default();
    let mut count = 0;
    let mut tiles = vec![TileId { z: 0, x: 0, y: 0 }];
    for zoom in 0..=*plan.zooms.end() {
        if zoom > 0 {
            let below = tiles.into_iter().flat_map(TileId::children);
            tiles = below.filter(|tile| occupied(snapshot, &plan.layers, *tile)).collect();
        }
        if !plan.zooms.contains(&zoom) {
            continue;
        }
        Writer::sort(&mut tiles);
        for tile in &tiles {
            let bytes = encode(snapshot, &plan.layers, *tile, &filter);
            if !bytes.is_empty() {
                writer.add(*tile, &bytes)?;
                count += 1;
            }
        }
        step(zoom, count);
    }
    let whole = Unfinished::create(out, "partial")?;
    let mut buffer = BufWriter::new(&whole.file);
    let written = writer.finish(&described(snapshot, plan), &mut buffer)?;
    buffer.flush()?;
    drop(buffer);
    whole.put_in_place(out)?;
    Ok(written)
}

/// What the archive says of itself: the `TileJSON` of its layers.
fn described(snapshot: &Snapshot, plan: &Plan) -> Described {
    let manifest = &snapshot.city.manifest;
    let composite = Composite::from(plan.layers.clone());
    let mut metadata = tilejson(snapshot, &composite, "", plan.lang);
    if let Some(members) = metadata.as_object_mut() {
        members.retain(|key, _| {
            matches!(
                key.as_str(),
                "name" | "description" | "version" | "attribution" | "vector_layers"
            )
        });
        members.insert("type".into(), "overlay".into());
        members
            .insert("generator".into(), concat!("servicemap ", env!("CARGO_PKG_VERSION")).into());
    }
    let (min, max) = (*plan.zooms.start(), *plan.zooms.end());
    let [lon, lat] = manifest.center;
    let zoom = (manifest.zoom.round() as u8).clamp(min, max);
    Described { metadata, bounds: manifest.bounds, center: (zoom, lon, lat), zooms: (min, max) }
}

/// Whether anything of the layers comes near a tile, at whatever zoom it is shown.
fn occupied(snapshot: &Snapshot, layers: &LayerSet, tile: TileId) -> bool {
    let Snapshot { city, points, places, shapes, .. } = snapshot;
    let reach = Extent::of_tile(tile, BUFFER_PART);
    layers.iter().any(|layer| match layer {
        Layer::Points => !points.in_tile(tile).is_empty(),
        Layer::Places => !places.in_tile(tile).is_empty(),
        Layer::Divisions => {
            let outlines = shapes.outlines(city, crate::tiles::MAX_ZOOM);
            outlines.iter().any(|ring| ring.extent.meets(&reach))
        }
        Layer::Roads => {
            let lines = shapes.roads(city).iter().flat_map(|class| &class.lines);
            lines.into_iter().any(|line| line.extent.meets(&reach))
        }
        Layer::Density => false,
    })
}

/// A file beside the one that is made, removed unless it is put in its place.
struct Unfinished {
    file: File,
    path: PathBuf,
}

impl Unfinished {
    fn create(out: &Path, what: &str) -> io::Result<Self> {
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.{what}", std::process::id()));
        let path = out.with_file_name(name);
        let how = OpenOptions::new().read(true).write(true).create_new(true).clone();
        let file = how.open(&path).map_err(|e| {
            io::Error::new(e.kind(), format!("{} cannot be made: {e}", path.display()))
        })?;
        Ok(Self { file, path })
    }

    fn put_in_place(self, out: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, out)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Gone already where it was put in its place.
        let _ = fs::remove_file(&self.path);
    }
}
