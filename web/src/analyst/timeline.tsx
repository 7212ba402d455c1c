import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactElement } from "react";

import { formatDay as written } from "../i18n/format.ts";
import { formatDay, type Day, type Range, type Step } from "./days.ts";
import type { Bar } from "./questions.ts";
import { barsBetween, dayAt, moved, shareOf, ticksOf, withEnd } from "./timeline-scale.ts";
import { useWords } from "./use-words.ts";

/** What is dragged: an end of the chosen time, or a new choice from the day where it began. */
type Grip = "from" | "to" | { anchor: Day };

/** Bars of tickets over time, on which a time is chosen by dragging or with the keys. */
export function Timeline({
  domain,
  step,
  bars,
  range,
  frame,
  onDraft,
  onRange,
}: {
  /** All days of which there are tickets. */
  domain: Range;
  /** How long a bar is. */
  step: Step;
  bars: readonly Bar[];
  range: Range;
  /** What is shown of the range, where that is not all. */
  frame: Range | null;
  /** While something is dragged; `null` when it is let go without a choice. */
  onDraft: (range: Range | null) => void;
  onRange: (range: Range) => void;
}): ReactElement {
  const { lang, words, count } = useWords();
  const track = useRef<HTMLDivElement>(null);
  const grip = useRef<Grip | null>(null);
  const [dragged, setDragged] = useState<Range | null>(null);
  const chosen = dragged ?? range;
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const shown = frame ?? chosen;

  const ranged = ({ clientX }: PointerEvent): Range | null => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined || grip.current === null) return null;
    const day = dayAt((clientX - box.left) / box.width, domain);
    if (typeof grip.current === "object") return barsBetween(grip.current.anchor, day, step, domain);
    const [first, end] = barsBetween(day, day, step, domain);
    return withEnd(range, grip.current, grip.current === "from" ? first : end, domain);
  };
  const onDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return;
    const box = event.currentTarget.getBoundingClientRect();
    const { end } = (event.target as HTMLElement).dataset;
    grip.current =
      end === "from" || end === "to"
        ? end
        : { anchor: dayAt((event.clientX - box.left) / box.width, domain) };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onMove = (event: PointerEvent): void => {
    const next = ranged(event);
    if (next === null || (next[0] === dragged?.[0] && next[1] === dragged[1])) return;
    setDragged(next);
    onDraft(next);
  };
  const onUp = (event: PointerEvent): void => {
    const next = ranged(event);
    grip.current = null;
    setDragged(null);
    if (next !== null) onRange(next);
  };
  const onCancel = (): void => {
    grip.current = null;
    setDragged(null);
    onDraft(null);
  };

  const percent = (day: Day): string => `${String(100 * shareOf(day, domain))}%`;
  const handle = (end: "from" | "to"): ReactElement => {
    const day = end === "from" ? chosen[0] : chosen[1];
    const said = written(formatDay(end === "from" ? day : day - 1), lang);
    const onKeyDown = (event: KeyboardEvent): void => {
      const bars = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -4, PageUp: 4 }[
        event.key
      ];
      const edge = { Home: domain[0], End: domain[1] }[event.key];
      if (bars === undefined && edge === undefined) return;
      event.preventDefault();
      onRange(
        edge === undefined ? moved(range, end, bars ?? 0, step, domain) : withEnd(range, end, edge, domain),
      );
    };
    return (
      <div
        className="brush-end"
        data-end={end}
        style={{ left: percent(day) }}
        role="slider"
        tabIndex={0}
        aria-label={end === "from" ? words.first : words.last}
        aria-valuemin={domain[0]}
        aria-valuemax={domain[1]}
        aria-valuenow={day}
        aria-valuetext={said}
        onKeyDown={onKeyDown}
      />
    );
  };

  return (
    <div className="timeline" role="group" aria-label={words.timeline} title={words.brush}>
      <div
        className="track"
        ref={track}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerCancel={onCancel}
      >
        <svg
          viewBox={`${String(domain[0])} 0 ${String(domain[1] - domain[0])} 100`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {bars.map(({ range: [from, to], count: n }) => (
            <rect
              key={from}
              className={from < shown[1] && to > shown[0] ? "bar-in" : "bar-out"}
              x={from}
              width={(to - from) * 0.86}
              y={100 - (100 * n) / most}
              height={(100 * n) / most}
            />
          ))}
        </svg>
        <div
          className="brush"
          style={{ left: percent(chosen[0]), right: `${String(100 - 100 * shareOf(chosen[1], domain))}%` }}
        />
        {frame !== null && (
          <div
            className="playhead"
            style={{ left: percent(frame[0]), right: `${String(100 - 100 * shareOf(frame[1], domain))}%` }}
          />
        )}
        {handle("from")}
        {handle("to")}
        <span className="most">{count(most)}</span>
      </div>
      <div className="ticks" aria-hidden="true">
        {ticksOf(domain, lang).map(({ at, label }) => (
          <span key={at} style={{ left: percent(at) }}>
            {label}
          </span>
        ))}
      </div>
    </div>
  );
}
