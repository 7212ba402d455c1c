"""Districts, townships and communities: who belongs to whom, and where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

import earth
import evidence
import names
from evidence import Group, Labels
from sources import Community, District, Place, Unit

COMMUNITY_COLUMNS = (
    "code", "name", "name_en", "aliases", "parent", "valid_from", "lon", "lat", "placed_by", "source",
)
# A community is no wider than this; a name spread further is not one place.
SPREAD_M = 1200.0
# A township with fewer known points than this may also be found by its own name.
FEW = 4


def units_to_townships(units: list[Unit], townships: list[Unit]) -> dict[str, str]:
    """Statistical unit → official township; they share nine digits, or else a name."""
    by_code = {township.code[:9]: township.code for township in townships}
    by_name = {(township.district, township.name): township.code for township in townships}
    found = {}
    for unit in units:
        code = by_code.get(unit.code) or by_name.get((unit.district, unit.name))
        if code:
            found[unit.code] = code
    return found


def label(units: list[Unit], communities: list[Community], townships: list[Unit],
          places: list[Place], districts: list[District],
          hints: Mapping[str, list[str]]) -> Labels:
    """All points known to lie in a township."""
    to_township = units_to_townships(units, townships)
    groups = []
    for community in communities:
        code = to_township.get(community.unit)
        if code:
            stem = names.community_stem(community.name)
            groups.append(Group(community.code, evidence.keys_of(community.name), code,
                                code[:6], (stem, stem + "村")))
    seats: dict[str, dict[str, str]] = defaultdict(dict)
    for township in townships:
        stem, _ = names.split_township(township.name)
        seats[township.district][township.name] = township.code
        seats[township.district].setdefault(stem, township.code)
    for unit in units:
        if unit.code in to_township:
            stem, _ = names.split_township(unit.name)
            seats[unit.district].setdefault(stem, to_township[unit.code])
    for code, keys in sorted(hints.items()):
        groups.append(Group(code, tuple(keys), code, code[:6]))
    labels = evidence.gather(groups, seats, places, districts)
    counts = {code: int((labels.township == code).sum()) for code in np.unique(labels.township)}
    poor = [township for township in townships if counts.get(township.code, 0) < FEW]
    for township in poor:
        stem, _ = names.split_township(township.name)
        groups.append(Group(township.code, (stem, township.name), township.code, township.district))
    return evidence.gather(groups, seats, places, districts)


def district_features(districts: list[District], areas: Mapping[str, BaseGeometry],
                      residents: Mapping[str, tuple[int, str]]) -> list[
        tuple[dict[str, Any], BaseGeometry | None]]:
    """One feature a district, with the borders that its townships share and its residents."""
    return [
        (
            _properties(district.code, district.name, names.district_en(district.name),
                        [district.name.removesuffix("区")], "", "tianditu",
                        residents[district.code]),
            areas[district.code],
        )
        for district in districts
    ]


def township_features(townships: list[Unit], units: list[Unit],
                      areas: Mapping[str, BaseGeometry]) -> list[
        tuple[dict[str, Any], BaseGeometry | None]]:
    """One feature an official township; no geometry where nothing is known."""
    to_township = units_to_townships(units, townships)
    statistical = {to_township[unit.code]: unit.name for unit in units if unit.code in to_township}
    return [
        (
            _properties(
                township.code, township.name, names.township_en(township.name),
                names.township_aliases(township.name, statistical.get(township.code)),
                township.district, "mca",
            ),
            areas.get(township.code),
        )
        for township in townships
    ]


def _properties(code: str, name: str, name_en: str, aliases: list[str], parent: str,
                source: str, residents: tuple[int, str] | None = None) -> dict[str, Any]:
    known = dict(zip(("population", "population_at"), residents)) if residents else {}
    return {
        "code": code, "name": name, "name_en": name_en, "aliases": aliases, "parent": parent,
        "valid_from": "", "valid_to": "", "quality": "approximate", **known, "source": source,
    }


def community_rows(communities: list[Community], units: list[Unit], townships: list[Unit],
                   labels: Labels) -> list[dict[str, Any]]:
    """One row a community; a place only where something bears exactly its name."""
    to_township = units_to_townships(units, townships)
    placed = _place(labels)
    rows = []
    for community in communities:
        lon, lat, how = placed.get(community.code, ("", "", ""))
        rows.append({
            "code": community.code,
            "name": community.name,
            "name_en": "",
            "aliases": names.community_aliases(community.name),
            "parent": to_township.get(community.unit, community.code[:6]),
            "valid_from": "",
            "lon": lon, "lat": lat, "placed_by": how,
            "source": "nbs",
        })
    return rows


def _place(labels: Labels) -> dict[str, tuple[float, float, str]]:
    sure = labels.take(
        (labels.weight == evidence.EXACT) & np.isin(labels.kind, ["building", "transit"])
    )
    placed = {}
    for code in np.unique(sure.group):
        if code == "" or code.startswith("+"):
            continue
        mine = sure.take(sure.group == code)
        kind = "building" if (mine.kind == "building").any() else "transit"
        xy = mine.xy[mine.kind == kind]
        if np.ptp(xy, axis=0).max() > SPREAD_M:
            continue
        middle = xy[np.hypot(*(xy - xy.mean(0)).T).argmin()]
        lon, lat = earth.to_degrees(middle[None])[0]
        how = "building of the same name" if kind == "building" else "stop of the same name"
        placed[str(code)] = (round(float(lon), 6), round(float(lat), 6), how)
    return placed


def locate(areas: Mapping[str, BaseGeometry], lon: float, lat: float) -> str:
    """The code of the area that holds a point, or nothing."""
    point = shapely.Point(lon, lat)
    for code, area in sorted(areas.items()):
        if area.intersects(point):
            return code
    return ""
