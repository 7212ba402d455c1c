import { describe, expect, it } from "vitest";

import type { Reservation } from "../api/types.ts";
import { dialled, grouped, hostOf, safeLink } from "./booking.ts";

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

  it("dial a number without its punctuation", () => {
    expect(dialled("010-1234 5678")).toBe("tel:01012345678");
  });
});
