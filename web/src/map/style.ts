import type { StyleSpecification } from "maplibre-gl";

import { ApiError, toProblem } from "../api/problem.ts";
import { withMapFonts } from "../fonts/fonts.ts";

export type Scheme = "light" | "dark";

/** What the map is drawn as; in the dark all look alike. */
export type Ground = "citizen" | "analyst";

const styleOf = (ground: Ground, scheme: Scheme): string =>
  `/styles/${scheme === "dark" ? "citizen-dark" : ground}.json`;

export async function loadStyle(ground: Ground, scheme: Scheme): Promise<StyleSpecification> {
  const response = await fetch(styleOf(ground, scheme));
  if (!response.ok) throw new ApiError(toProblem(response.status, null));
  return withMapFonts((await response.json()) as StyleSpecification);
}

export const darkScheme = (): MediaQueryList => window.matchMedia("(prefers-color-scheme: dark)");
