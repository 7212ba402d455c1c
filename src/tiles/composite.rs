//! What a path names: layers of the server's own and basemap archives, together.

use std::sync::Arc;

use super::archive::{Archive, Archives};
use super::layer::{self, Layer, LayerError, LayerSet};
use super::{MAX_ZOOM, tilejson};

/// Layers of the server's own and basemap archives, each once, in the order in which they
/// were first named; the archives come last in a tile.
#[derive(Debug, Clone)]
pub struct Composite {
    /// Those of the server's own; may be none.
    pub layers: LayerSet,
    /// The archives.
    pub archives: Vec<Arc<Archive>>,
}

/// Why what a path names cannot be drawn together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompositeError {
    /// The list cannot be read.
    #[error(transparent)]
    Layers(#[from] LayerError),
    /// A layer of a tile can be there once.
    #[error(
        "{0} and {1} both hold a layer \"{2}\", and a tile can have it once; ask for them apart"
    )]
    Clash(String, String, String),
    /// The file of an archive is broken.
    #[error("the file of the basemap \"{0}\" cannot be read at the moment")]
    OutOfService(String),
}

impl Composite {
    /// Reads names separated by commas. A name that comes twice counts once.
    ///
    /// # Errors
    /// A name is unknown or missing, there are too many, two of them hold a vector layer
    /// of the same name, or an archive is out of service.
    pub fn parse(names: &str, archives: &Archives) -> Result<Self, CompositeError> {
        let mut own = Vec::new();
        let mut found: Vec<Arc<Archive>> = Vec::new();
        for name in layer::names(names)? {
            if let Some(layer) = Layer::from_name(name) {
                own.push(layer);
                continue;
            }
            match archives.get(name) {
                Some(Some(archive)) => {
                    if found.iter().all(|other| other.name != archive.name) {
                        found.push(archive);
                    }
                }
                Some(None) => return Err(CompositeError::OutOfService(name.to_owned())),
                None => return Err(LayerError::unknown(name, archives.names()).into()),
            }
        }
        let composite = Self { layers: LayerSet::of(own), archives: found };
        composite.check()?;
        Ok(composite)
    }

    fn check(&self) -> Result<(), CompositeError> {
        for (i, archive) in self.archives.iter().enumerate() {
            let own = self.layers.iter().flat_map(|layer| {
                tilejson::ids(layer).map(move |id| (layer.name().to_owned(), id.to_owned()))
            });
            let others = self.archives[..i].iter().flat_map(|other| {
                other.info.layer_ids().map(|id| (other.name.clone(), id.to_owned()))
            });
            if let Some((owner, id)) = own.chain(others).find(|(_, id)| archive.info.has_layer(id))
            {
                return Err(CompositeError::Clash(owner, archive.name.clone(), id));
            }
        }
        Ok(())
    }

    /// The lowest zoom at which anything is in any of them.
    pub fn min_zoom(&self) -> u8 {
        let archives = self.archives.iter().map(|archive| *archive.info.zooms.start());
        self.layers.iter().map(Layer::min_zoom).chain(archives).min().unwrap_or_default()
    }

    /// The deepest zoom at which one of them is served.
    pub fn max_zoom(&self) -> u8 {
        let archives = self.archives.iter().map(|archive| *archive.info.zooms.end());
        self.layers.iter().map(Layer::max_zoom).chain(archives).max().unwrap_or(MAX_ZOOM)
    }

    /// The deepest zoom at which all of them are: what lies below is drawn larger by a
    /// client, and nothing ends on the way.
    pub fn common_max_zoom(&self) -> u8 {
        let archives = self.archives.iter().map(|archive| *archive.info.zooms.end());
        self.layers.iter().map(Layer::max_zoom).chain(archives).min().unwrap_or(MAX_ZOOM)
    }

    /// The names of all, as [`Composite::parse`] reads them.
    pub fn names(&self) -> String {
        let mut names: Vec<&str> = self.layers.iter().map(Layer::name).collect();
        names.extend(self.archives.iter().map(|archive| archive.name.as_str()));
        names.join(",")
    }
}

impl From<LayerSet> for Composite {
    fn from(layers: LayerSet) -> Self {
        Self { layers, archives: Vec::new() }
    }
}
