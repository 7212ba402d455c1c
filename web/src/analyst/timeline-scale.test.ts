import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseDay, type Range } from "./days.ts";
import { barsBetween, dayAt, moved, shareOf, ticksOf } from "./timeline-scale.ts";

const day = (text: string): number => parseDay(text) ?? NaN;
const DOMAIN: Range = [day("2023-11-01"), day("2026-11-01")];

describe("a timeline", () => {
  it("gives back the day of each place", () => {
    fc.assert(
      fc.property(fc.integer({ min: DOMAIN[0], max: DOMAIN[1] - 1 }), (at) => {
        expect(dayAt(shareOf(at, DOMAIN) + 1e-9, DOMAIN)).toBe(at);
      }),
    );
    expect([dayAt(-1, DOMAIN), dayAt(2, DOMAIN)]).toEqual([DOMAIN[0], DOMAIN[1] - 1]);
  });

  it("takes whole bars, in whichever direction one drags", () => {
    const week = [day("2026-03-02"), day("2026-03-16")];
    expect(barsBetween(day("2026-03-03"), day("2026-03-15"), "week", DOMAIN)).toEqual(week);
    expect(barsBetween(day("2026-03-15"), day("2026-03-03"), "week", DOMAIN)).toEqual(week);
    expect(barsBetween(DOMAIN[0], DOMAIN[0], "week", DOMAIN)).toEqual([DOMAIN[0], day("2023-11-06")]);
  });

  it("never leaves a range empty or beyond its ends", () => {
    const bars = fc.integer({ min: -400, max: 400 });
    fc.assert(
      fc.property(bars, fc.constantFrom("from" as const, "to" as const), (n, end) => {
        const [from, to] = moved([day("2026-03-02"), day("2026-03-16")], end, n, "week", DOMAIN);
        expect(from).toBeLessThan(to);
        expect(from).toBeGreaterThanOrEqual(DOMAIN[0]);
        expect(to).toBeLessThanOrEqual(DOMAIN[1]);
      }),
    );
  });

  it("has a few round names under it", () => {
    expect(ticksOf(DOMAIN, "en").map(({ label }) => label)).toEqual([
      "Jan 2024",
      "Jul 2024",
      "Jan 2025",
      "Jul 2025",
      "Jan 2026",
      "Jul 2026",
    ]);
    for (const days of [1, 7, 20, 45, 100, 400, 5000, 20_000]) {
      const { length } = ticksOf([day("2026-01-01"), day("2026-01-01") + days], "zh");
      expect(length).toBeGreaterThan(0);
      expect(length).toBeLessThanOrEqual(10);
    }
  });
});
