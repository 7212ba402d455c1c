"""roads.geojsonl: schematic lines through the points of each road.

The index keeps one point of every piece of a road. Joined to their nearest
neighbours by a minimum spanning tree, with no step longer than a cap, the points of
a road show its course roughly; the pack says so (`schematic`). Where a road ends and
another of its class begins straight ahead, it is drawn up to that one, because a
ring road has a new name every few kilometres.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay, QhullError, cKDTree
from shapely.geometry.base import BaseGeometry

import earth
import places as gazetteer
from sources import Place

CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary", "minor")
MINOR = {"residential", "unclassified", "living_street", "pedestrian", "service"}
# The longest step between two points of one road, metres, by class.
CAP = (3000.0, 2500.0, 2000.0, 1600.0, 1200.0, 700.0)
# The longest step from the end of a road to the next road ahead.
AHEAD = (2200.0, 1800.0, 1200.0, 800.0, 500.0, 200.0)
# The widest turn such a step may make.
TURN = math.radians(50.0)
# The two carriageways of one road are drawn as one line.
MERGE = (70.0, 60.0, 50.0, 40.0, 25.0, 15.0)


@dataclass
class Road:
    """The points of one road, their classes, and the pairs that are joined."""

    name: str
    xy: np.ndarray
    kinds: np.ndarray
    steps: list[tuple[int, int]]


def class_of(place: Place) -> str | None:
    """The class on the map; nothing for what is not drawn."""
    kind = place.type.removesuffix("_link")
    if kind in MINOR:
        return "minor"
    return kind if kind in CLASSES else None


def features(places: list[Place]) -> list[tuple[dict[str, Any], BaseGeometry]]:
    """One feature a name and class, ordered by class and name."""
    points: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
    for place in places:
        if place.kind != "road" or not gazetteer.is_street(place):
            continue
        drawn_as = class_of(place)
        if drawn_as:
            x, y = earth.to_metres(np.array([[place.lon, place.lat]]))[0]
            points[gazetteer.clean(place.name)].append((x, y, CLASSES.index(drawn_as)))
    roads = [_road(name, np.array(sorted(rows))) for name, rows in sorted(points.items())]
    lines: dict[tuple[int, str], list[np.ndarray]] = defaultdict(list)
    for road in roads:
        for a, b in road.steps:
            lines[int(max(road.kinds[a], road.kinds[b])), road.name].append(road.xy[[a, b]])
    for road, kind, step in _ahead(roads):
        lines[kind, road.name].append(step)
    return [
        ({"name": name, "class": CLASSES[kind], "schematic": True}, _line(steps))
        for (kind, name), steps in sorted(lines.items())
    ]


def length_km(features: list[tuple[dict[str, Any], BaseGeometry]]) -> float:
    """The length of all lines."""
    return sum(float(shapely.length(earth.metric(line))) for _, line in features) / 1000.0


def _line(steps: list[np.ndarray]) -> BaseGeometry:
    merged = shapely.line_merge(shapely.multilinestrings(steps))
    return shapely.normalize(earth.degrees(shapely.simplify(merged, 12.0)))


def _road(name: str, points: np.ndarray) -> Road:
    """Join the points of one road. A step has the lesser class of its ends."""
    xy, kinds = _thin(points[:, :2], points[:, 2].astype(int))
    if len(xy) < 2:
        return Road(name, xy, kinds, [])
    pairs = _neighbours(xy)
    length = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    near = length <= np.array(CAP)[np.minimum(kinds[pairs[:, 0]], kinds[pairs[:, 1]])]
    graph = coo_matrix(
        (length[near], (pairs[near, 0], pairs[near, 1])), shape=(len(xy), len(xy))
    )
    tree = minimum_spanning_tree(graph).tocoo()
    return Road(name, xy, kinds, sorted(zip(tree.row.tolist(), tree.col.tolist())))


def _ahead(roads: list[Road]) -> list[tuple[Road, int, np.ndarray]]:
    """Steps from the ends of roads to the next road of about the same class."""
    owner = np.concatenate([np.full(len(road.xy), i) for i, road in enumerate(roads)])
    xy = np.concatenate([road.xy for road in roads])
    kinds = np.concatenate([road.kinds for road in roads])
    tree = cKDTree(xy)
    first = np.cumsum([0] + [len(road.xy) for road in roads])
    joined: set[tuple[int, int]] = set()
    found = []
    for index, road in enumerate(roads):
        ends: dict[int, list[int]] = defaultdict(list)
        for a, b in road.steps:
            ends[a].append(b)
            ends[b].append(a)
        for end in sorted(node for node, others in ends.items() if len(others) == 1):
            here, kind = road.xy[end], int(road.kinds[end])
            course = here - road.xy[ends[end][0]]
            if float(np.hypot(*course)) < 1.0:
                continue
            best = (math.inf, -1)
            for other in tree.query_ball_point(here, AHEAD[kind]):
                if owner[other] == index or abs(int(kinds[other]) - kind) > 1:
                    continue
                step = xy[other] - here
                length = float(np.hypot(*step))
                turn = _angle(course, step) if length >= 1.0 else math.inf
                if turn > TURN:
                    continue
                rank = round(length * (1.0 + (turn / TURN) ** 2) * (1.0 + (kinds[other] != kind)), 2)
                best = min(best, (rank, int(other)))
            if best[1] < 0:
                continue
            start = int(first[index]) + end
            pair = (min(start, best[1]), max(start, best[1]))
            if pair not in joined:
                joined.add(pair)
                found.append((road, kind, np.array([here, xy[best[1]]])))
    return found


def _angle(a: np.ndarray, b: np.ndarray) -> float:
    """The angle between two courses, radians."""
    cosine = float(a @ b) / (float(np.hypot(*a)) * float(np.hypot(*b)))
    return math.acos(max(-1.0, min(1.0, cosine)))


def _neighbours(xy: np.ndarray) -> np.ndarray:
    """Pairs that may be joined: the edges of a triangulation, or all of a few."""
    if len(xy) > 4:
        try:
            triangles = Delaunay(xy).simplices
            edges = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
            return np.unique(np.sort(edges, axis=1), axis=0)
        except QhullError:
            pass
    return np.array([(a, b) for a in range(len(xy)) for b in range(a + 1, len(xy))])


def _thin(xy: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Merge points nearer than the width of a road into one between them."""
    gap = MERGE[int(np.median(kinds))]
    left = np.ones(len(xy), bool)
    tree = cKDTree(xy)
    merged, classes = [], []
    for index in range(len(xy)):
        if not left[index]:
            continue
        near = sorted(other for other in tree.query_ball_point(xy[index], gap) if left[other])
        left[near] = False
        merged.append(np.round(xy[near].mean(0), 2))
        classes.append(int(kinds[near].min()))
    return np.array(merged), np.array(classes)
