/** The keyboard of a list box under a text field (ARIA's combobox pattern), as a pure function. */

export interface Combobox {
  open: boolean;
  /** The highlighted suggestion, or -1 while the text itself is what counts. */
  active: number;
}

export type Step =
  | { kind: "move"; combobox: Combobox }
  /** Take the suggestion with this index. */
  | { kind: "choose"; index: number }
  /** Search for the text as it stands. */
  | { kind: "submit" }
  /** Empty the field. */
  | { kind: "clear" }
  /** Not ours: leave the key to the text field. */
  | { kind: "pass" };

export function press(key: string, { open, active }: Combobox, count: number): Step {
  const move = (to: number): Step => ({ kind: "move", combobox: { open: true, active: to } });
  switch (key) {
    case "ArrowDown":
      if (count === 0) return { kind: "pass" };
      // Past the last one the text itself is next, so that one can always come back to it.
      return move(!open || active + 1 >= count ? (open && active >= 0 ? -1 : 0) : active + 1);
    case "ArrowUp":
      if (count === 0) return { kind: "pass" };
      return move(!open || active === -1 ? count - 1 : active - 1);
    case "Enter":
      return open && active >= 0 && active < count ? { kind: "choose", index: active } : { kind: "submit" };
    case "Escape":
      return open ? { kind: "move", combobox: { open: false, active: -1 } } : { kind: "clear" };
    default:
      return { kind: "pass" };
  }
}
