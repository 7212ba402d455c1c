import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { breaksOf, classesOf, coloursOf, heatOf, RAMP, roundDown, roundUp } from "./scale.ts";

describe("the classes of a map", () => {
  it("hold every count up to the largest once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000_000 }), (peak) => {
        const classes = classesOf(breaksOf(peak));
        expect(classes.length).toBeLessThanOrEqual(RAMP.light.length);
        expect(classes[0]?.from).toBe(1);
        expect(classes.at(-1)?.to).toBeNull();
        expect(classes.at(-1)?.from).toBeLessThanOrEqual(peak);
        classes.slice(1).forEach(({ from }, i) => {
          expect(from).toBe((classes[i]?.to ?? NaN) + 1);
        });
      }),
    );
  });

  it("begin with round numbers", () => {
    expect(breaksOf(3)).toEqual([1, 2, 3]);
    expect(breaksOf(1000)).toEqual([1, 3, 10, 30, 100, 300]);
    expect([roundDown(64), roundUp(64), roundDown(1000), roundUp(1000), roundUp(0.3)]).toEqual([
      50, 70, 1000, 1000, 1,
    ]);
  });

  it("have the lightest and the darkest colour", () => {
    expect(coloursOf(2, RAMP.light)).toEqual([RAMP.light[0], RAMP.light[5]]);
    expect(coloursOf(1, RAMP.light)).toEqual([RAMP.light[5]]);
  });
});

describe("the hottest spot", () => {
  it("has what is there, less of what is beside it, and nothing of what is far", () => {
    const spots = [
      { x: 0, y: 0, count: 10 },
      { x: 10, y: 0, count: 10 },
      { x: 500, y: 0, count: 12 },
    ];
    expect(heatOf(spots, 20)).toBeCloseTo(10 + 10 * Math.exp(-4.5 / 4));
    expect(heatOf([], 20)).toBe(0);
  });
});
