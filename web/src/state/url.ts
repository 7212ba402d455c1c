/**
 * Every state of the page is in its address, so that a link shows another person the same thing:
 * `/?lang=en&category=library&point=…#12.5/39.98/116.31`.
 */
import type { Lang, LonLat } from "../api/types.ts";

export interface View {
  zoom: number;
  lat: number;
  lon: number;
}

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

export const DEFAULT_LANG: Lang = "zh";

function finite(text: string | undefined): number | null {
  if (text === undefined || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

const within = (value: number | null | undefined, limit: number): value is number =>
  value != null && Math.abs(value) <= limit;

function parseAt(value: string | null): LonLat | null {
  const [lon, lat] = (value ?? "").split(",").map(finite);
  return within(lon, 180) && within(lat, 90) ? [lon, lat] : null;
}

function parseView(hash: string): View | null {
  const [zoom, lat, lon] = hash.replace(/^#/, "").split("/").map(finite);
  return within(zoom, 24) && within(lat, 90) && within(lon, 180) ? { zoom, lat, lon } : null;
}

const filled = (value: string | null): string | null =>
  value === null || value.trim() === "" ? null : value;

/** Reads a state from an address. What cannot be understood is as if it were not there. */
export function parseState(url: URL, preferred: Lang = DEFAULT_LANG): PageState {
  const query = url.searchParams;
  const lang = query.get("lang");
  return {
    lang: lang === "zh" || lang === "en" ? lang : preferred,
    text: filled(query.get("text")),
    category: filled(query.get("category")),
    service: filled(query.get("service")),
    division: filled(query.get("division")),
    point: filled(query.get("point")),
    at: parseAt(query.get("at")),
    view: parseView(url.hash),
  };
}

function formatView({ zoom, lat, lon }: View): string {
  return `#${String(Number(zoom.toFixed(2)))}/${lat.toFixed(5)}/${lon.toFixed(5)}`;
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
  if (state.at !== null) query.set("at", state.at.map((degree) => degree.toFixed(5)).join(","));
  const search = query.toString().replaceAll("%2C", ",");
  return `?${search}${state.view === null ? "" : formatView(state.view)}`;
}
