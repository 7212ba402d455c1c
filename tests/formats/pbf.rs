//! Writes an extract of OpenStreetMap, as small as the format allows, since GDAL only
//! reads it.

/// An object's tags.
pub(crate) type Tags<'a> = &'a [(&'a str, &'a str)];

/// An extract in the making.
#[derive(Default)]
pub(crate) struct Pbf {
    strings: Vec<Vec<u8>>,
    nodes: Vec<u8>,
    ways: Vec<u8>,
    relations: Vec<u8>,
}

fn varint(mut n: u64, out: &mut Vec<u8>) {
    while n > 0x7f {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

fn number(field: u64, n: u64, out: &mut Vec<u8>) {
    varint(field << 3, out);
    varint(n, out);
}

fn bytes(field: u64, content: &[u8], out: &mut Vec<u8>) {
    varint(field << 3 | 2, out);
    varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

fn packed(field: u64, numbers: impl Iterator<Item = u64>, out: &mut Vec<u8>) {
    let mut content = Vec::new();
    for n in numbers {
        varint(n, &mut content);
    }
    bytes(field, &content, out);
}

/// Numbers as differences.
fn steps(numbers: &[i64]) -> impl Iterator<Item = u64> + '_ {
    let before = std::iter::once(0).chain(numbers.iter().copied());
    numbers.iter().zip(before).map(|(n, before)| zigzag(n - before))
}

impl Pbf {
    pub(crate) fn new() -> Self {
        Self { strings: vec![Vec::new()], ..Self::default() }
    }

    fn string(&mut self, text: &str) -> u64 {
        let found = self.strings.iter().position(|s| s == text.as_bytes());
        found.unwrap_or_else(|| {
            self.strings.push(text.as_bytes().to_vec());
            self.strings.len() - 1
        }) as u64
    }

    fn head(&mut self, id: u64, tags: Tags<'_>) -> Vec<u8> {
        let keys: Vec<u64> = tags.iter().map(|(k, _)| self.string(k)).collect();
        let values: Vec<u64> = tags.iter().map(|(_, v)| self.string(v)).collect();
        let mut out = Vec::new();
        number(1, id, &mut out);
        packed(2, keys.into_iter(), &mut out);
        packed(3, values.into_iter(), &mut out);
        out
    }

    pub(crate) fn node(&mut self, id: i64, (lon, lat): (f64, f64), tags: Tags<'_>) {
        let mut out = self.head(zigzag(id), tags);
        number(8, zigzag((lat * 1e7).round() as i64), &mut out);
        number(9, zigzag((lon * 1e7).round() as i64), &mut out);
        bytes(1, &out, &mut self.nodes);
    }

    pub(crate) fn way(&mut self, id: i64, nodes: &[i64], tags: Tags<'_>) {
        let mut out = self.head(id as u64, tags);
        packed(8, steps(nodes), &mut out);
        bytes(3, &out, &mut self.ways);
    }

    /// A relation of ways with their roles.
    pub(crate) fn relation(&mut self, id: i64, ways: &[(i64, &str)], tags: Tags<'_>) {
        let roles: Vec<u64> = ways.iter().map(|(_, role)| self.string(role)).collect();
        let mut out = self.head(id as u64, tags);
        packed(8, roles.into_iter(), &mut out);
        let ids: Vec<i64> = ways.iter().map(|(id, _)| *id).collect();
        packed(9, steps(&ids), &mut out);
        packed(10, ways.iter().map(|_| 1), &mut out);
        bytes(4, &out, &mut self.relations);
    }

    /// The file.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut header = Vec::new();
        bytes(4, b"OsmSchema-V0.6", &mut header);
        let mut table = Vec::new();
        for string in &self.strings {
            bytes(1, string, &mut table);
        }
        let mut block = Vec::new();
        bytes(1, &table, &mut block);
        for group in [self.nodes, self.ways, self.relations] {
            bytes(2, &group, &mut block);
        }
        let mut file = Vec::new();
        for (kind, content) in [("OSMHeader", header), ("OSMData", block)] {
            let (mut blob, mut head) = (Vec::new(), Vec::new());
            bytes(1, &content, &mut blob);
            bytes(1, kind.as_bytes(), &mut head);
            number(3, blob.len() as u64, &mut head);
            file.extend((head.len() as u32).to_be_bytes());
            file.extend(head);
            file.extend(blob);
        }
        file
    }
}

/// A city of two districts. The first has three townships: one whole, one with a gap in its
/// border, and one of which the extract lacks a way. Nothing in it is real.
///
/// ```text
/// 5───────6───────7   nodes 1 to 9, a hundredth of a degree apart but for 5 and 6;
/// │ west  │ east  │   ways: 10 west of the middle, 11 the middle, 12 east of it
/// 1───────2───────3
/// ```
pub(crate) fn city() -> Pbf {
    let mut city = Pbf::new();
    let corners = [
        (1, 0.0, 0.0),
        (2, 0.02, 0.0),
        (3, 0.04, 0.0),
        (5, 0.0, 0.02),
        (6, 0.02, 0.02),
        (7, 0.04, 0.02),
    ];
    for (id, x, y) in corners {
        city.node(id, (120.0 + x, 30.0 + y), &[]);
    }
    // An island of the east in the west.
    for (id, x, y) in [(21, 0.005, 0.005), (22, 0.008, 0.005), (23, 0.008, 0.008)] {
        city.node(id, (120.0 + x, 30.0 + y), &[]);
    }
    city.node(
        31,
        (120.01, 30.01),
        &[
            ("amenity", "library"),
            ("name", "西区样例图书馆"),
            ("name:en", "West Sample Library"),
            ("opening_hours", "Mo-Fr 09:00-17:00"),
            ("wheelchair", "yes"),
            ("addr:street", "样例大街"),
            ("addr:housenumber", "7"),
            ("website", "https://example.org/lib"),
        ],
    );
    city.node(
        32,
        (120.03, 30.01),
        &[("amenity", "police"), ("name", "东区样例派出所"), ("opening_hours", "from nine or so")],
    );
    city.node(33, (120.006, 30.0055), &[("amenity", "toilets")]);
    city.node(34, (120.0005, 30.0005), &[("highway", "bus_stop"), ("name", "样例站")]);
    city.way(10, &[2, 1, 5, 6], &[]);
    city.way(11, &[2, 6], &[]);
    city.way(12, &[6, 7, 3, 2], &[]);
    city.way(13, &[21, 22, 23, 21], &[]);
    city.way(14, &[1, 2, 3], &[("highway", "primary"), ("name", "样例大街")]);
    city.way(15, &[1, 6], &[("waterway", "river"), ("name", "样例河")]);
    let of = |level, name| {
        [
            ("type", "boundary"),
            ("boundary", "administrative"),
            ("admin_level", level),
            ("name", name),
        ]
    };
    city.relation(100, &[(10, "outer"), (12, "outer")], &of("4", "样例市"));
    city.relation(101, &[(11, "outer"), (10, "outer"), (13, "inner")], &of("6", "样例西区"));
    city.relation(102, &[(12, "outer"), (11, "outer"), (13, "outer")], &of("6", "样例东区"));
    city.relation(103, &[(10, "outer"), (11, "outer")], &of("8", "样例街道"));
    city.relation(104, &[(12, "outer")], &of("8", "样例断镇"));
    city.relation(105, &[(12, "outer"), (99, "outer")], &of("8", "样例缺镇"));
    city
}
