import { describe, expect, it } from "vitest";

import { formatClock, formatDay, formatDistance, nameIn } from "./format.ts";

describe("a distance", () => {
  it("has no more digits than it is worth", () => {
    expect(formatDistance(42.4, "en")).toBe("42 m");
    expect(formatDistance(347, "en")).toBe("350 m");
    expect(formatDistance(1234, "en")).toBe("1.2 km");
    expect(formatDistance(23456, "en")).toBe("23 km");
    expect(formatDistance(1234, "zh")).toBe("1.2公里");
  });
});

describe("a time", () => {
  const now = new Date("2026-11-24T02:00:00Z"); // 10:00 in the city, a Tuesday

  it("is the city's, whatever the visitor's time zone", () => {
    expect(formatClock("2026-11-24T17:00:00+08:00", "en", now)).toBe("17:00");
  });

  it("on another day comes with the weekday", () => {
    expect(formatClock("2026-11-25T09:00:00+08:00", "en", now)).toBe("Wed 09:00");
    expect(formatClock("2026-11-25T09:00:00+08:00", "zh", now)).toBe("周三 09:00");
  });

  it("that is only a day stays that day", () => {
    expect(formatDay("2026-09-30", "zh")).toBe("2026年9月30日");
    expect(formatDay("not a date", "zh")).toBe("not a date");
  });
});

describe("a name", () => {
  it("is in the other language where it is not known in the one that is asked for", () => {
    expect(nameIn({ zh: "样例市", en: "Example" }, "en")).toBe("Example");
    expect(nameIn({ zh: "Helsinki" }, "en")).toBe("Helsinki");
    expect(nameIn({ zh: "", en: "Helsinki" }, "zh")).toBe("Helsinki");
    expect(nameIn({}, "zh")).toBe("");
  });
});
