/** The parts that addresses of all pages have in common. */
import type { Lang, LonLat } from "../api/types.ts";

export interface View {
  zoom: number;
  lat: number;
  lon: number;
}

export const DEFAULT_LANG: Lang = "zh";

function finite(text: string | undefined): number | null {
  if (text === undefined || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

const within = (value: number | null | undefined, limit: number): value is number =>
  value != null && Math.abs(value) <= limit;

export function parseAt(value: string | null): LonLat | null {
  const [lon, lat] = (value ?? "").split(",").map(finite);
  return within(lon, 180) && within(lat, 90) ? [lon, lat] : null;
}

export const formatAt = (at: LonLat): string => at.map((degree) => degree.toFixed(5)).join(",");

export function parseView(hash: string): View | null {
  const [zoom, lat, lon] = hash.replace(/^#/, "").split("/").map(finite);
  return within(zoom, 24) && within(lat, 90) && within(lon, 180) ? { zoom, lat, lon } : null;
}

const formatView = ({ zoom, lat, lon }: View): string =>
  `#${String(Number(zoom.toFixed(2)))}/${lat.toFixed(5)}/${lon.toFixed(5)}`;

export const parseLang = (value: string | null, preferred: Lang): Lang =>
  value === "zh" || value === "en" ? value : preferred;

/** What a parameter holds, or `null` where that is nothing. */
export const filled = (value: string | null): string | null =>
  value === null || value.trim() === "" ? null : value;

/** A query and a view as the end of an address; commas stay readable. */
export function formatAddress(query: URLSearchParams, view: View | null): string {
  return `?${query.toString().replaceAll("%2C", ",")}${view === null ? "" : formatView(view)}`;
}
