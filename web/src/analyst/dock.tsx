import type { ReactElement } from "react";

import { formatDay as written } from "../i18n/format.ts";
import { Icon } from "../ui/icon.tsx";
import { barsOf, formatDay, parseDay, STEPS, type Day, type Range, type Step } from "./days.ts";
import type { Bar } from "./questions.ts";
import { SPEEDS } from "./state.ts";
import { Timeline } from "./timeline.tsx";
import { withEnd } from "./timeline-scale.ts";
import type { Player } from "./use-player.ts";
import { useWords } from "./use-words.ts";

/** Time: what of it is chosen, and what of that is shown, one frame after the other. */
export function Dock({
  domain,
  bars,
  range,
  frame,
  player,
  step,
  speed,
  loop,
  onDraft,
  onRange,
  onFrame,
  onChange,
}: {
  domain: Range;
  bars: readonly Bar[];
  range: Range;
  frame: Range | null;
  player: Player;
  step: Step;
  speed: number;
  loop: boolean;
  onDraft: (range: Range | null) => void;
  /** `null`: all time. */
  onRange: (range: Range | null) => void;
  /** `null`: the whole range at once. */
  onFrame: (frame: Day | null) => void;
  onChange: (change: { step?: Step; speed?: number; loop?: boolean }) => void;
}): ReactElement {
  const { lang, words } = useWords();
  const index = player.index ?? 0;
  const [from, to] = frame ?? range;
  const said =
    to - from === 1
      ? written(formatDay(from), lang)
      : `${written(formatDay(from), lang)} – ${written(formatDay(to - 1), lang)}`;
  const all = range[0] === domain[0] && range[1] === domain[1];
  const { starts } = player;
  const go = (to: number): void => {
    player.stop();
    onFrame(starts[(to + starts.length) % starts.length] ?? null);
  };
  const day = (end: "from" | "to"): ReactElement => (
    <input
      type="date"
      aria-label={end === "from" ? words.first : words.last}
      min={formatDay(domain[0])}
      max={formatDay(domain[1] - 1)}
      value={formatDay(end === "from" ? range[0] : range[1] - 1)}
      onChange={({ target: { value } }) => {
        const given = parseDay(value);
        if (given !== null) onRange(withEnd(range, end, end === "from" ? given : given + 1, domain));
      }}
    />
  );

  return (
    <section className="dock" aria-label={words.time}>
      <div className="player">
        <div className="player-buttons">
          <IconButton
            label={words.before}
            icon="stepBack"
            onClick={() => {
              go(index - 1);
            }}
          />
          <button
            type="button"
            className="icon-button play"
            aria-label={player.playing ? words.pause : words.play}
            title={player.playing ? words.pause : words.play}
            onClick={player.playing ? player.pause : player.play}
          >
            <Icon name={player.playing ? "pause" : "play"} />
          </button>
          <IconButton
            label={words.next}
            icon="stepOn"
            onClick={() => {
              go(player.index === null ? 0 : index + 1);
            }}
          />
        </div>
        <strong className="shown-time" aria-live={player.playing ? "off" : "polite"}>
          {said}
        </strong>
        <input
          className="seek"
          type="range"
          min={0}
          max={Math.max(0, starts.length - 1)}
          value={index}
          disabled={starts.length < 2}
          data-whole={frame === null}
          aria-label={words.frame}
          aria-valuetext={said}
          onChange={({ target: { value } }) => {
            go(Number(value));
          }}
        />
        <div className="player-terms">
          {frame !== null && (
            <button
              type="button"
              className="link"
              onClick={() => {
                player.stop();
                onFrame(null);
              }}
            >
              {words.whole}
            </button>
          )}
          <select
            aria-label={words.step}
            value={step}
            onChange={({ target: { value } }) => {
              const chosen = STEPS.find((one) => one === value);
              if (chosen !== undefined) onChange({ step: chosen });
            }}
          >
            {STEPS.map((one) => (
              <option key={one} value={one}>
                {words.steps[one]}
              </option>
            ))}
          </select>
          <select
            aria-label={words.speed}
            value={speed}
            onChange={({ target: { value } }) => {
              onChange({ speed: Number(value) });
            }}
          >
            {SPEEDS.map((one) => (
              <option key={one} value={one}>
                {words.speeds(one)}
              </option>
            ))}
          </select>
          <label className="loop">
            <input
              type="checkbox"
              checked={loop}
              onChange={({ target: { checked } }) => {
                onChange({ loop: checked });
              }}
            />
            {words.loop}
          </label>
        </div>
      </div>
      <Timeline
        domain={domain}
        step={barsOf(domain)}
        bars={bars}
        range={range}
        frame={frame}
        onDraft={onDraft}
        onRange={onRange}
      />
      <div className="chosen-time">
        {day("from")}
        <span>–</span>
        {day("to")}
        <button
          type="button"
          className="link"
          disabled={all}
          onClick={() => {
            onRange(null);
          }}
        >
          {words.allTime}
        </button>
      </div>
    </section>
  );
}

function IconButton({
  label,
  icon,
  onClick,
}: {
  label: string;
  icon: "stepBack" | "stepOn";
  onClick: () => void;
}): ReactElement {
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
