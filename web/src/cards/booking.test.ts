import { describe, expect, it } from "vitest";

import type { Reservation } from "../api/types.ts";
import { MESSAGES } from "../i18n/messages.ts";
import { dialled, grouped, hostOf, leadText, mapLink, safeLink, slotTime, whoText } from "./booking.ts";

const entry = (id: string, channel: Reservation["channel"]): Reservation => ({
  id,
  channel,
  label: id,
  status: "unchecked",
});

describe("the ways to book", () => {
  it("come with booking first and the telephone last, without empty groups", () => {
    const groups = grouped([entry("a", "phone"), entry("b", "reservation"), entry("c", "phone")]);
    expect(groups.map(({ channel, entries }) => [channel, entries.map(({ id }) => id)])).toEqual([
      ["reservation", ["b"]],
      ["phone", ["a", "c"]],
    ]);
    expect(grouped([])).toEqual([]);
  });

  it("say which host a link leads to", () => {
    expect(hostOf("https://example.org/a?b")).toBe("example.org");
    expect(hostOf("not an address")).toBeNull();
    expect(hostOf(null)).toBeNull();
  });

  it("are links to web pages only", () => {
    expect(safeLink("/v1/points/1/reserve?portal=x")).toBe("/v1/points/1/reserve?portal=x");
    expect(safeLink("https://example.org")).toBe("https://example.org");
    expect(safeLink("//example.org")).toBeNull();
    expect(safeLink("javascript:alert(1)")).toBeNull();
  });

  it("say how long before a visit it is booked, and by whom", () => {
    const { en, zh } = MESSAGES;
    expect(leadText({ min: "PT2H", max: "P14D" }, en)).toBe(
      "at least 2 hours before, at most 14 days before",
    );
    expect(leadText({ min: "P1DT30M" }, zh)).toBe("至少提前 1 天 30 分钟");
    expect(leadText({ min: "soon" }, en)).toBeNull();
    expect(leadText(null, en)).toBeNull();
    expect(whoText(["self", "agent"], en)).toBe("yourself, the hotline for you");
    expect(whoText([], en)).toBeNull();
  });

  it("say when a slot is on the city's clocks, whatever the visitor's", () => {
    expect(slotTime("2026-12-01T09:30:00+08:00", "en")).toBe("Dec 1, 2026 09:30");
    expect(slotTime("2026-12-01T09:30:00+08:00", "zh")).toBe("2026年12月1日 09:30");
  });

  it("lead into maps, and nowhere else", () => {
    expect(mapLink("geo:39.9,116.4?q=39.9,116.4(a)")).toBe("geo:39.9,116.4?q=39.9,116.4(a)");
    expect(mapLink("https://uri.amap.com/navigation?to=1")).toBe("https://uri.amap.com/navigation?to=1");
    expect(mapLink("geo:javascript:alert(1)")).toBeNull();
    expect(mapLink("javascript:alert(1)")).toBeNull();
    expect(mapLink("http://example.org")).toBeNull();
  });

  it("dial a number without its punctuation", () => {
    expect(dialled("010-1234 5678")).toBe("tel:01012345678");
  });
});
