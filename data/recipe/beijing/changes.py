"""divisions/changes.csv: what became of districts and counties.

The package compares the official code book from year to year, so only the year of a
change is known. It has no changes below the district.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = ("date", "kind", "from", "to", "source", "from_name", "to_name")
PROVINCE = "11"
KINDS = {"同名改码": "code", "更名": "rename", "撤县设区": "status", "撤销": "merge"}


def rows(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row a change whose both sides are divisions of the city, by year and code.

    The package also lets two districts of another province that were dissolved in 1990
    "come back" here, because it followed their names; a change with one side outside is
    therefore left out. A county that was dissolved in the year in which its successor
    was founded changed its status, and did not join something that was there before.
    """
    events = list(events)
    founded = {(event["year"], event["new"]["code"]) for event in events
               if event["type"] == "新设" and event["new"]["code"]}
    found = []
    for event in events:
        old, new = event["old"]["code"], event["new"]["code"]
        if not old or not new or not (old.startswith(PROVINCE) and new.startswith(PROVINCE)):
            continue
        kind = KINDS[event["type"]]
        if kind == "merge" and (event["year"], new) in founded:
            kind = "status"
        found.append({
            "date": event["year"], "kind": kind, "from": old[:6], "to": new[:6], "source": "mca",
            "from_name": event["old"]["name"], "to_name": event["new"]["name"],
        })
    return sorted(found, key=lambda row: (row["date"], row["from"], row["to"]))
