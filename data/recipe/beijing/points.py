"""points.csv: the named buildings that are public service points.

OpenStreetMap's index gives names and positions only, so a name has to say by itself
what the building is. Whatever a name leaves open is left out.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import earth
import names
from clusters import clusters
from sources import District, Place

COLUMNS = (
    "id", "name", "name_en", "aliases", "category", "matters", "address", "phone",
    "opening_hours", "accessibility", "lon", "lat", "source", "observed_at",
)
# Buildings of one institution stand within this of each other.
SAME_SITE_M = 450.0
# 「和平里医院门诊楼」 is the hospital, not another one.
WING = re.compile(
    r"[\s\-—]*(（(住院部|急诊|门诊|急诊楼|门诊楼)）|新?门急?诊.*楼|急诊楼?|住院部|供氧中心|行政楼|"
    r"发热.*门诊.*|医技楼|[东西南北]楼|立案庭)$"
)
# Categories whose English name follows from the Chinese one.
ENGLISH = {
    "police_station": (r"(派出所)$", "Police Station"),
    "health_centre": (r"(社区卫生服务中心|卫生服务中心|卫生院)$", "Community Health Centre"),
    "health_station": (r"(社区卫生服务站)$", "Community Health Station"),
    "subdistrict_office": (r"(街道办事处)$", "Subdistrict Office"),
    "township_government": (r"(镇人民政府|镇政府)$", "Town Government"),
    "court": (r"(区人民法院|区法院)$", "District People's Court"),
    "procuratorate": (r"(区人民检察院|区检察院)$", "District People's Procuratorate"),
    "fire_station": (r"(消防中队|消防站|消防队)$", "Fire Station"),
}
# A station is called after what it stops at.
STATIONS = {"subway_station", "train_station", "transportation"}
CITY_AND_DISTRICT = re.compile(r"北京市(?!.?(公安|城市|园林|交通|规划)).{2,3}区(?!位)")
PREFIX = re.compile(r"^(北京市公安局.{2,3}分局|丰台公安局|北京市)")


@dataclass
class Rules:
    """The table of `rules.toml`, compiled."""

    reject: re.Pattern[str]
    rules: list[tuple[str, re.Pattern[str], re.Pattern[str] | None]]
    fixes: dict[str, dict[str, Any]] = field(default_factory=dict)
    successors: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, table: dict[str, Any]) -> "Rules":
        return cls(
            re.compile("|".join(table["reject"])),
            [
                (rule["category"], re.compile(rule["match"]),
                 re.compile(rule["not"]) if "not" in rule else None)
                for rule in table["rule"]
            ],
            {fix["name"]: fix for fix in table["fix"]},
            [(item["old"], item["new"]) for item in table["successor"]],
        )

    def classify(self, name: str) -> str | None:
        """The category of a building of this name, if the name says it."""
        if self.reject.search(name):
            return None
        for category, match, never in self.rules:
            if match.fullmatch(name) and not (never and never.search(name)):
                return category
        return None


@dataclass
class Candidate:
    """A building taken for a service point, before its neighbours are merged."""

    place: Place
    name: str
    category: str
    aliases: list[str]
    name_en: str


def rows(places: list[Place], districts: list[District], rules: Rules,
         observed_at: str) -> tuple[list[dict[str, Any]], set[Place]]:
    """The rows, and the buildings that went into them."""
    found: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    district_name = {district.code: district.name for district in districts}
    for place in places:
        candidate = _candidate(place, district_name[place.district], rules)
        if candidate:
            found[candidate.name, candidate.category].append(candidate)
    made: list[dict[str, Any]] = []
    used: set[Place] = set()
    for (name, category), candidates in sorted(found.items()):
        xy = earth.to_metres(np.array([[c.place.lon, c.place.lat] for c in candidates]))
        for members in clusters(xy, SAME_SITE_M):
            site = [candidates[index] for index in members]
            middle = xy[members].mean(0)
            nearest = min(
                range(len(site)),
                key=lambda i: (site[i].place.name != name,
                               round(float(np.hypot(*(xy[members[i]] - middle))), 1)),
            )
            best = site[nearest]
            used.update(candidate.place for candidate in site)
            aliases = [alias for candidate in site for alias in candidate.aliases]
            made.append(_row(best, names.unique(aliases, name), observed_at))
    made.sort(key=lambda row: row["id"])
    _refuse_twins(made)
    return made, used


def _candidate(place: Place, district: str, rules: Rules) -> Candidate | None:
    if place.kind != "building" or place.type in STATIONS:
        return None
    fix = rules.fixes.get(place.name, {})
    if fix.get("drop") or fix.get("district", district) != district:
        return None
    name = fix.get("rename", re.sub(r"\s+", "", place.name))
    category = fix.get("category") or rules.classify(name)
    if category is None:
        return None
    aliases = list(fix.get("aliases", []))
    if category in ("hospital", "maternal_health", "clinic"):
        whole = WING.sub("", name)
        if rules.classify(whole) is not None:
            name = whole
    if "rename" not in fix:
        aliases += _short_names(name)
    aliases += [name.replace(old, new) for old, new in rules.successors if old in name]
    return Candidate(place, name, category, aliases, fix.get("name_en") or _english(name, category))


def _short_names(name: str) -> list[str]:
    """What is certain from the name itself: without the city, and the usual short word."""
    short = name.removeprefix("北京市") if CITY_AND_DISTRICT.match(name) else name
    found = [short] if short != name else []
    if short.endswith("人民政府") and short[0] != "人" and short != "北京市人民政府":
        found.append(short.removesuffix("人民政府") + "政府")
    return found


def _english(name: str, category: str) -> str:
    if category not in ENGLISH:
        return ""
    ending, english = ENGLISH[category]
    stem = PREFIX.sub("", name)
    short = re.sub(ending, "", stem)
    if short == stem or not 2 <= len(short) <= 4 or re.search(r"[区第\dA-Za-z（(]", short):
        return ""
    return f"{names.pinyin(re.sub('(镇|街道)$', '', short))} {english}"


def _row(best: Candidate, aliases: list[str], observed_at: str) -> dict[str, Any]:
    place = best.place
    seed = f"osm|{best.name}|{place.lon:.3f}|{place.lat:.3f}"
    return {
        "id": "p-" + hashlib.sha256(seed.encode()).hexdigest()[:8],
        "name": best.name, "name_en": best.name_en, "aliases": aliases,
        "category": best.category, "lon": place.lon, "lat": place.lat,
        "source": "osm", "observed_at": observed_at,
    }


def _refuse_twins(made: list[dict[str, Any]]) -> None:
    twins = [code for code, count in Counter(row["id"] for row in made).items() if count > 1]
    if twins:
        raise SystemExit(f"points.csv: two points share the id {twins[0]}")
