import { describe, expect, it } from "vitest";

import { findNode } from "./tree.ts";

describe("a tree", () => {
  const tree = [{ code: "a", children: [{ code: "b", children: [{ code: "c" }] }] }, { code: "d" }];

  it("gives a node wherever it is", () => {
    expect(findNode(tree, "c")).toEqual({ code: "c" });
    expect(findNode(tree, "d")).toEqual({ code: "d" });
  });

  it("gives nothing for a code that it does not hold", () => {
    expect(findNode(tree, "x")).toBeNull();
  });
});
