import { describe, expect, it } from "vitest";

import { labelField, nameLayers } from "./labels.ts";

describe("the labels of a style", () => {
  const symbol = (id: string, field: unknown) => ({
    id,
    type: "symbol" as const,
    source: "base",
    layout: { "text-field": field as string },
  });

  it("that write names are found, in whatever language they are", () => {
    const layers = [
      { id: "land", type: "background" as const },
      symbol("count", ["to-string", ["get", "point_count"]]),
      symbol("district", labelField("zh")),
      symbol("street", labelField("en")),
    ];
    expect(nameLayers(layers)).toEqual(["district", "street"]);
  });
});
