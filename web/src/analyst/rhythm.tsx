import type { CSSProperties, ReactElement } from "react";

import { toggled } from "./numbers.ts";
import { Facet } from "./facets.tsx";
import { useWords } from "./use-words.ts";

const DAYS = [1, 2, 3, 4, 5, 6, 7];
/** The day in four parts. */
const PARTS = [0, 6, 12, 18].map((from) => Array.from({ length: 6 }, (_, i) => from + i));

/** On which days of the week and at which hours, and how many there are in each. */
export function Rhythm({
  counts,
  hours,
  weekdays,
  onChange,
}: {
  /** By the hour of the week. */
  counts: readonly number[];
  hours: readonly number[];
  weekdays: readonly number[];
  onChange: (change: { hours?: number[]; weekdays?: number[] }) => void;
}): ReactElement {
  const { words, count } = useWords();
  const most = Math.max(1, ...counts);
  const taken = (list: readonly number[], n: number): boolean => list.length === 0 || list.includes(n);
  return (
    <Facet title={words.rhythm}>
      <div className="rhythm" role="img" aria-label={words.rhythmNote}>
        {counts.map((n, i) => {
          const [day, hour] = [Math.floor(i / 24), i % 24];
          const dim = !taken(weekdays, day + 1) || !taken(hours, hour);
          return (
            <span
              key={i}
              className={dim ? "dim" : undefined}
              style={{ "--share": String(n / most) } as CSSProperties}
              title={`${words.weekday[day] ?? ""} ${String(hour)}:00 · ${count(n)}`}
            />
          );
        })}
      </div>
      <div className="toggles" role="group" aria-label={words.weekdays}>
        {DAYS.map((day) => (
          <button
            key={day}
            type="button"
            aria-pressed={weekdays.includes(day)}
            onClick={() => {
              onChange({ weekdays: toggled(weekdays, [day]) });
            }}
          >
            {words.weekday[day - 1]}
          </button>
        ))}
      </div>
      <div className="toggles" role="group" aria-label={words.hours}>
        {PARTS.map((part, i) => (
          <button
            key={words.parts[i]}
            type="button"
            aria-pressed={part.every((hour) => hours.includes(hour))}
            onClick={() => {
              onChange({ hours: toggled(hours, part) });
            }}
          >
            {words.parts[i]}
          </button>
        ))}
      </div>
    </Facet>
  );
}
