/** A node of a tree of categories or matters. */
interface Node {
  code: string;
  children?: Node[];
}

/** The node with a code, wherever in the tree it is. */
export function findNode<T extends Node>(tree: readonly T[], code: string): T | null {
  for (const node of tree) {
    if (node.code === code) return node;
    const below = findNode((node.children ?? []) as T[], code);
    if (below !== null) return below;
  }
  return null;
}
