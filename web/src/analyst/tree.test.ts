import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Service } from "../api/types.ts";
import { clicked, isCovered, tickOf, treeOf, type Node } from "./tree.ts";

const service = (code: string, children: Service[] = []): Service => ({
  code,
  name: code.toUpperCase(),
  points: 0,
  children,
});

const SERVICES = [
  service("a", [service("a1"), service("a2", [service("a21"), service("a22")])]),
  service("b"),
];
const KINDS = [
  ["a1", 5],
  ["a21", 2],
  ["a22", 1],
  ["a", 4],
  ["other", 30],
].map(([code, count]) => ({ code: String(code), name: null, count: Number(count) }));
const tree = treeOf(SERVICES, KINDS, []);
const leaves = (nodes: readonly Node[]): string[] =>
  nodes.flatMap((node) => (node.children.length === 0 ? [node.code] : leaves(node.children)));
const all = (nodes: readonly Node[]): Node[] => nodes.flatMap((node) => [node, ...all(node.children)]);

describe("the tree of kinds", () => {
  it("counts those below, puts the most first, and leaves out what nobody asked for", () => {
    expect(tree.map(({ code, count }) => [code, count])).toEqual([
      ["other", 30],
      ["a", 12],
    ]);
    expect(tree[1]?.children.map(({ code, count }) => [code, count])).toEqual([
      ["a1", 5],
      ["a2", 3],
    ]);
  });

  it("shows what is chosen, whether or not there is any", () => {
    const codes = all(treeOf(SERVICES, KINDS, ["b", "gone"])).map(({ code }) => code);
    expect(codes).toContain("b");
    expect(codes).toContain("gone");
  });
});

describe("what is chosen", () => {
  it("is a whole branch, or what is left of it", () => {
    expect(clicked(tree, [], "a")).toEqual(["a"]);
    expect(clicked(tree, ["a1", "a21", "other"], "a")).toEqual(["other", "a"]);
    expect(clicked(tree, ["a"], "a21")).toEqual(["a1", "a22"]);
    expect(clicked(tree, ["a"], "a")).toEqual([]);
  });

  it("ticks what is below it, and half what is above", () => {
    const [, a] = tree;
    if (a === undefined) throw new Error("there is no a");
    expect(tickOf(a, ["a"])).toBe("all");
    expect(tickOf(a, ["a22"])).toBe("some");
    expect(tickOf(a, ["other"])).toBe("none");
    expect(isCovered(tree, ["a"], "a22")).toBe(true);
  });

  it("changes by a click for the box that is clicked and those below it, and for no other leaf", () => {
    const codes = all(tree).map(({ code }) => code);
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...codes), { maxLength: 8 }),
        fc.constantFrom(...codes),
        (way, code) => {
          const before = way.reduce<string[]>((chosen, one) => clicked(tree, chosen, one), []);
          const after = clicked(tree, before, code);
          const node = all(tree).find((one) => one.code === code);
          const under = new Set(node === undefined ? [] : leaves([node]));
          const on = !isCovered(tree, before, code);
          for (const leaf of leaves(tree)) {
            const expected = under.has(leaf) ? on : isCovered(tree, before, leaf);
            expect(isCovered(tree, after, leaf)).toBe(expected);
          }
          expect(new Set(after).size).toBe(after.length);
        },
      ),
    );
  });
});
