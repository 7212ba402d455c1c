import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "./styles/base.css";
import "./styles/layout.css";
import "./styles/parts.css";
import "./styles/cards.css";

import { App } from "./app.tsx";
import { declarePageFont } from "./fonts/fonts.ts";

function render(): void {
  const root = document.getElementById("root");
  if (root === null) return;
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

// The declaration comes first, so that no text is drawn with missing characters before it.
// Without the font the page still has its words.
declarePageFont().then(render, render);
