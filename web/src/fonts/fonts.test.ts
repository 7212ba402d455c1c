import { describe, expect, it } from "vitest";

import { drawsChinese } from "./fonts.ts";

describe("a machine's Chinese font", () => {
  it("is recognised by 国 taking more ink than 一", () => {
    expect(drawsChinese((character) => (character === "一" ? 12_000 : 90_000))).toBe(true);
  });

  it("is missing where both are the same box, or boxes with a code in them", () => {
    expect(drawsChinese(() => 40_000)).toBe(false);
    expect(drawsChinese((character) => (character === "一" ? 52_000 : 55_000))).toBe(false);
    expect(drawsChinese(() => 0)).toBe(false);
  });
});
