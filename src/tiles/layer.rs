//! The layers, and sets of them as they are written in a path.

use crate::city::Localized;

use super::MAX_ZOOM;

/// More names in one path are refused before they are looked at.
pub const MAX_NAMES: usize = 16;
/// An unknown name is repeated to the caller no longer than this.
const MAX_ECHO: usize = 40;

/// A layer that can be asked for. One may hold several vector layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// Service points, or clusters of them.
    Points,
    /// Outlines of divisions, and a label point for each.
    Divisions,
    /// The gazetteer.
    Places,
    /// Lines of the base map.
    Roads,
    /// How tickets lie. Not for everybody.
    Density,
}

impl Layer {
    /// All layers.
    pub const ALL: [Self; 5] =
        [Self::Points, Self::Divisions, Self::Places, Self::Roads, Self::Density];

    /// Its name in paths.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Divisions => "divisions",
            Self::Places => "places",
            Self::Roads => "roads",
            Self::Density => "density",
        }
    }

    /// The layer with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.name() == name)
    }

    /// The lowest zoom at which anything is in it.
    pub const fn min_zoom(self) -> u8 {
        match self {
            Self::Points | Self::Divisions | Self::Density => 0,
            Self::Places => super::places::FROM_ZOOM,
            Self::Roads => super::roads::FROM_ZOOM,
        }
    }

    /// The deepest zoom at which it is served.
    pub const fn max_zoom(self) -> u8 {
        MAX_ZOOM
    }

    /// What is in it.
    pub fn description(self) -> Localized {
        let (zh, en) = match self {
            Self::Points => (
                "服务点；较小级别为聚合点，计数与筛选条件一致",
                "Service points; at low zooms clusters, whose counts follow the filter",
            ),
            Self::Divisions => (
                "行政区划边界与注记点",
                "Outlines of administrative divisions, and their label points",
            ),
            Self::Places => {
                ("地名：街道、站点、建筑、水系", "Names: streets, stops, buildings, water")
            }
            Self::Roads => ("道路", "Roads"),
            Self::Density => (
                "诉求密度：网格计数，需分析员密钥",
                "How tickets lie: counts by cell; takes a key of the role analyst",
            ),
        };
        Localized { zh: zh.into(), en: en.into() }
    }
}

/// Why a list of layers cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayerError {
    /// A name stands for no layer.
    #[error("there is no layer \"{name}\"; the layers are {known}")]
    Unknown {
        /// The name, shortened.
        name: String,
        /// Those that exist.
        known: String,
    },
    /// A name is missing.
    #[error("a layer's name is missing; the layers are {known}, separated by commas", known = known())]
    Missing,
    /// More than [`MAX_NAMES`] names.
    #[error("more than {MAX_NAMES} layers are named; the layers are {known}", known = known())]
    TooMany,
}

fn known() -> String {
    Layer::ALL.map(Layer::name).join(", ")
}

impl LayerError {
    /// A name that stands neither for a layer nor for one of `others`.
    pub(super) fn unknown<'a>(name: &str, others: impl Iterator<Item = &'a str>) -> Self {
        let known = std::iter::once(known()).chain(others.map(str::to_owned));
        Self::Unknown { name: echo(name), known: known.collect::<Vec<_>>().join(", ") }
    }
}

/// The names in a list, none of them empty.
pub(super) fn names(list: &str) -> Result<Vec<&str>, LayerError> {
    if list.split(',').nth(MAX_NAMES).is_some() {
        return Err(LayerError::TooMany);
    }
    list.split(',')
        .map(|name| if name.is_empty() { Err(LayerError::Missing) } else { Ok(name) })
        .collect()
}

/// Some layers, each once, in the order in which they were first named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LayerSet(Vec<Layer>);

impl LayerSet {
    /// Reads names separated by commas. A name that comes twice counts once.
    ///
    /// # Errors
    /// A name is unknown or missing, or there are more than [`MAX_NAMES`].
    pub fn parse(names: &str) -> Result<Self, LayerError> {
        let unknown = |name| LayerError::unknown(name, std::iter::empty());
        let layers = self::names(names)?
            .into_iter()
            .map(|name| Layer::from_name(name).ok_or_else(|| unknown(name)))
            .collect::<Result<_, _>>()?;
        Ok(Self::of(layers))
    }

    /// Layers in their order; one that comes twice counts once.
    pub(super) fn of(named: Vec<Layer>) -> Self {
        let mut layers = Vec::with_capacity(Layer::ALL.len());
        for layer in named {
            if !layers.contains(&layer) {
                layers.push(layer);
            }
        }
        Self(layers)
    }

    /// Every layer that is for everybody.
    pub fn all() -> Self {
        Self(Layer::ALL.into_iter().filter(|layer| *layer != Layer::Density).collect())
    }

    /// Those layers of it that `keep` takes.
    pub(super) fn only(&self, keep: impl Fn(Layer) -> bool) -> Self {
        Self(self.iter().filter(|layer| keep(*layer)).collect())
    }

    /// The layers in their order.
    pub fn iter(&self) -> impl Iterator<Item = Layer> + '_ {
        self.0.iter().copied()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it holds a layer.
    pub fn contains(&self, layer: Layer) -> bool {
        self.0.contains(&layer)
    }
}

impl std::fmt::Display for LayerSet {
    /// The names separated by commas: what [`LayerSet::parse`] reads.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, layer) in self.iter().enumerate() {
            f.write_str(if i > 0 { "," } else { "" })?;
            f.write_str(layer.name())?;
        }
        Ok(())
    }
}

/// A caller's word, fit to be said back: short, and without control characters.
fn echo(name: &str) -> String {
    let mut said: String =
        name.chars().take(MAX_ECHO).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if name.chars().nth(MAX_ECHO).is_some() {
        said.push('…');
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_named_twice_counts_once_and_the_order_stays() {
        let set = LayerSet::parse("roads,points,roads,divisions,points").unwrap();
        assert_eq!(set.to_string(), "roads,points,divisions");
        assert_eq!(LayerSet::parse(&set.to_string()), Ok(set));
    }

    #[test]
    fn an_unknown_layer_is_named_beside_those_that_exist() {
        let said = LayerSet::parse("points,rivers").unwrap_err().to_string();
        assert_eq!(
            said,
            "there is no layer \"rivers\"; the layers are points, divisions, places, roads, \
             density"
        );
    }

    #[test]
    fn nonsense_is_refused_shortly() {
        assert_eq!(LayerSet::parse(""), Err(LayerError::Missing));
        assert_eq!(LayerSet::parse("points,"), Err(LayerError::Missing));
        assert_eq!(LayerSet::parse(&"points,".repeat(10_000)), Err(LayerError::TooMany));
        for bad in ["x".repeat(100_000), "点".repeat(1000), "Points".into(), "\0".into()] {
            let said = LayerSet::parse(&bad).unwrap_err().to_string();
            assert!(said.len() < 300 && !said.contains('\0'), "{said}");
        }
    }
}
