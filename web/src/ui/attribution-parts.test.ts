import { describe, expect, it } from "vitest";

import type { City } from "../api/types.ts";
import { attributionParts } from "./attribution-parts.ts";

const city = (attribution: string[], approval: string | null): City => ({
  id: "x",
  name: { zh: "样例市", en: "Example" },
  bounds: [0, 0, 1, 1],
  center: [0.5, 0.5],
  zoom: 10,
  languages: ["zh"],
  attribution,
  approval_number: approval,
  note: null,
  styles: [],
  version: "1",
});

describe("the attribution", () => {
  it("says each source once, and the approval number", () => {
    expect(
      attributionParts(city(["区界：甲；道路：© 乙", "© 乙", "区界：甲", "© 丙", "© 丙"], "审图号 1")),
    ).toEqual(["区界：甲；道路：© 乙", "© 丙", "审图号 1"]);
  });

  it("is not invented where there is none", () => {
    expect(attributionParts(city([], ""))).toEqual([]);
  });
});
