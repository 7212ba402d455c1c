import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { formatAgentState, isDay, parseAgentState, type AgentState } from "./state.ts";

const at = (path: string): URL => new URL(path, "http://localhost/");

describe("the agents' address", () => {
  it("comes back as the state it was made of", () => {
    const words = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => text.trim() !== "");
    const degrees = (most: number) => fc.integer({ min: -most * 1e5, max: most * 1e5 }).map((n) => n / 1e5);
    const state: fc.Arbitrary<AgentState> = fc
      .record({
        lang: fc.constantFrom("zh", "en"),
        page: fc.constantFrom("answer", "rules"),
        text: fc.option(words),
        at: fc.option(fc.tuple(degrees(180), degrees(90))),
        pick: fc.option(words),
        crs: fc.option(fc.constantFrom("wgs84", "gcj02", "bd09")),
        category: fc.option(words),
        kind: fc.option(words),
        date: fc.option(fc.constantFrom("2026-01-31", "2024-02-29")),
        view: fc.constant(null),
      })
      // A question is either words or a place on the map.
      .map((s) => (s.text === null ? { ...s, pick: null } : { ...s, at: null }));
    fc.assert(
      fc.property(state, (s) => {
        const [got, want] = [parseAgentState(at(formatAgentState(s))), s];
        // Minus zero is zero.
        expect(got).toEqual({ ...want, at: want.at?.map((n) => n + 0) ?? null });
      }),
    );
  });

  it("leaves out what it cannot understand", () => {
    const state = parseAgentState(at("/agent?crs=mars&date=2026-02-30&at=1&lang=fr"), "en");
    expect(state).toMatchObject({ lang: "en", crs: null, date: null, at: null });
  });

  it("takes a day for a day only if there is one", () => {
    expect(isDay("2024-02-29")).toBe(true);
    expect(isDay("2026-02-29")).toBe(false);
    expect(isDay("today")).toBe(false);
  });
});
