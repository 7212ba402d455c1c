"""Namesakes told apart: points nearer than a gap are one thing."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree


def clusters(xy: np.ndarray, gap: float) -> list[list[int]]:
    """Groups of indices; within a group a chain of steps shorter than `gap` joins all."""
    if len(xy) == 1:
        return [[0]]
    pairs = cKDTree(xy).query_pairs(gap, output_type="ndarray")
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(xy), len(xy)))
    count, label = connected_components(graph, directed=False)
    return [np.flatnonzero(label == number).tolist() for number in range(count)]


def middle(xy: np.ndarray) -> tuple[int, float]:
    """The member nearest the centre, and how far the farthest member is from it."""
    centre = xy.mean(0)
    index = int(np.round(np.hypot(*(xy - centre).T), 2).argmin())
    return index, float(np.hypot(*(xy - xy[index]).T).max())
