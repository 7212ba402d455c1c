//! Links that open a position in another map, each in the datum that map expects.
//!
//! The forms are those that the providers publish for web pages; each opens the
//! provider's app where there is one. Amap and Tencent plan a way from where the reader
//! is; Baidu's planner insists on a start, so its link marks the place, from where one
//! tap plans the way. `geo:` (RFC 5870) is for whatever map the device has.

use serde::Serialize;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::{Lang, Localized};
use crate::geo::{Datum, LonLat};

/// By what name the providers are told who sends the reader.
const REFERRER: &str = "servicemap";

/// Another map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Navigator {
    /// Amap.
    Amap,
    /// Baidu.
    Baidu,
    /// Tencent.
    Tencent,
    /// Whatever the device has for `geo:`.
    Geo,
}

impl Navigator {
    /// Those that know the ground at a position. The providers of China speak its shifted
    /// datums and draw China, so they are left out where the shift is none.
    pub fn at(position: LonLat) -> &'static [Self] {
        if Datum::Gcj02.from_wgs84(position) == position {
            &[Self::Geo]
        } else {
            &[Self::Amap, Self::Baidu, Self::Tencent, Self::Geo]
        }
    }

    /// The datum that it expects.
    pub const fn datum(self) -> Datum {
        match self {
            Self::Amap | Self::Tencent => Datum::Gcj02,
            Self::Baidu => Datum::Bd09,
            Self::Geo => Datum::Wgs84,
        }
    }

    /// What it is called.
    pub const fn label(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Amap, Lang::Zh) => "高德地图",
            (Self::Amap, Lang::En) => "Amap",
            (Self::Baidu, Lang::Zh) => "百度地图",
            (Self::Baidu, Lang::En) => "Baidu Maps",
            (Self::Tencent, Lang::Zh) => "腾讯地图",
            (Self::Tencent, Lang::En) => "Tencent Maps",
            (Self::Geo, Lang::Zh) => "本机地图",
            (Self::Geo, Lang::En) => "Map app",
        }
    }

    /// The link to `position` (WGS-84), which is called `name`.
    pub fn link(self, position: LonLat, name: &Localized, lang: Lang) -> String {
        let LonLat { lon, lat } = self.datum().from_wgs84(position);
        let name = name.get(lang);
        // Six decimals are a tenth of a metre.
        match self {
            Self::Amap => with(
                "https://uri.amap.com/navigation",
                &[
                    // The parts are parted by commas.
                    ("to", &format!("{lon:.6},{lat:.6},{}", name.replace(',', " "))),
                    ("coordinate", "gaode"),
                    ("callnative", "1"),
                    ("src", REFERRER),
                ],
            ),
            Self::Baidu => with(
                "https://api.map.baidu.com/marker",
                &[
                    ("location", &format!("{lat:.6},{lon:.6}")),
                    ("title", name),
                    ("content", name),
                    ("output", "html"),
                    ("coord_type", "bd09ll"),
                    ("src", "webapp.servicemap.servicemap"),
                ],
            ),
            Self::Tencent => with(
                "https://apis.map.qq.com/uri/v1/routeplan",
                &[
                    ("type", "bus"),
                    ("to", name),
                    ("tocoord", &format!("{lat:.6},{lon:.6}")),
                    ("referer", REFERRER),
                ],
            ),
            // The query is what makes maps show a pin and its name; a reader that knows
            // only the standard takes the position before it.
            Self::Geo => {
                let label: String = byte_serialize(name.as_bytes()).collect();
                let label = label.replace('+', "%20");
                format!("geo:{lat:.6},{lon:.6}?q={lat:.6},{lon:.6}({label})")
            }
        }
    }
}

fn with(page: &str, parameters: &[(&str, &str)]) -> String {
    // A space as %20: an app that is handed the link need not know forms.
    Url::parse_with_params(page, parameters)
        .map_or_else(|_| page.to_owned(), |url| url.as_str().replace('+', "%20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATE: LonLat = LonLat::new(116.3975, 39.9087);

    fn link(navigator: Navigator, zh: &str) -> String {
        let name = Localized { zh: zh.into(), en: String::new() };
        navigator.link(GATE, &name, Lang::Zh)
    }

    /// The numbers of a link that look like this place.
    fn position(link: &str) -> (f64, f64) {
        let link = percent_encoding::percent_decode_str(link).decode_utf8().unwrap().into_owned();
        let numbers = link.split(|c: char| !(c.is_ascii_digit() || c == '.'));
        let numbers: Vec<f64> = numbers.filter_map(|n| n.parse().ok()).collect();
        let near = |degrees: f64| *numbers.iter().find(|n| (**n - degrees).abs() < 0.1).unwrap();
        (near(116.4), near(39.9))
    }

    #[test]
    fn each_map_gets_the_position_in_its_own_datum() {
        for navigator in Navigator::at(GATE) {
            let (lon, lat) = position(&link(*navigator, "天安门"));
            let meant = navigator.datum().from_wgs84(GATE);
            assert!((lon - meant.lon).abs() < 1e-6 && (lat - meant.lat).abs() < 1e-6);
        }
        let (amap, baidu) = (Navigator::Amap.datum(), Navigator::Baidu.datum());
        assert_eq!(
            (amap, baidu, Navigator::Geo.datum()),
            (Datum::Gcj02, Datum::Bd09, Datum::Wgs84)
        );
    }

    #[test]
    fn a_name_cannot_break_out_of_its_parameter() {
        for navigator in Navigator::at(GATE) {
            let plain = link(*navigator, "a");
            let evil = link(*navigator, "a&b=c#d,e?f+g h\"<>)%");
            let parts = |link: &str| link.matches(['&', '#', '?']).count();
            assert_eq!(parts(&plain), parts(&evil), "{evil}");
            assert!(evil.is_ascii() && !evil.contains([' ', '"', '<']), "{evil}");
        }
        assert!(link(Navigator::Amap, "甲,乙").contains("%E7%94%B2%20%E4%B9%99"));
    }

    #[test]
    fn where_the_shift_is_none_only_the_device_s_own_map_is_offered() {
        assert_eq!(Navigator::at(LonLat::new(24.94, 60.17)), [Navigator::Geo]);
    }
}
