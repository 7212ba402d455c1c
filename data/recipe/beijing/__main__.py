"""Builds the pack of Beijing: `python data/recipe/beijing`.

Reads the packages named in `archives.py`, keeps them in `data/beijing/.cache`, and
writes the generated files of `data/beijing`. The files written by hand there
(`city.toml`, `categories.toml`, `matters.toml`, `portals.toml`, `SOURCES.md`) are
read and checked, never changed. The same packages give the same bytes.

`--evaluate` also measures how good the approximate townships are.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import cells
import changes
import days
import divisions
import evaluate
import names
import places
import points
import roads
import sources
import validate
import write

HERE = Path(__file__).resolve().parent
PACK = HERE.parents[1] / "beijing"


def table(path: Path) -> dict[str, Any]:
    """A TOML file."""
    with path.open("rb") as file:
        return tomllib.load(file)


def say(text: str) -> None:
    """A line of progress, at once."""
    print(text, flush=True)


def build(cache: Path, with_evaluation: bool) -> None:
    """Write every generated file."""
    names.load_readings(table(PACK / "city.toml")["search"]["readings"])
    districts = sources.districts(cache)
    found = sources.places(cache, districts)
    townships = sources.townships(cache)
    units, communities = sources.statistical(cache)
    say(f"read: {len(districts)} districts, {len(townships)} townships, {len(units)} units, "
        f"{len(communities)} communities, {len(found)} named places")

    labels = divisions.label(units, communities, townships, found, districts,
                             table(HERE / "hints.toml")["townships"])
    township_areas, district_areas = cells.build(labels, districts)
    write.features(PACK / "divisions/districts.geojsonl",
                   divisions.district_features(districts, district_areas,
                                               sources.residents(HERE / "residents.csv")), 6)
    write.features(PACK / "divisions/townships.geojsonl",
                   divisions.township_features(townships, units, township_areas), 6)
    rows = divisions.community_rows(communities, units, townships, labels)
    write.table(PACK / "divisions/communities.csv", divisions.COMMUNITY_COLUMNS, rows)
    placed = Counter(row["placed_by"] for row in rows if row["placed_by"])
    say(f"townships: {len(labels.xy)} known points draw {len(township_areas)} of {len(townships)}")
    say(f"communities: {len(rows)}, with a place {sum(placed.values())} {dict(placed)}, "
        f"under a district only {sum(len(row['parent']) == 6 for row in rows)}")
    if with_evaluation:
        for key, value in evaluate.cross_validate(labels, districts).items():
            say(f"  {key}: {value:.3f}")

    rows = changes.rows(sources.changes(cache))
    write.table(PACK / "divisions/changes.csv", changes.COLUMNS, rows)
    say(f"changes: {dict(Counter(row['kind'] for row in rows))}")

    rules = points.Rules.read(table(HERE / "rules.toml"))
    rows, used = points.rows(found, districts, rules, sources.places_date(cache))
    write.table(PACK / "points.csv", points.COLUMNS, rows)
    say(f"points: {len(rows)} of {len(used)} buildings {dict(Counter(r['category'] for r in rows))}")

    rows = places.rows(found, used)
    write.table(PACK / "places.csv", places.COLUMNS, rows)
    say(f"places: {len(rows)} {dict(Counter(row['kind'] for row in rows))}")

    lines = roads.features(found)
    write.features(PACK / "roads.geojsonl", lines, 5)
    say(f"roads: {len(lines)} features, {roads.length_km(lines):.0f} km")

    holidays, workdays = sources.holidays(cache)
    rows = days.rows(holidays, workdays)
    write.table(PACK / "calendar.csv", days.COLUMNS, rows)
    say(f"calendar: {dict(Counter(row['kind'] for row in rows))}, "
        f"{rows[0]['date']} to {rows[-1]['date']}")


def main() -> int:
    """Build, check, and say what is wrong."""
    parser = argparse.ArgumentParser(description="Build the city pack of Beijing.")
    parser.add_argument("--evaluate", action="store_true", help="measure the townships too")
    parser.add_argument("--check", action="store_true", help="only check the finished pack")
    arguments = parser.parse_args()
    cache = PACK / ".cache"
    if not arguments.check:
        build(cache, arguments.evaluate)
    faults = validate.check(PACK, sources.icons(cache))
    for fault in faults[:50]:
        print(fault, file=sys.stderr)
    say(f"check: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
