/**
 * The tree of what is asked for, with counts, and what is chosen in it. A chosen code stands for
 * all below it; what is chosen is written with as few codes as will do.
 */
import type { Service } from "../api/types.ts";

export interface Kind {
  /** `null` where it is not known. */
  code: string | null;
  name: string | null;
  count: number;
}

export interface Node {
  code: string;
  name: string;
  /** Of itself and of all below it. */
  count: number;
  children: Node[];
}

/** Whether a box is ticked; of some whether only some below it are. */
export type Tick = "all" | "some" | "none";

/**
 * The matters of a city of which there are tickets or that are chosen, with the kinds that no
 * matter is at the end; most tickets first.
 */
export function treeOf(
  services: readonly Service[],
  kinds: readonly Kind[],
  chosen: readonly string[],
): Node[] {
  const counts = new Map(kinds.map(({ code, count }) => [code, count]));
  const known = new Set<string>();
  const build = ({ code, name, children }: Service): Node | null => {
    known.add(code);
    const below = (children ?? []).map(build).filter((node) => node !== null);
    const count = below.reduce((sum, node) => sum + node.count, counts.get(code) ?? 0);
    return count > 0 || below.length > 0 || chosen.includes(code)
      ? { code, name, count, children: sorted(below) }
      : null;
  };
  const nodes = services.map(build).filter((node) => node !== null);
  const others = kinds.flatMap(({ code, name, count }) =>
    code === null || known.has(code) ? [] : [{ code, name: name ?? code, count, children: [] }],
  );
  const listed = new Set([...known, ...others.map(({ code }) => code)]);
  const lost = chosen
    .filter((code) => !listed.has(code))
    .map((code) => ({ code, name: code, count: 0, children: [] }));
  return sorted([...nodes, ...others, ...lost]);
}

const sorted = (nodes: Node[]): Node[] => nodes.sort((a, b) => b.count - a.count);

export function tickOf(node: Node, chosen: readonly string[]): Tick {
  if (chosen.includes(node.code)) return "all";
  const ticks = node.children.map((child) => tickOf(child, chosen));
  // All that is shown below it, but not those of its own: that is not all of it.
  return ticks.some((tick) => tick !== "none") ? "some" : "none";
}

/** What is chosen after the box of `code` has been clicked. */
export function clicked(tree: readonly Node[], chosen: readonly string[], code: string): string[] {
  const path = pathTo(tree, code);
  const node = path.at(-1);
  if (node === undefined) return [...chosen];
  const above = path.slice(0, -1);
  const covering = above.find((one) => chosen.includes(one.code));
  if (covering !== undefined) {
    // Out of what is chosen whole: all beside the way to it stay.
    const rest = chosen.filter((one) => one !== covering.code);
    const way = path.slice(above.indexOf(covering));
    const beside = way
      .slice(0, -1)
      .flatMap(({ children }, i) => children.filter((child) => child.code !== way[i + 1]?.code));
    return [...rest, ...beside.map((one) => one.code)];
  }
  const below = codesOf(node);
  const rest = chosen.filter((one) => !below.includes(one));
  return chosen.includes(code) ? rest : [...rest, code];
}

/** Whether what is above it is chosen, and with that it too. */
export const isCovered = (tree: readonly Node[], chosen: readonly string[], code: string): boolean =>
  pathTo(tree, code).some((node) => chosen.includes(node.code));

const codesOf = ({ code, children }: Node): string[] => [code, ...children.flatMap(codesOf)];

/** From the root to the node of a code; empty if there is none. */
function pathTo(tree: readonly Node[], code: string): Node[] {
  for (const node of tree) {
    if (node.code === code) return [node];
    const below = pathTo(node.children, code);
    if (below.length > 0) return [node, ...below];
  }
  return [];
}
