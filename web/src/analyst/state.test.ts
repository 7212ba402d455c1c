import { describe, expect, it } from "vitest";

import { parseDay } from "./days.ts";
import { formatAnalystState, NO_FILTER, parseAnalystState, type AnalystState } from "./state.ts";

const at = (path: string): URL => new URL(path, "http://localhost/");
const USUAL: AnalystState = {
  ...NO_FILTER,
  lang: "zh",
  step: "month",
  speed: 1,
  loop: true,
  layer: "heat",
  grid: 5,
  view: null,
};

describe("the address of the analysts' page", () => {
  it("comes back as the state it was made of", () => {
    const state: AnalystState = {
      lang: "en",
      from: parseDay("2026-01-01"),
      to: parseDay("2026-04-01"),
      frame: parseDay("2026-02-01"),
      step: "week",
      speed: 4,
      loop: false,
      categories: ["noise", "违建"],
      statuses: ["open", "closed"],
      channels: ["phone"],
      division: "110108",
      hours: [8, 9, 22, 23],
      weekdays: [6, 7],
      layer: "cell",
      grid: 7,
      view: { zoom: 12.25, lat: 39.98, lon: 116.31 },
    };
    expect(parseAnalystState(at(formatAnalystState(state)))).toEqual(state);
    expect(formatAnalystState(state)).toContain("hour=8-9,22-23&weekday=6-7");
  });

  it("of an untouched page holds the language only", () => {
    expect(formatAnalystState(USUAL)).toBe("/analyst?lang=zh");
    expect(parseAnalystState(at("/analyst"))).toEqual(USUAL);
  });

  it("that is damaged loses only what is damaged", () => {
    const bad =
      "/analyst?from=2026-04-01&to=2026-01-01&status=open,lost&hour=25&grid=9&layer=x&category=,a,,a";
    expect(parseAnalystState(at(bad))).toEqual({ ...USUAL, statuses: ["open"], categories: ["a"] });
  });

  it("never holds the key", () => {
    expect(formatAnalystState(parseAnalystState(at("/analyst?key=smk_x#key=smk_x")))).not.toContain("smk");
  });
});
