import { StrictMode, type ReactElement } from "react";
import { createRoot } from "react-dom/client";

import "./styles/base.css";
import "./styles/layout.css";
import "./styles/parts.css";
import "./styles/cards.css";

import { declarePageFont } from "./fonts/fonts.ts";

/** Shows a page. */
export function mount(page: ReactElement): void {
  const render = (): void => {
    const root = document.getElementById("root");
    if (root === null) return;
    createRoot(root).render(<StrictMode>{page}</StrictMode>);
  };
  // The declaration comes first, so that no text is drawn with missing characters before it.
  // Without the font the page still has its words.
  declarePageFont().then(render, render);
}
