"""How good the approximate townships are, measured on what they were not shown.

The communities are dealt into folds; the cells are drawn without one fold, and
its points are asked for. The share that falls into the right township, and how far
the wrong ones are from it, is what `SOURCES.md` states. Wrong labels count as
errors of the cells, so the figure is a lower bound where the labels are wrong and
says nothing of places that nothing is named after.
"""

from __future__ import annotations

import hashlib

import numpy as np
import shapely

import cells
import earth
from evidence import Labels
from sources import District

FOLDS = 5
# 东城, 西城, 朝阳, 丰台, 石景山, 海淀.
CENTRAL = {"110101", "110102", "110105", "110106", "110107", "110108"}


def cross_validate(labels: Labels, districts: list[District]) -> dict[str, float]:
    """Share of held-out points in the right cell, and distances of the others."""
    fold = np.array([
        hashlib.sha256(group.encode()).digest()[0] % FOLDS if group else -1
        for group in labels.group
    ])
    distances, central = [], []
    for number in range(FOLDS):
        held = np.flatnonzero(fold == number)
        drawn, _ = cells.build(labels.take(fold != number), districts)
        metric = {code: earth.metric(area) for code, area in drawn.items()}
        for index in held:
            area = metric.get(str(labels.township[index]))
            if area is None:
                continue
            gap = float(shapely.distance(area, shapely.Point(labels.xy[index])))
            distances.append(gap)
            central.append(str(labels.township[index])[:6] in CENTRAL)
    gaps, inner = np.array(distances), np.array(central)
    return {**_summary("all", gaps), **_summary("central", gaps[inner]),
            **_summary("outer", gaps[~inner])}


def _summary(where: str, gaps: np.ndarray) -> dict[str, float]:
    wrong = gaps[gaps > 0.0]
    return {
        f"{where}: points": float(len(gaps)),
        f"{where}: right": float(np.mean(gaps == 0.0)),
        f"{where}: right within 500 m": float(np.mean(gaps <= 500.0)),
        f"{where}: right within 1000 m": float(np.mean(gaps <= 1000.0)),
        f"{where}: right within 1500 m": float(np.mean(gaps <= 1500.0)),
        f"{where}: median of the wrong, m": float(np.median(wrong)),
        f"{where}: 95th percentile, m": float(np.percentile(gaps, 95)),
    }
