import { describe, expect, it } from "vitest";

import { press } from "./combobox.ts";

const closed = { open: false, active: -1 };
const at = (active: number) => ({ open: true, active });
const moved = (active: number) => ({ kind: "move", combobox: { open: true, active } });

describe("the keyboard in the search box", () => {
  it("goes down through the suggestions and comes back to the text", () => {
    expect(press("ArrowDown", closed, 3)).toEqual(moved(0));
    expect(press("ArrowDown", at(-1), 3)).toEqual(moved(0));
    expect(press("ArrowDown", at(0), 3)).toEqual(moved(1));
    expect(press("ArrowDown", at(2), 3)).toEqual(moved(-1));
    expect(press("ArrowDown", at(-1), 1)).toEqual(moved(0));
  });

  it("goes up from the text to the last suggestion", () => {
    expect(press("ArrowUp", at(-1), 3)).toEqual(moved(2));
    expect(press("ArrowUp", at(0), 3)).toEqual(moved(-1));
  });

  it("takes the highlighted suggestion, or else searches for the text", () => {
    expect(press("Enter", at(1), 3)).toEqual({ kind: "choose", index: 1 });
    expect(press("Enter", at(-1), 3)).toEqual({ kind: "submit" });
    expect(press("Enter", { open: false, active: 1 }, 3)).toEqual({ kind: "submit" });
    expect(press("Enter", at(5), 3)).toEqual({ kind: "submit" });
  });

  it("closes the list first and empties the field second", () => {
    expect(press("Escape", at(1), 3)).toEqual({ kind: "move", combobox: closed });
    expect(press("Escape", closed, 3)).toEqual({ kind: "clear" });
  });

  it("leaves every other key to the text field", () => {
    expect(press("Home", at(1), 3)).toEqual({ kind: "pass" });
    expect(press("ArrowDown", closed, 0)).toEqual({ kind: "pass" });
  });
});
