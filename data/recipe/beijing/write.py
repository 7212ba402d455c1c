"""Files written the same way every time: UTF-8, LF, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry


def text(path: Path, content: str) -> None:
    """Replace a file in one step, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(content, encoding="utf-8", newline="\n")
    os.replace(partial, path)


def table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """A CSV file with these columns; a list becomes a cell separated by `;`."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column, "")) for column in columns])
    text(path, buffer.getvalue())


def _cell(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        if any(";" in item for item in value):
            raise ValueError(f"a list item holds the separator: {value}")
        return ";".join(value)
    if isinstance(value, float):
        return f"{value:.6f}"
    return str(value)


def features(path: Path, rows: Iterable[tuple[Mapping[str, Any], BaseGeometry | None]],
             decimals: int) -> None:
    """GeoJSON, one Feature a line."""
    lines = []
    for properties, geometry in rows:
        lines.append(json.dumps(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": None if geometry is None else _geometry(geometry, decimals),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ))
    text(path, "\n".join(lines) + "\n")


def _geometry(geometry: BaseGeometry, decimals: int) -> dict[str, Any]:
    def rounded(value: Any) -> Any:
        if isinstance(value, float):
            return round(value, decimals)
        return [rounded(item) for item in value]

    mapping = shapely.geometry.mapping(geometry)
    return {"type": mapping["type"], "coordinates": rounded(mapping["coordinates"])}
