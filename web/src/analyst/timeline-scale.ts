/** Where days are on a timeline, and what is written under it. */
import type { Lang } from "../api/types.ts";
import { LOCALE } from "../i18n/messages.ts";
import { formatDay, startAfter, startOf, type Day, type Range, type Step } from "./days.ts";

/** Where a day is, from 0 at the start of the timeline to 1 at its end. */
export const shareOf = (day: Day, [from, to]: Range): number => (day - from) / (to - from);

/** The day at a share of the timeline; inside it wherever that is. */
export const dayAt = (share: number, [from, to]: Range): Day =>
  Math.min(Math.max(Math.floor(from + share * (to - from)), from), to - 1);

const clipped = ([from, to]: Range, [first, end]: Range): Range => [Math.max(from, first), Math.min(to, end)];

/** The bars between two days, whichever is the earlier, whole. */
export const barsBetween = (a: Day, b: Day, step: Step, domain: Range): Range =>
  clipped([startOf(step, Math.min(a, b)), startAfter(step, Math.max(a, b))], domain);

/** The range with one end moved by so many bars; never empty, never beyond the timeline. */
export function moved(range: Range, end: "from" | "to", bars: number, step: Step, domain: Range): Range {
  let day = end === "from" ? range[0] : range[1];
  for (let i = 0; i < Math.abs(bars); i += 1) day = bars > 0 ? startAfter(step, day) : startOf(step, day - 1);
  return withEnd(range, end, day, domain);
}

/** The range with one end at a day. */
export function withEnd([from, to]: Range, end: "from" | "to", day: Day, [first, last]: Range): Range {
  return end === "from"
    ? [Math.min(Math.max(day, first), to - 1), to]
    : [from, Math.max(Math.min(day, last), from + 1)];
}

export interface Tick {
  at: Day;
  label: string;
}

/** Months between ticks; before them every day and every week are tried. */
const MONTHS = [1, 3, 6, 12, 24, 60, 120];
const MOST_TICKS = 8;

/** Some round days of a timeline with their names. */
export function ticksOf(domain: Range, lang: Lang): Tick[] {
  const days = domain[1] - domain[0];
  const locale = LOCALE[lang];
  if (days <= 7 * MOST_TICKS) {
    const step = days <= MOST_TICKS ? "day" : "week";
    const write = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", timeZone: "UTC" });
    return ticks(domain, (day) => startAfter(step, day), startOf(step, domain[0]), write);
  }
  const months = MONTHS.find((n) => days / 30.4 / n <= MOST_TICKS) ?? 120;
  const write = new Intl.DateTimeFormat(locale, {
    year: "numeric",
    ...(months < 12 ? { month: "short" } : {}),
    timeZone: "UTC",
  });
  const date = new Date(formatDay(domain[0]));
  const whole = Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / months) * months;
  const dayOf = (month: number): Day => Date.UTC(Math.floor(month / 12), month % 12) / 86_400_000;
  let month = whole;
  return ticks(domain, () => dayOf((month += months)), dayOf(whole), write);
}

function ticks([from, to]: Range, after: (day: Day) => Day, first: Day, write: Intl.DateTimeFormat): Tick[] {
  const found: Tick[] = [];
  for (let day = first; day < to; day = after(day)) {
    // Written at the very end a name would be cut off.
    if (day >= from && day < to - (to - from) * 0.04)
      found.push({ at: day, label: write.format(new Date(day * 86_400_000)) });
  }
  return found;
}
