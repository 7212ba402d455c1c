import type { Lang } from "../api/types.ts";
import { LOCALE } from "./messages.ts";

/** A distance as one would say it: no more digits than it is worth. */
export function formatDistance(metres: number, lang: Lang): string {
  const [unit, value] =
    metres < 1000
      ? (["meter", metres < 100 ? Math.round(metres) : Math.round(metres / 10) * 10] as const)
      : (["kilometer", metres / 1000] as const);
  return new Intl.NumberFormat(LOCALE[lang], {
    style: "unit",
    unit,
    unitDisplay: lang === "zh" ? "long" : "short",
    maximumFractionDigits: value < 10 && unit === "kilometer" ? 1 : 0,
  }).format(value);
}

function parse(value: string): Date | null {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** A day. A bare date is a day in the city's time zone and is not moved into the visitor's. */
export function formatDay(value: string, lang: Lang): string {
  const bare = /^\d{4}-\d{2}-\d{2}$/.test(value);
  const date = parse(value);
  if (date === null) return value;
  return new Intl.DateTimeFormat(LOCALE[lang], {
    dateStyle: "medium",
    ...(bare ? { timeZone: "UTC" } : {}),
  }).format(date);
}

/**
 * The time of day as the city's clocks show it: it is read off the text, because the visitor's
 * own time zone does not matter to an office's door. With the weekday where it is another day.
 */
export function formatClock(value: string, lang: Lang, now: Date = new Date()): string {
  const parts = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})/.exec(value);
  const date = parse(value);
  if (parts === null || date === null) return value;
  const [, day = "", clock = ""] = parts;
  const offset = date.getTime() - Date.parse(`${day}T${clock}:00Z`);
  const today = new Date(now.getTime() - offset).toISOString().slice(0, 10);
  if (day === today) return clock;
  const weekday = new Intl.DateTimeFormat(LOCALE[lang], { weekday: "short", timeZone: "UTC" }).format(
    Date.parse(`${day}T00:00:00Z`),
  );
  return `${weekday} ${clock}`;
}

/** A name in `lang`, or in another language where that is not known. */
export function nameIn(names: Partial<Record<Lang, string>>, lang: Lang): string {
  const own = names[lang];
  return own === undefined || own === "" ? (Object.values(names).find((n) => n !== "") ?? "") : own;
}
