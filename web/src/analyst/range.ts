import type { Day, Range } from "./days.ts";
import type { Bar } from "./questions.ts";

/** All days from the first with tickets to the last; `null` where there are none. */
export function domainOf(days: readonly Bar[]): Range | null {
  const [first, last] = [days[0], days.at(-1)];
  return first === undefined || last === undefined ? null : [first.range[0], last.range[1]];
}

/** What is chosen of the days that there are; all of them where nothing of it is among them. */
export function within([from, to]: readonly [Day | null, Day | null], [first, last]: Range): Range {
  const range: Range = [Math.max(from ?? first, first), Math.min(to ?? last, last)];
  return range[0] < range[1] ? range : [first, last];
}

/** The ends of a range as the filter has them: none where all days end too. */
export const limitsOf = ([from, to]: Range, [first, last]: Range): { from: Day | null; to: Day | null } => ({
  from: from <= first ? null : from,
  to: to >= last ? null : to,
});

/** Bars cut off where the days end that there are. */
export const cut = (bars: readonly Bar[], [first, last]: Range): Bar[] =>
  bars
    .map(({ range: [from, to], count }): Bar => ({
      range: [Math.max(from, first), Math.min(to, last)],
      count,
    }))
    .filter(({ range: [from, to] }) => from < to);
