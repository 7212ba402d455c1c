//! A city with many service points: two thirds of them gather, as offices do.

use crate::city::synthetic::{self, Plan, Random};
use crate::city::{Category, Channel, City, LinkStatus, Localized, Portal, ServicePoint, Tree};
use crate::geo::LonLat;

/// Kinds of points; those of every third can be booked.
pub(super) const CATEGORIES: usize = 24;
/// Places around which points gather.
const CENTRES: usize = 400;
/// How far from a centre they do, degrees.
const SPREAD: f64 = 0.02;

pub(super) fn city(points: usize, seed: u64) -> Result<City, Box<dyn std::error::Error>> {
    let mut city = synthetic::city(&Plan::METROPOLIS);
    city.categories = Tree::new((0..CATEGORIES).map(category).collect())?;
    city.portals = vec![portal()];
    let mut random = Random(seed);
    let b = city.manifest.bounds;
    let anywhere = |random: &mut Random| {
        LonLat::new(
            b.west + random.unit() * (b.east - b.west),
            b.south + random.unit() * (b.north - b.south),
        )
    };
    let centres: Vec<LonLat> = (0..CENTRES).map(|_| anywhere(&mut random)).collect();
    let place = |random: &mut Random| {
        if random.below(3) == 0 {
            return anywhere(random);
        }
        let centre = centres[random.below(CENTRES)];
        // The sum of two is dense in the middle.
        let mut off = || (random.unit() + random.unit() - 1.0) * SPREAD;
        let (lon, lat) = (centre.lon + off(), centre.lat + off());
        LonLat::new(lon.clamp(b.west, b.east), lat.clamp(b.south, b.north))
    };
    city.points =
        (0..points).map(|i| point(i, place(&mut random), random.below(CATEGORIES))).collect();
    Ok(city)
}

fn code(kind: usize) -> String {
    format!("category_{kind:02}")
}

fn category(kind: usize) -> Category {
    Category {
        code: code(kind),
        parent: None,
        name: Localized { zh: format!("第{kind}类"), en: format!("Kind {kind}") },
        icon: format!("icon-{}", kind % 12),
        color: format!("#{:06x}", (kind * 654_321) % 0xff_ffff),
        importance: 0.5,
        aliases: Vec::new(),
        typical_matters: Vec::new(),
    }
}

fn portal() -> Portal {
    Portal {
        id: "booking".to_owned(),
        name: Localized { zh: "合成预约".to_owned(), en: "Synthetic booking".to_owned() },
        url: "https://example.org".to_owned(),
        deep: false,
        channel: Channel::Reservation,
        phone: String::new(),
        categories: (0..CATEGORIES).step_by(3).map(code).collect(),
        points: Vec::new(),
        matters: Vec::new(),
        who: Vec::new(),
        lead: None,
        checked_at: None,
        status: LinkStatus::Ok,
        source: "synthetic".to_owned(),
    }
}

fn point(i: usize, location: LonLat, kind: usize) -> ServicePoint {
    ServicePoint {
        id: format!("synthetic-{i:07}"),
        name: Localized {
            zh: format!("合成第{i}号服务中心"),
            en: format!("Synthetic service centre {i}"),
        },
        aliases: Vec::new(),
        category: code(kind),
        matters: Vec::new(),
        address: None,
        phone: None,
        hours: None,
        accessibility: if i.is_multiple_of(3) { vec!["wheelchair".into()] } else { Vec::new() },
        location,
        source: "synthetic".to_owned(),
        observed_at: None,
    }
}
