"""Checks on the finished pack, file by file, as a reader of the format would."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape

COLUMNS = {
    "points.csv": {
        "id", "name", "name_en", "aliases", "category", "matters", "address", "phone",
        "opening_hours", "accessibility", "lon", "lat", "source", "observed_at",
    },
    "places.csv": {"id", "name", "name_en", "kind", "class", "lon", "lat", "extent_m", "source"},
    "calendar.csv": {"date", "kind", "name_zh", "name_en"},
    "divisions/changes.csv": {"date", "kind", "from", "to", "source", "from_name", "to_name"},
    "divisions/communities.csv": {
        "code", "name", "name_en", "aliases", "parent", "valid_from", "lon", "lat", "placed_by",
        "source",
    },
}
ROAD_CLASSES = {"motorway", "trunk", "primary", "secondary", "tertiary", "minor"}
# Residents of the whole city in the census of 2020, as the bureau of statistics published them.
RESIDENTS = 21_893_095
CODE = re.compile(r"[0-9A-Za-z-]{2,32}")


class Report:
    """Faults, gathered so that one run shows them all."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def need(self, condition: bool, fault: str) -> None:
        if not condition:
            self.faults.append(fault)


def check(pack: Path, icons: set[str]) -> list[str]:
    """All that is wrong with the pack; an empty list when nothing is."""
    report = Report()
    city = _toml(pack / "city.toml")
    matters = _tree(report, "matters.toml", _toml(pack / "matters.toml")["matter"])
    categories = _tree(report, "categories.toml", _toml(pack / "categories.toml")["category"])
    sources = {source["id"] for source in city["source"]}
    tables = {name: _table(report, pack, name, columns) for name, columns in COLUMNS.items()}
    _words(report, city, matters, categories, icons)
    _points(report, city, tables, set(categories), set(matters), sources)
    _portals(report, pack, set(categories), set(matters), sources, tables["points.csv"])
    _divisions(report, pack, city, tables["divisions/communities.csv"], sources)
    _roads(report, pack)
    return report.faults


def _toml(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _tree(report: Report, file: str, items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for code, count in Counter(item["code"] for item in items).items():
        report.need(count == 1, f"{file}: {code} is given {count} times")
    table = {item["code"]: item for item in items}
    for item in items:
        parent = item.get("parent")
        report.need(parent is None or parent in table, f"{file}: {item['code']}: no parent {parent}")
        report.need(bool(item["name"]["zh"] and item["name"]["en"]), f"{file}: {item['code']}: a name")
    return table


def _table(report: Report, pack: Path, name: str, columns: set[str]) -> list[dict[str, str]]:
    with (pack / name).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        report.need(set(reader.fieldnames or ()) == columns, f"{name}: columns {reader.fieldnames}")
    key = "id" if "id" in columns else "code" if "code" in columns else "date"
    for value, count in Counter(row[key] for row in rows).items():
        report.need(count == 1, f"{name}: {value} is given {count} times")
    return rows


def _words(report: Report, city: dict[str, Any], matters: dict[str, Any],
           categories: dict[str, Any], icons: set[str]) -> None:
    phrases = Counter(phrase for matter in matters.values() for phrase in matter["phrases"])
    for phrase, count in phrases.items():
        report.need(count == 1, f"matters.toml: 「{phrase}」 means {count} matters")
    for code, category in categories.items():
        report.need(category["icon"] in icons, f"categories.toml: {code}: no icon {category['icon']}")
        for matter in category["typical_matters"]:
            report.need(matter in matters, f"categories.toml: {code}: no matter {matter}")
    for entry in city["search"]["readings"]:
        report.need(len(entry["word"]) == len(entry["pinyin"].split()),
                    f"city.toml: {entry['word']} is not read {entry['pinyin']}")
    words = Counter(entry["word"] for entry in city["search"]["readings"])
    report.need(max(words.values()) == 1, "city.toml: a word is read twice")


def _inside(city: dict[str, Any], lon: str, lat: str) -> bool:
    west, south, east, north = city["bounds"]
    return west <= float(lon) <= east and south <= float(lat) <= north


def _points(report: Report, city: dict[str, Any], tables: dict[str, list[dict[str, str]]],
            categories: set[str], matters: set[str], sources: set[str]) -> None:
    for name in ("points.csv", "places.csv"):
        for row in tables[name]:
            report.need(_inside(city, row["lon"], row["lat"]), f"{name}: {row['id']} is outside")
            report.need(row["source"] in sources, f"{name}: {row['id']}: no source {row['source']}")
            report.need(bool(row["name"]), f"{name}: {row['id']} has no name")
    for row in tables["points.csv"]:
        report.need(row["category"] in categories, f"points.csv: {row['id']}: no {row['category']}")
        for matter in filter(None, row["matters"].split(";")):
            report.need(matter in matters, f"points.csv: {row['id']}: no matter {matter}")
        for column in ("address", "phone", "opening_hours", "accessibility"):
            report.need(not row[column], f"points.csv: {row['id']}: {column} from no source")


def _portals(report: Report, pack: Path, categories: set[str], matters: set[str],
             sources: set[str], points: list[dict[str, str]]) -> None:
    ids = {row["id"] for row in points}
    portals = _toml(pack / "portals.toml")["portal"]
    for code, count in Counter(portal["id"] for portal in portals).items():
        report.need(count == 1, f"portals.toml: {code} is given {count} times")
    for portal in portals:
        where = f"portals.toml: {portal['id']}"
        report.need(set(portal.get("categories", [])) <= categories, f"{where}: a category")
        report.need(set(portal.get("matters", [])) <= matters, f"{where}: a matter")
        report.need(set(portal.get("points", [])) <= ids, f"{where}: a point")
        report.need(portal["source"] in sources, f"{where}: no source")
        if portal["channel"] == "phone":
            report.need(bool(portal["phone"]), f"{where}: no number")
        else:
            report.need(portal["url"].startswith("https://"), f"{where}: not https")


def _features(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _divisions(report: Report, pack: Path, city: dict[str, Any],
               communities: list[dict[str, str]], sources: set[str]) -> None:
    districts = _features(pack / "divisions/districts.geojsonl")
    townships = _features(pack / "divisions/townships.geojsonl")
    codes = [f["properties"]["code"] for f in districts + townships]
    codes += [row["code"] for row in communities]
    for code, count in Counter(codes).items():
        report.need(count == 1, f"divisions: {code} is given {count} times")
        report.need(bool(CODE.fullmatch(code)), f"divisions: {code} is no code")
    residents = sum(f["properties"]["population"] for f in districts)
    report.need(residents == RESIDENTS, f"the districts have {residents} residents")
    larger = {f["properties"]["code"] for f in districts}
    for feature in townships:
        report.need(feature["properties"]["parent"] in larger, f"no parent of {feature['properties']}")
    larger |= {f["properties"]["code"] for f in townships}
    for row in communities:
        report.need(row["parent"] in larger, f"communities.csv: {row['code']}: no {row['parent']}")
        report.need(bool(row["lon"]) == bool(row["placed_by"]), f"communities.csv: {row['code']}")
        if row["lon"]:
            report.need(_inside(city, row["lon"], row["lat"]), f"communities.csv: {row['code']} outside")
    for feature in districts + townships:
        report.need(feature["properties"]["source"] in sources, f"no source: {feature['properties']}")

    def areas(features: list[dict[str, Any]]) -> dict[str, Any]:
        return {f["properties"]["code"]: shape(f["geometry"]) for f in features if f["geometry"]}

    district_areas, township_areas = areas(districts), areas(townships)
    for code, area in {**district_areas, **township_areas}.items():
        report.need(bool(area.is_valid), f"divisions: {code}: {shapely.is_valid_reason(area)}")
    report.need(bool(shapely.coverage_is_valid(list(district_areas.values()))), "districts overlap")
    report.need(bool(shapely.coverage_is_valid(list(township_areas.values()))), "townships overlap")
    for code, area in district_areas.items():
        parts = [a for c, a in township_areas.items() if c.startswith(code)]
        union = shapely.coverage_union_all(parts)
        report.need(bool(union.equals(area)), f"the townships of {code} are not the district")
        report.need(abs(sum(a.area for a in parts) - area.area) < 1e-12, f"the areas in {code}")
    west, south, east, north = shapely.union_all(list(district_areas.values())).bounds
    report.need([west, south, east, north] == city["bounds"],
                f"city.toml: bounds should be {[west, south, east, north]}")


def _roads(report: Report, pack: Path) -> None:
    seen = set()
    for feature in _features(pack / "roads.geojsonl"):
        properties = feature["properties"]
        key = (properties["name"], properties["class"])
        report.need(key not in seen, f"roads.geojsonl: {key} twice")
        seen.add(key)
        report.need(set(properties) == {"name", "class", "schematic"}, f"roads.geojsonl: {key}")
        report.need(properties["class"] in ROAD_CLASSES, f"roads.geojsonl: {key}")
        geometry = shape(feature["geometry"])
        report.need(geometry.geom_type in ("LineString", "MultiLineString"), f"roads: {key}")
        report.need(bool(geometry.is_valid) and geometry.length > 0, f"roads: {key}: no length")
