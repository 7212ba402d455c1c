import { describe, expect, it } from "vitest";

import { cut, domainOf, limitsOf, within } from "./range.ts";

describe("the time that is looked at", () => {
  const domain = [100, 200] as const;

  it("is all days that there are where nothing of it is among them", () => {
    expect(within([null, null], domain)).toEqual([100, 200]);
    expect(within([120, null], domain)).toEqual([120, 200]);
    expect(within([50, 130], domain)).toEqual([100, 130]);
    expect(within([300, 400], domain)).toEqual([100, 200]);
  });

  it("has no limit where all days end, so that what comes meanwhile counts too", () => {
    expect(limitsOf([100, 150], domain)).toEqual({ from: null, to: 150 });
    expect(limitsOf([120, 200], domain)).toEqual({ from: 120, to: null });
  });

  it("begins with the first day of which there are tickets", () => {
    expect(domainOf([])).toBeNull();
    const bars = [
      { range: [98, 105], count: 1 },
      { range: [105, 112], count: 2 },
    ] as const;
    expect(domainOf(bars)).toEqual([98, 112]);
    expect(cut(bars, [100, 108]).map(({ range }) => range)).toEqual([
      [100, 105],
      [105, 108],
    ]);
  });
});
