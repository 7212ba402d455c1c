import { describe, expect, it } from "vitest";

import { parseDay } from "./days.ts";
import { parameters, type Filter } from "./questions.ts";

const FILTER: Filter = {
  from: parseDay("2026-01-01"),
  to: null,
  categories: ["noise", "waste"],
  statuses: ["open"],
  channels: [],
  division: "110108",
  hours: [8, 9, 10],
  weekdays: [],
};

describe("a filter", () => {
  it("is the same parameters for every question, and leaves out what does not filter", () => {
    const filled = Object.entries(parameters(FILTER)).filter(([, value]) => value !== null);
    expect(Object.fromEntries(filled)).toEqual({
      from: "2026-01-01",
      category: "noise,waste",
      status: "open",
      division: "110108",
      hour: "8-10",
    });
  });

  it("is left out of its own counts, and of no others", () => {
    expect(parameters(FILTER, "category")).toEqual({ ...parameters(FILTER), category: null });
    expect(parameters(FILTER, "time")).toEqual({ ...parameters(FILTER), from: null });
    expect(parameters(FILTER, "rhythm")).toEqual({ ...parameters(FILTER), hour: null });
  });
});
