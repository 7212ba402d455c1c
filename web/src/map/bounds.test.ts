import { describe, expect, it } from "vitest";

import { boundsOf, grown } from "./bounds.ts";

describe("a rectangle", () => {
  it("holds every corner of a division, also of one in parts", () => {
    const ring = [
      [1, 2],
      [3, 2],
      [3, 5],
      [1, 2],
    ];
    expect(boundsOf({ type: "Polygon", coordinates: [ring] })).toEqual([1, 2, 3, 5]);
    expect(
      boundsOf({
        type: "MultiPolygon",
        coordinates: [[ring], [ring.map(([x = 0, y = 0]) => [x + 10, y - 10])]],
      }),
    ).toEqual([1, -8, 13, 5]);
  });

  it("of nothing is nothing", () => {
    expect(boundsOf(null)).toBeNull();
    expect(boundsOf({ type: "GeometryCollection", geometries: [] })).toBeNull();
  });

  it("grows by a share of its size", () => {
    expect(grown([0, 0, 10, 20], 0.1)).toEqual([-1, -2, 11, 22]);
  });
});
