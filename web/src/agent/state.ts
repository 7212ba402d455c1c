/**
 * Every state of the agents' page is in its address, so that a colleague sees the same answer:
 * `/agent?lang=zh&text=39.9,116.39&crs=gcj02&category=library&date=2026-01-31#14/39.9/116.39`.
 * The key is not, nor is anything that the caller says or where to reach them.
 */
import type { Datum, Lang, LonLat } from "../api/types.ts";
import {
  DEFAULT_LANG,
  filled,
  formatAddress,
  formatAt,
  parseAt,
  parseLang,
  parseView,
  type View,
} from "../state/address.ts";

export interface AgentState {
  lang: Lang;
  /** The answer, or the rules by which somebody must act there. */
  page: "answer" | "rules";
  /** What was asked in the field: an address, a described place, or a position. */
  text: string | null;
  /** A place that was pointed at on the map, WGS-84; then there is no text. */
  at: LonLat | null;
  /** The candidate that was chosen where the text may mean several, by its global id. */
  pick: string | null;
  /** The datum of typed positions; `null` where nobody has said. */
  crs: Datum | null;
  /** A category or matter, for who must act. */
  category: string | null;
  /** What kind of ticket is looked for, where that is no matter: kinds of a hotline are its own. */
  kind: string | null;
  /** As of which day; today if `null`. */
  date: string | null;
  view: View | null;
}

/** No question; the terms of the next one, the language and the map's view stay. */
export const NOTHING_ASKED = { text: null, at: null, pick: null, kind: null } satisfies Partial<AgentState>;

const DATUMS: readonly string[] = ["wgs84", "gcj02", "bd09"] satisfies Datum[];

const isDatum = (value: string | null): value is Datum => value !== null && DATUMS.includes(value);

/** Whether a text is a day of the calendar, as 2026-01-31. */
export function isDay(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const day = new Date(`${value}T00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

/** Reads a state from an address. What cannot be understood is as if it were not there. */
export function parseAgentState(url: URL, preferred: Lang = DEFAULT_LANG): AgentState {
  const query = url.searchParams;
  const text = filled(query.get("text"));
  const date = query.get("date");
  const crs = query.get("crs");
  return {
    page: url.pathname.endsWith("/rules") ? "rules" : "answer",
    lang: parseLang(query.get("lang"), preferred),
    text,
    at: text === null ? parseAt(query.get("at")) : null,
    pick: text === null ? null : filled(query.get("pick")),
    crs: isDatum(crs) ? crs : null,
    category: filled(query.get("category")),
    kind: filled(query.get("kind")),
    date: date !== null && isDay(date) ? date : null,
    view: parseView(url.hash),
  };
}

/** The address of a state, from the path on. */
export function formatAgentState(state: AgentState): string {
  const query = new URLSearchParams({ lang: state.lang });
  for (const name of ["text", "pick", "crs", "category", "kind", "date"] as const) {
    const value = state[name];
    if (value !== null) query.set(name, value);
  }
  if (state.at !== null) query.set("at", formatAt(state.at));
  return `/agent${state.page === "rules" ? "/rules" : ""}${formatAddress(query, state.view)}`;
}
