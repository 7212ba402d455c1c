import { describe, expect, it } from "vitest";

import type { Layer, ResultAddendum, SearchResult } from "../api/types.ts";
import { chosen } from "./choose.ts";

function result(layer: Layer, sourceId: string, addendum: ResultAddendum): SearchResult {
  return {
    type: "Feature",
    geometry: layer === "matter" ? null : { type: "Point", coordinates: [116.31, 39.98] },
    properties: {
      id: sourceId,
      gid: `servicemap:${layer}:${sourceId}`,
      layer,
      source: "servicemap",
      source_id: sourceId,
      name: "x",
      label: "x",
      addendum: { servicemap: addendum },
    },
  };
}

describe("choosing a search result", () => {
  it("opens the card of a service point", () => {
    expect(chosen(result("venue", "p1", { kind: "point" }))).toMatchObject({ point: "p1", at: null });
  });

  it("lists the offices that handle a matter", () => {
    expect(chosen(result("matter", "m", { matter: "marriage" }))).toMatchObject({
      service: "marriage",
      point: null,
    });
  });

  it("lists the offices of a division", () => {
    expect(chosen(result("county", "110108", {}))).toMatchObject({ division: "110108" });
  });

  it("asks who is responsible at any other place", () => {
    expect(chosen(result("street", "s", {}))).toMatchObject({ at: [116.31, 39.98], point: null });
    expect(chosen(result("venue", "b", { kind: "building" }))).toMatchObject({ at: [116.31, 39.98] });
  });
});
