"""Degrees to metres and back, for one city.

An equirectangular plane through the city's middle latitude keeps distances right
to about one per cent, which is far inside the accuracy of anything built on it.
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

LON_0, LAT_0 = 116.4, 40.0
METRES_Y = 111_195.0
METRES_X = METRES_Y * math.cos(math.radians(LAT_0))


def to_metres(lonlat: np.ndarray) -> np.ndarray:
    """Degrees (n, 2) to metres (n, 2)."""
    return (np.asarray(lonlat, float) - (LON_0, LAT_0)) * (METRES_X, METRES_Y)


def to_degrees(xy: np.ndarray) -> np.ndarray:
    """Metres (n, 2) to degrees (n, 2)."""
    return np.asarray(xy, float) / (METRES_X, METRES_Y) + (LON_0, LAT_0)


def metric(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry in degrees as one in metres."""
    return shapely.transform(geometry, to_metres)


def degrees(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry in metres as one in degrees."""
    return shapely.transform(geometry, to_degrees)
