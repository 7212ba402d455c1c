import type { Geometry, Position } from "geojson";

import type { Bounds } from "../api/types.ts";

function positions(geometry: Geometry): Position[] {
  switch (geometry.type) {
    case "Point":
      return [geometry.coordinates];
    case "MultiPoint":
    case "LineString":
      return geometry.coordinates;
    case "MultiLineString":
    case "Polygon":
      return geometry.coordinates.flat();
    case "MultiPolygon":
      return geometry.coordinates.flat(2);
    case "GeometryCollection":
      return geometry.geometries.flatMap(positions);
  }
}

/** The smallest rectangle around a geometry, or `null` around nothing. */
export function boundsOf(geometry: Geometry | null): Bounds | null {
  if (geometry === null) return null;
  let bounds: Bounds | null = null;
  for (const [lon, lat] of positions(geometry)) {
    if (lon === undefined || lat === undefined) continue;
    const [west, south, east, north]: Bounds = bounds ?? [lon, lat, lon, lat];
    bounds = [Math.min(west, lon), Math.min(south, lat), Math.max(east, lon), Math.max(north, lat)];
  }
  return bounds;
}

/** The rectangle with a margin of `share` of its size on every side. */
export function grown([west, south, east, north]: Bounds, share: number): Bounds {
  const [dx, dy] = [(east - west) * share, (north - south) * share];
  return [west - dx, south - dy, east + dx, north + dy];
}
