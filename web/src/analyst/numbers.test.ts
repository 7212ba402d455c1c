import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { formatNumbers, parseNumbers, toggled } from "./numbers.ts";

describe("a set of numbers", () => {
  it("comes back as it was written", () => {
    const hours = fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1 });
    fc.assert(
      fc.property(hours, (set) => {
        expect(parseNumbers(formatNumbers(set), 0, 24)).toEqual([...set].sort((a, b) => a - b));
      }),
    );
    expect(formatNumbers([22, 8, 23, 9, 1])).toBe("1,8-9,22-23");
  });

  it("is nothing where the text is none", () => {
    for (const bad of ["", "24", "5-3", "a", "1,,2", "1-2-3"]) expect(parseNumbers(bad, 0, 24)).toBeNull();
    expect(parseNumbers("0", 1, 8)).toBeNull();
  });

  it("takes in some, and gives them back when all are there", () => {
    expect(toggled([1, 2], [2, 3])).toEqual([1, 2, 3]);
    expect(toggled([1, 2, 3], [2, 3])).toEqual([1]);
  });
});
