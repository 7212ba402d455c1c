import type { StyleSpecification } from "maplibre-gl";

import { ApiError, toProblem } from "../api/problem.ts";
import { withMapFonts } from "../fonts/fonts.ts";

export type Scheme = "light" | "dark";

const STYLE: Record<Scheme, string> = { light: "/styles/citizen.json", dark: "/styles/citizen-dark.json" };

export async function loadStyle(scheme: Scheme): Promise<StyleSpecification> {
  const response = await fetch(STYLE[scheme]);
  if (!response.ok) throw new ApiError(toProblem(response.status, null));
  return withMapFonts((await response.json()) as StyleSpecification);
}

export const darkScheme = (): MediaQueryList => window.matchMedia("(prefers-color-scheme: dark)");
