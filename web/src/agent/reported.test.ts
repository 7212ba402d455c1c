import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { SimilarList, SimilarTicket } from "../api/types.ts";
import { countOf, dayOf, gathered, kindsOf, reasonsOf } from "./reported.ts";

const ticket = (id: string, more: Partial<SimilarTicket> = {}): SimilarTicket => ({
  id,
  category: "noise",
  category_name: "噪声",
  status: "open",
  steps: { requested: "2026-11-24T08:30:00+08:00", closed: null },
  texts: { description: null, address: null, response: null },
  source: "hotline",
  distance: 12,
  similar: { kind: null, words: 0 },
  promised_on: null,
  add_caller: `/v1/tickets/${encodeURIComponent(id)}/callers`,
  ...more,
});

const list = (...tickets: SimilarTicket[]): Pick<SimilarList, "features"> => ({
  features: tickets.map((properties) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [116.4, 39.9] },
    properties,
  })),
});

const ids = (of: ReturnType<typeof gathered>) => of.map(({ first, callers }) => [first.id, callers]);

describe("what was reported", () => {
  it("is one row for all who share a trouble, where the surest of them is", () => {
    const rows = gathered(list(ticket("A+1"), ticket("B"), ticket("A"), ticket("A+2"), ticket("A+2+3")));
    expect(ids(rows)).toEqual([
      ["A", ["A+1", "A", "A+2", "A+2+3"]],
      ["B", ["B"]],
    ]);
    expect(rows[0]?.at).toEqual([116.4, 39.9]);
  });

  it("keeps apart what only looks alike", () => {
    const rows = gathered(list(ticket("A+1"), ticket("A1"), ticket("A12"), ticket("+"), ticket("+x")));
    expect(ids(rows).map(([id]) => id)).toEqual(["A+1", "A1", "A12", "+", "+x"]);
  });

  it("loses no ticket and shows none twice", () => {
    const id = fc.array(fc.constantFrom("A", "B", "+"), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.uniqueArray(id.map((letters) => letters.join(""))), (all) => {
        const callers = gathered(list(...all.map((one) => ticket(one)))).flatMap((row) => row.callers);
        expect([...callers].sort()).toEqual([...all].sort());
      }),
    );
  });

  it("counts a caller once, whether the server has said so already or not", () => {
    const [row] = gathered(list(ticket("A"), ticket("A+1")));
    if (row === undefined) throw new Error("there is a row");
    expect(countOf(row, [])).toBe(2);
    expect(countOf(row, ["A+1"])).toBe(2);
    expect(countOf(row, ["A+2"])).toBe(3);
  });

  it("has a place or none", () => {
    const { features } = list(ticket("A"));
    const rows = gathered({ features: features.map((feature) => ({ ...feature, geometry: null })) });
    expect(rows[0]?.at).toBeNull();
  });

  it("says why it may be the same only where something says so", () => {
    expect(reasonsOf(ticket("A"))).toEqual([]);
    expect(reasonsOf(ticket("A", { similar: { kind: "near", words: 0.1 } }))).toEqual(["near"]);
    expect(reasonsOf(ticket("A", { similar: { kind: "same", words: 0.9 } }))).toEqual(["same", "words"]);
  });

  it("is of kinds, most first, named where they have a name", () => {
    const other = { category: "x-1", category_name: null };
    expect(kindsOf(list(ticket("A", other), ticket("B"), ticket("C")))).toEqual([
      { code: "noise", name: "噪声", count: 2 },
      { code: "x-1", name: "x-1", count: 1 },
    ]);
  });

  it("was filed on the day of the city's calendar", () => {
    expect(dayOf("2026-11-24T00:30:00+08:00")).toBe("2026-11-24");
  });
});
