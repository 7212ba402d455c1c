import { useState, type ReactElement, type ReactNode } from "react";

import { clicked, isCovered, tickOf, type Node } from "./tree.ts";
import { useWords } from "./use-words.ts";

/** A part of the filter, under its title. */
export function Facet({ title, children }: { title: string; children: ReactNode }): ReactElement {
  return (
    <fieldset className="section facet">
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

/** Kinds of which some may be chosen, with how many tickets each has. */
export function Choices({
  rows,
  chosen,
  onChange,
}: {
  rows: readonly { code: string; name: string; count: number }[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}): ReactElement {
  const { count } = useWords();
  return (
    <ul className="choices">
      {rows.map(({ code, name, count: n }) => (
        <li key={code}>
          <label className="choice">
            <input
              type="checkbox"
              checked={chosen.includes(code)}
              onChange={({ target: { checked } }) => {
                onChange(checked ? [...chosen, code] : chosen.filter((one) => one !== code));
              }}
            />
            <span className="choice-name">{name}</span>
            <span className="choice-count">{count(n)}</span>
          </label>
        </li>
      ))}
    </ul>
  );
}

/** The tree of what is asked for: a box stands for all that is below it. */
export function CategoryTree({
  tree,
  chosen,
  onChange,
}: {
  tree: readonly Node[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}): ReactElement {
  return (
    <ul className="choices">
      {tree.map((node) => (
        <Branch
          key={node.code}
          node={node}
          chosen={chosen}
          covered={isCovered(tree, chosen, node.code)}
          onClick={(code) => {
            onChange(clicked(tree, chosen, code));
          }}
        />
      ))}
    </ul>
  );
}

function Branch({
  node,
  chosen,
  covered,
  onClick,
}: {
  node: Node;
  chosen: readonly string[];
  /** Whether it is chosen, or something above it. */
  covered: boolean;
  onClick: (code: string) => void;
}): ReactElement {
  const { words, count } = useWords();
  const tick = tickOf(node, chosen);
  // What is chosen below is not hidden.
  const [open, setOpen] = useState(tick === "some");
  const { code, name, children } = node;
  return (
    <li>
      <div className="branch">
        {children.length > 0 && (
          <button
            type="button"
            className="unfold"
            aria-expanded={open}
            aria-label={words.unfold(name)}
            onClick={() => {
              setOpen(!open);
            }}
          />
        )}
        <label className="choice">
          <input
            type="checkbox"
            checked={covered}
            ref={(box) => {
              if (box !== null) box.indeterminate = !covered && tick === "some";
            }}
            onChange={() => {
              onClick(code);
            }}
          />
          <span className="choice-name">{name}</span>
          <span className="choice-count">{count(node.count)}</span>
        </label>
      </div>
      {open && (
        <ul className="choices below">
          {children.map((child) => (
            <Branch
              key={child.code}
              node={child}
              chosen={chosen}
              covered={covered || chosen.includes(child.code)}
              onClick={onClick}
            />
          ))}
        </ul>
      )}
    </li>
  );
}
