import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { barsOf, formatDay, parseDay, startAfter, startOf, startsIn, STEPS, stretchAt } from "./days.ts";

const day = (text: string): number => parseDay(text) ?? NaN;
const days = fc.integer({ min: 0, max: 40_000 });
const steps = fc.constantFrom(...STEPS);

describe("a day", () => {
  it("comes back as it was written", () => {
    expect(formatDay(day("2026-02-28"))).toBe("2026-02-28");
    expect(day("2024-03-01") - day("2024-02-28")).toBe(2);
    for (const bad of ["2026-02-29", "2026-13-01", "2026-1-1", "today", ""]) expect(parseDay(bad)).toBeNull();
  });

  it("is in a week that begins on Monday, and in a month", () => {
    expect(formatDay(startOf("week", day("2026-03-01")))).toBe("2026-02-23");
    expect(formatDay(startOf("week", day("2026-03-02")))).toBe("2026-03-02");
    expect(formatDay(startAfter("month", day("2026-12-31")))).toBe("2027-01-01");
  });
});

describe("the stretches of a range", () => {
  it("follow one another without a gap and fill it", () => {
    fc.assert(
      fc.property(days, fc.integer({ min: 1, max: 500 }), steps, (from, length, step) => {
        const range = [from, from + length] as const;
        let next = from;
        for (const start of startsIn(step, range)) {
          const [first, end] = stretchAt(step, start, range);
          expect([first, start]).toEqual([next, next]);
          expect(end).toBeGreaterThan(first);
          next = end;
        }
        expect(next).toBe(from + length);
      }),
    );
  });

  it("are days, weeks or months, by how long it is", () => {
    expect(barsOf([0, 30])).toBe("day");
    expect(barsOf([0, 1096])).toBe("week");
    expect(barsOf([0, 4000])).toBe("month");
  });
});
