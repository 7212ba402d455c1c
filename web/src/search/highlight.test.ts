import { describe, expect, it } from "vitest";

import { segments } from "./highlight.ts";

describe("the matched part of a name", () => {
  it("is cut out where the server says", () => {
    expect(
      segments("北京市海淀区人民政府", [
        [3, 6],
        [8, 10],
      ]),
    ).toEqual([
      { text: "北京市", matched: false },
      { text: "海淀区", matched: true },
      { text: "人民", matched: false },
      { text: "政府", matched: true },
    ]);
  });

  it("is counted in characters, also where a character is two units", () => {
    expect(segments("𠮷野家", [[1, 3]])).toEqual([
      { text: "𠮷", matched: false },
      { text: "野家", matched: true },
    ]);
  });

  it("may be nothing, everything, or out of range", () => {
    expect(segments("法院", [])).toEqual([{ text: "法院", matched: false }]);
    expect(segments("法院", [[0, 99]])).toEqual([{ text: "法院", matched: true }]);
    expect(segments("", [[0, 1]])).toEqual([]);
  });
});
