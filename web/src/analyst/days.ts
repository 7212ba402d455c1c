/**
 * Days of the city's calendar as numbers, counted from 1970, so that stretches of time are sums.
 * They have no time zone: the server reads a bare date by the city's clock.
 */
export type Day = number;

/** From the first day to before the second. */
export type Range = readonly [from: Day, to: Day];

export const STEPS = ["day", "week", "month"] as const;
export type Step = (typeof STEPS)[number];

const MS = 86_400_000;

/** Reads `2026-01-31`; `null` where that is no day of the calendar. */
export function parseDay(text: string | null): Day | null {
  if (text === null || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const ms = Date.parse(`${text}T00:00Z`);
  if (Number.isNaN(ms)) return null;
  return formatDay(ms / MS) === text ? ms / MS : null;
}

export const formatDay = (day: Day): string => new Date(day * MS).toISOString().slice(0, 10);

/** The first day of the week (Monday) or month that a day is in; of a day itself. */
export function startOf(step: Step, day: Day): Day {
  if (step === "day") return day;
  // The first of January 1970 was a Thursday.
  if (step === "week") return day - ((((day + 3) % 7) + 7) % 7);
  const date = new Date(day * MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth()) / MS;
}

/** The first day of the stretch after the one that a day is in. */
export function startAfter(step: Step, day: Day): Day {
  if (step === "day") return day + 1;
  if (step === "week") return startOf("week", day) + 7;
  const date = new Date(day * MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) / MS;
}

/** The stretch that a day is in, as far as it is in `range`. */
export function stretchAt(step: Step, day: Day, [from, to]: Range): Range {
  const inside = Math.min(Math.max(day, from), to - 1);
  return [Math.max(startOf(step, inside), from), Math.min(startAfter(step, inside), to)];
}

/** The first day of each stretch that has a part in `range`; of the first one that of the range. */
export function startsIn(step: Step, [from, to]: Range): Day[] {
  const starts: Day[] = [];
  for (let day = from; day < to; day = startAfter(step, day)) starts.push(day);
  return starts;
}

const LONGEST: readonly [Step, number][] = [
  ["day", 130],
  ["week", 7 * 210],
];

/** How long the bars of a timeline are, so that there are neither few nor more than one sees. */
export function barsOf([from, to]: Range): Step {
  return LONGEST.find(([, days]) => to - from <= days)?.[0] ?? "month";
}
