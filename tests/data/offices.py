"""Makes tests/data/offices.parquet (pip install pyarrow==26.0.1): GeoParquet as another
program writes it, with what our own never has: a null geometry, a foreign column, times,
several groups of rows, packed with zstd. Nothing in it is real."""

import datetime as dt
import json
import struct

import pyarrow as pa
import pyarrow.parquet as pq


def point(x, y):
    return struct.pack("<BIdd", 1, 1, x, y)


rows = [(i, f"样例办事处{i}", 116.0 + i / 1000, 39.0 + i / 1000) for i in range(100)]
table = pa.table(
    {
        "id": [f"o-{i}" for i, *_ in rows],
        "name": [name for _, name, *_ in rows],
        "aliases": pa.array(
            [["甲", "乙;丙"] if i % 2 else [] if i else None for i, *_ in rows],
            pa.list_(pa.string()),
        ),
        "open": [i % 3 == 0 for i, *_ in rows],
        "desks": pa.array([i if i % 5 else None for i, *_ in rows], pa.int32()),
        "area": [i / 7 for i, *_ in rows],
        "seen": [dt.date(2026, 1, 1) + dt.timedelta(days=i) for i, *_ in rows],
        "at": pa.array(
            [dt.datetime(2026, 1, 1, 8, i % 60, tzinfo=dt.timezone.utc) for i, *_ in rows],
            pa.timestamp("ms", tz="UTC"),
        ),
        "geometry": pa.array(
            [point(x, y) if i != 7 else None for i, _, x, y in rows], pa.binary()
        ),
        "photo": pa.array([b"\x00\xff"] * len(rows), pa.binary()),
    }
)
geo = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {
        "geometry": {
            "encoding": "WKB",
            "geometry_types": ["Point"],
            "crs": {"type": "GeographicCRS", "id": {"authority": "EPSG", "code": 4490}},
        }
    },
}
table = table.replace_schema_metadata({"geo": json.dumps(geo)})
pq.write_table(table, "offices.parquet", compression="zstd", row_group_size=40)
