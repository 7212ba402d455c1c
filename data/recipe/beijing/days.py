"""calendar.csv: statutory holidays and make-up workdays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COLUMNS = ("date", "kind", "name_zh", "name_en")


def rows(holidays: Mapping[str, str], workdays: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row a day, in the order of the dates."""
    found = []
    for kind, table in (("holiday", holidays), ("workday", workdays)):
        for date, value in table.items():
            name_en, name_zh, _ = value.split(",")
            found.append({"date": date, "kind": kind, "name_zh": name_zh, "name_en": name_en})
    return sorted(found, key=lambda row: row["date"])
