//! Settings: defaults < file < environment < flags.
//!
//! Flags and environment are read by `clap` into [`Given`]; the file has the same
//! names. What nobody gives has the default that is written at its field.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where the server listens unless told otherwise.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:12345";
/// MiB of encoded tiles that are kept unless told otherwise.
pub const DEFAULT_TILE_CACHE: u64 = 64;

/// Settings as an operator gives them; everything may be left out.
#[derive(Debug, Clone, Default, Deserialize, clap::Args)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// Folder of the city pack.
    #[arg(long, env = "SERVICEMAP_CITY", value_name = "FOLDER")]
    pub city: Option<PathBuf>,
    /// Where the records are kept: a GeoPackage file, or postgres://… to share them with
    /// other servers. Made from the city pack if there are none; without it the pack is
    /// served as it is.
    #[arg(long, env = "SERVICEMAP_DATABASE", value_name = "FILE|URL")]
    pub database: Option<String>,
    /// Address and port to listen on; port 0 takes a free one. [default: 127.0.0.1:12345]
    #[arg(long, env = "SERVICEMAP_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Address under which callers see the server, where a proxy stands before it.
    #[arg(long, env = "SERVICEMAP_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// A basemap archive (PMTiles or MBTiles with vector tiles), and the name of the layer
    /// that it becomes. May be given several times.
    #[arg(
        long = "basemap",
        env = "SERVICEMAP_BASEMAPS",
        value_name = "NAME=FILE",
        value_delimiter = ','
    )]
    pub basemaps: Vec<String>,
    /// Key of Tianditu: styles are drawn on its street map where there is no basemap archive.
    /// Browsers fetch its pictures with the key, so it can be read by whoever has the page;
    /// give it one that is bound to the page's address.
    #[arg(long, env = "SERVICEMAP_TIANDITU_KEY", value_name = "KEY")]
    pub tianditu_key: Option<String>,
    /// Where the index of names is kept between starts. Without it the index of a city with
    /// 200,000 names or more is kept beside its database, and others are built in memory.
    #[arg(long, env = "SERVICEMAP_INDEX_FOLDER", value_name = "FOLDER")]
    pub index_folder: Option<PathBuf>,
    /// Memory for tiles that were encoded before, in MiB; 0 keeps none. [default: 64]
    #[arg(long, env = "SERVICEMAP_TILE_CACHE", value_name = "MIB")]
    pub tile_cache: Option<u64>,
    /// Whether a newcomer is given a key for agents and analysts, which holds until the server
    /// stops: only on a loopback address without --public-url, and only with a database that
    /// has no keys of its own. [default: true]
    #[arg(long, env = "SERVICEMAP_DEMO_KEY", value_name = "BOOL")]
    pub demo_key: Option<bool>,
    /// How the log is written.
    #[arg(long, env = "SERVICEMAP_LOG_FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line an event, for people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Settings as the program uses them.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of the city pack.
    pub city: PathBuf,
    /// Where the records are kept; the pack alone where there is none.
    pub database: Option<String>,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Address under which callers see the server.
    pub public_url: Option<String>,
    /// Basemap archives: names and files.
    pub basemaps: Vec<(String, PathBuf)>,
    /// Key of Tianditu.
    pub tianditu_key: Option<String>,
    /// Where the index of names is kept.
    pub index_folder: Option<PathBuf>,
    /// Memory for tiles that were encoded before, in bytes.
    pub tile_cache: u64,
    /// Whether a newcomer may be given a key.
    pub demo_key: bool,
    /// How the log is written.
    pub log_format: LogFormat,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("the settings file {path} cannot be read: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file says something that is not a setting.
    #[error("the settings file {path}: {cause}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        cause: Box<toml::de::Error>,
    },
    /// No city was named.
    #[error(
        "no city is named: give --city FOLDER, set SERVICEMAP_CITY, or put city = \"…\" into the settings file"
    )]
    NoCity,
    /// The public address cannot be one.
    #[error("public_url is \"{0}\"; it must begin with http:// or https://")]
    PublicUrl(String),
    /// A key that cannot stand in an address.
    #[error("the key of Tianditu has characters that no key has; it is letters and digits")]
    TiandituKey,
    /// A basemap has no name or no file.
    #[error("the basemap \"{0}\" must be given as NAME=FILE")]
    Basemap(String),
    /// The built-in default is broken.
    #[error("the default address is not an address: {0}")]
    Default(#[from] std::net::AddrParseError),
}

impl Settings {
    /// Merges what was given on the command line and in the environment over `file`.
    pub fn resolve(given: Given, file: Option<&Path>) -> Result<Self, SettingsError> {
        let below = file.map(read).transpose()?.unwrap_or_default();
        let public_url = given.public_url.or(below.public_url).filter(|u| !u.is_empty());
        if let Some(url) = &public_url
            && !(url.starts_with("http://") || url.starts_with("https://"))
        {
            return Err(SettingsError::PublicUrl(url.clone()));
        }
        let tianditu_key = given.tianditu_key.or(below.tianditu_key).filter(|k| !k.is_empty());
        if tianditu_key.iter().any(|key| !key.bytes().all(|b| b.is_ascii_alphanumeric())) {
            return Err(SettingsError::TiandituKey);
        }
        Ok(Self {
            city: given.city.or(below.city).ok_or(SettingsError::NoCity)?,
            database: given.database.or(below.database).filter(|d| !d.is_empty()),
            listen: match given.listen.or(below.listen) {
                Some(listen) => listen,
                None => DEFAULT_LISTEN.parse()?,
            },
            public_url,
            basemaps: named(if given.basemaps.is_empty() {
                below.basemaps
            } else {
                given.basemaps
            })?,
            tianditu_key,
            index_folder: given.index_folder.or(below.index_folder),
            tile_cache: given
                .tile_cache
                .or(below.tile_cache)
                .unwrap_or(DEFAULT_TILE_CACHE)
                .saturating_mul(1 << 20),
            demo_key: given.demo_key.or(below.demo_key).unwrap_or(true),
            log_format: given.log_format.or(below.log_format).unwrap_or_default(),
        })
    }
}

/// Takes `NAME=FILE` apart.
fn named(given: Vec<String>) -> Result<Vec<(String, PathBuf)>, SettingsError> {
    let parts = |text: String| match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.to_owned(), PathBuf::from(file)))
        }
        _ => Err(SettingsError::Basemap(text)),
    };
    given.into_iter().map(parts).collect()
}

fn read(path: &Path) -> Result<Given, SettingsError> {
    let text = fs::read_to_string(path)
        .map_err(|cause| SettingsError::Unreadable { path: path.to_owned(), cause })?;
    toml::from_str(&text)
        .map_err(|e| SettingsError::Malformed { path: path.to_owned(), cause: Box::new(e) })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "city = \"data/a\"\npublic_url = \"https://map.example\"").unwrap();
        let given = Given { city: Some("data/b".into()), ..Given::default() };
        let settings = Settings::resolve(given, Some(file.path())).unwrap();
        assert_eq!(settings.city, Path::new("data/b"));
        assert_eq!(settings.public_url.as_deref(), Some("https://map.example"));
        assert_eq!(settings.listen.to_string(), DEFAULT_LISTEN);
    }

    #[test]
    fn an_unknown_setting_is_named_with_its_line() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "city = \"data/a\"\nlisten_on = \"x\"").unwrap();
        let error = Settings::resolve(Given::default(), Some(file.path())).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("listen_on") && text.contains("line 2"), "{text}");
    }
}
