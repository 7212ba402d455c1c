/**
 * Every state of the page is in its address, so that a link shows another person the same thing:
 * `/?lang=en&category=library&point=…#12.5/39.98/116.31`.
 */
import type { Lang, LonLat } from "../api/types.ts";
import {
  DEFAULT_LANG,
  filled,
  formatAddress,
  formatAt,
  parseAt,
  parseLang,
  parseView,
  type View,
} from "./address.ts";

export interface PageState {
  lang: Lang;
  /** The text that was searched for, once it was submitted. */
  text: string | null;
  category: string | null;
  service: string | null;
  /** A division whose offices are listed. */
  division: string | null;
  /** The service point whose card is open. */
  point: string | null;
  /** The place whose jurisdiction is shown. */
  at: LonLat | null;
  view: View | null;
}

/** Reads a state from an address. What cannot be understood is as if it were not there. */
export function parseState(url: URL, preferred: Lang = DEFAULT_LANG): PageState {
  const query = url.searchParams;
  return {
    lang: parseLang(query.get("lang"), preferred),
    text: filled(query.get("text")),
    category: filled(query.get("category")),
    service: filled(query.get("service")),
    division: filled(query.get("division")),
    point: filled(query.get("point")),
    at: parseAt(query.get("at")),
    view: parseView(url.hash),
  };
}

/** The address of a state, from the query on. */
export function formatState(state: PageState): string {
  const query = new URLSearchParams();
  // The language is always written: a shared link reads the same on the other person's device.
  query.set("lang", state.lang);
  for (const name of ["text", "category", "service", "division", "point"] as const) {
    const value = state[name];
    if (value !== null) query.set(name, value);
  }
  if (state.at !== null) query.set("at", formatAt(state.at));
  return formatAddress(query, state.view);
}
