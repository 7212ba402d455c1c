import type { ReactElement } from "react";

/** A space that a list does not swallow, for the depth in a tree. */
const INDENT = "\u3000";

export interface Row {
  code: string;
  name: string;
}

interface Tree extends Row {
  children?: Tree[];
}

/** A tree as rows, the deeper ones indented. */
export const flat = (tree: readonly Tree[], depth = 0): Row[] =>
  tree.flatMap(({ code, name, children = [] }) => [
    { code, name: INDENT.repeat(depth) + name },
    ...flat(children, depth + 1),
  ]);

/** Some of the choices of a list under a label. */
export function Group({ label, rows }: { label: string; rows: readonly Row[] }): ReactElement | null {
  if (rows.length === 0) return null;
  return (
    <optgroup label={label}>
      {rows.map(({ code, name }) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </optgroup>
  );
}
