"""Approximate township areas: the ground nearer to a township's known points.

The cells of all townships are noded together on the grid of the written
coordinates, so that neighbours share every vertex, nothing overlaps, nothing is
left between, and the union of a district's cells is the district.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry import MultiPoint
from shapely.geometry.base import BaseGeometry

import earth
from evidence import Labels
from sources import District

GRID = 1e-6
SIMPLIFY_M = 110.0


def build(labels: Labels, districts: list[District]) -> tuple[
        dict[str, BaseGeometry], dict[str, BaseGeometry]]:
    """Township → area and district → area, in degrees, as one seamless cover."""
    rough: dict[str, BaseGeometry] = {}
    for district in districts:
        mine = np.array([t.startswith(district.code) for t in labels.township])
        cells = _nearest(labels.take(mine), earth.metric(district.area))
        cells = _tidy(cells, labels.take(mine))
        codes = sorted(cells)
        smooth = shapely.coverage_simplify(
            [cells[code] for code in codes], SIMPLIFY_M, simplify_boundary=False
        )
        rough.update(zip(codes, smooth))
    return _node(rough, districts)


def _nearest(labels: Labels, area: BaseGeometry) -> dict[str, BaseGeometry]:
    """Cut a district so that every spot goes to the township of its nearest label."""
    xy, first = np.unique(np.round(labels.xy, 1), axis=0, return_index=True)
    township = labels.township[first]
    cells = shapely.voronoi_polygons(
        MultiPoint(xy), extend_to=area, ordered=True
    ).geoms
    return {
        code: shapely.intersection(
            shapely.union_all([cells[i] for i in np.flatnonzero(township == code)]), area
        )
        for code in np.unique(township)
    }


def _polygons(geometry: BaseGeometry) -> list[BaseGeometry]:
    return [
        part for part in shapely.get_parts(geometry)
        if part.geom_type == "Polygon" and part.area > 1.0
    ]


def _tidy(cells: dict[str, BaseGeometry], labels: Labels) -> dict[str, BaseGeometry]:
    """Give fragments away: a township keeps its main part and real second ones."""
    parts: list[tuple[str, BaseGeometry, int]] = []
    for code in sorted(cells):
        points = shapely.points(labels.xy[labels.township == code])
        for polygon in _polygons(cells[code]):
            parts.append((code, polygon, int(shapely.intersects(polygon, points).sum())))
    best: dict[str, int] = {}
    for index, (code, polygon, count) in enumerate(parts):
        size = (count, polygon.area)
        if code not in best or size > (parts[best[code]][2], parts[best[code]][1].area):
            best[code] = index
    owner = [code for code, _, _ in parts]
    loose = []
    for index, (code, polygon, count) in enumerate(parts):
        main = parts[best[code]]
        second = count >= 5 and count >= 0.3 * main[2] and polygon.area >= 0.2 * main[1].area
        if index != best[code] and not second:
            loose.append(index)
            owner[index] = ""
    tree = STRtree([polygon for _, polygon, _ in parts])
    loose.sort(key=lambda index: -parts[index][1].area)
    while loose:
        waiting = []
        for index in loose:
            polygon = parts[index][1]
            shared: dict[str, float] = defaultdict(float)
            for other in sorted(tree.query(polygon, "intersects")):
                if other != index and owner[other]:
                    border = shapely.intersection(polygon, parts[other][1])
                    shared[owner[other]] += border.length
            if shared and max(shared.values()) > 0:
                owner[index] = max(sorted(shared), key=lambda code: shared[code])
            else:
                waiting.append(index)
        if len(waiting) == len(loose):
            break
        loose = waiting
    tidy: dict[str, list[BaseGeometry]] = defaultdict(list)
    for index, (code, polygon, _) in enumerate(parts):
        tidy[owner[index] or code].append(polygon)
    return {code: shapely.union_all(polygons) for code, polygons in tidy.items()}


def _node(rough: dict[str, BaseGeometry], districts: list[District]) -> tuple[
        dict[str, BaseGeometry], dict[str, BaseGeometry]]:
    """Put all borders on the written grid together, then name the faces again."""
    codes = sorted(rough)
    cells = [earth.degrees(rough[code]) for code in codes]
    outlines = [shapely.boundary(district.area) for district in districts]
    lines = shapely.unary_union([*outlines, *shapely.boundary(cells)], grid_size=GRID)
    faces = [face for face in shapely.polygonize([lines]).geoms]
    areas = [district.area for district in districts]
    tree, district_tree = STRtree(cells), STRtree(areas)
    townships: dict[str, list[BaseGeometry]] = defaultdict(list)
    covers: dict[str, list[BaseGeometry]] = defaultdict(list)
    for face in faces:
        inside = shapely.point_on_surface(face)
        within = sorted(district_tree.query(inside, "intersects"))
        if not within:
            if face.area > 1e-8:
                continue
            within = [int(district_tree.nearest(inside))]
        district = districts[within[0]].code
        candidates = [i for i in sorted(tree.query(inside, "intersects"))
                      if codes[i].startswith(district)]
        if not candidates:
            mine = [i for i, code in enumerate(codes) if code.startswith(district)]
            candidates = [min(mine, key=lambda i: cells[i].distance(inside))]
        townships[codes[candidates[0]]].append(face)
        covers[district].append(face)
    return (
        {code: _join(parts) for code, parts in sorted(townships.items())},
        {code: _join(parts) for code, parts in sorted(covers.items())},
    )


def _join(parts: list[BaseGeometry]) -> BaseGeometry:
    joined = shapely.normalize(shapely.coverage_union_all(parts))
    joined = shapely.orient_polygons(joined)
    if joined.geom_type == "MultiPolygon" and len(joined.geoms) == 1:
        return joined.geoms[0]
    return joined
