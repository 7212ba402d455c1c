import { useState, type ReactElement } from "react";

import { api } from "../api/client.ts";
import { useResource } from "../api/use-resource.ts";
import { useRetry } from "../api/use-retry.ts";
import type { Scale } from "../map/density.ts";
import { NOTHING_DRAWN, type OverlayData } from "../map/overlay.ts";
import { Shell } from "../shell.tsx";
import { KeyForm } from "../tickets/key-form.tsx";
import { keyFault, useKey } from "../tickets/use-key.ts";
import { Failure, Loading } from "../ui/notice.tsx";
import { useDocument } from "../ui/use-document.ts";
import { usePage } from "../use-page.ts";
import { barsOf, startsIn, stretchAt, type Day, type Range } from "./days.ts";
import { Dock } from "./dock.tsx";
import { Legend } from "./legend.tsx";
import { ANALYST_MESSAGES } from "./messages.ts";
import { AnalystPanel } from "./panel.tsx";
import { askBars, type Bar } from "./questions.ts";
import { cut, domainOf, limitsOf, within } from "./range.ts";
import { formatAnalystState, NO_FILTER, parseAnalystState, type AnalystState } from "./state.ts";
import { useClock, usePlayer } from "./use-player.ts";
import { useShown, type Wanted } from "./use-shown.ts";

const NOTATION = { parse: parseAnalystState, format: formatAnalystState };
/** Offices are not what is looked at. */
const OVERLAY: OverlayData = { ...NOTHING_DRAWN, listed: [] };
const NO_BARS: Bar[] = [];

/** Where, when and about what do people call? For somebody who looks for what repeats. */
export function AnalystApp(): ReactElement {
  const page = usePage(NOTATION);
  const { state, look, map, go, amend } = page;
  const { lang } = state;
  const words = ANALYST_MESSAGES[lang];
  const [secret, give] = useKey();
  const [draft, setDraft] = useState<Range | null>(null);
  const [scale, setScale] = useState<Scale | null>(null);
  /** The frame of which tiles did not come. */
  const [faulty, setFaulty] = useState<string | null>(null);

  const city = useResource(`city ${lang}`, (signal) => api.city(lang, signal), "");
  const services = useResource(`services ${lang}`, (signal) => api.services(lang, signal), "");
  // Of all tickets: where time begins and ends.
  const days = useResource(secret === null ? null : `days ${secret}`, (signal) =>
    askBars({ ...state, ...NO_FILTER }, "day", secret ?? "", signal),
  );
  const domain = days.value === null ? null : domainOf(days.value);
  const range = domain === null ? null : within(draft ?? [state.from, state.to], domain);

  const player = usePlayer({
    starts: range === null ? [] : startsIn(state.step, range),
    frame: draft === null ? state.frame : null,
    loop: state.loop,
    onFrame: (frame) => {
      amend({ frame });
    },
  });
  const stretch = (day: Day | null): Range | null =>
    range === null || day === null ? null : stretchAt(state.step, day, range);
  const wantedAt = (time: Range | null): Wanted | null => {
    if (domain === null || time === null) return null;
    const { categories, statuses, channels, division, hours, weekdays, layer, grid } = state;
    const kinds = { categories, statuses, channels, division, hours, weekdays };
    return { filter: { ...limitsOf(time, domain), ...kinds }, lang, layer, grid };
  };
  const frame = stretch(player.frame);
  const wanted = wantedAt(frame ?? range);
  const { answers, settled, problem, retry } = useShown(secret, wanted, wantedAt(stretch(player.next)), map);
  useClock(player, settled, state.speed);

  const step = domain === null ? "day" : barsOf(domain);
  const bars = useBars(secret, wanted, step);
  useDocument(lang, words.title, city.value, null);
  useRetry(city);
  useRetry(services);
  useRetry(days);

  const change = (part: Partial<AnalystState>): void => {
    player.pause();
    setFaulty(null);
    go(part);
  };
  const onRange = (range: Range | null): void => {
    setDraft(null);
    change({
      ...(range === null || domain === null ? { from: null, to: null } : limitsOf(range, domain)),
      frame: null,
    });
  };

  const failed = days.status === "failed" ? days.problem : problem;
  const refused = keyFault(failed?.status);
  const open = secret !== null && refused === null;
  const key = JSON.stringify(wanted);

  const body = (): ReactElement => {
    if (!open) return <KeyForm fault={refused} note={words.keyNote} other={words.otherKey} onEnter={give} />;
    if (days.status === "ready" && domain === null) {
      return (
        <div className="welcome">
          <h2>{words.empty}</h2>
          <p className="faint">{words.emptyNote}</p>
        </div>
      );
    }
    return (
      <>
        {failed !== null &&
          (failed.status === 503 ? (
            <p className="notice" role="status">
              {words.loading}
            </p>
          ) : (
            <Failure problem={failed} retry={days.status === "failed" ? days.retry : retry} />
          ))}
        {faulty === key && (
          <p className="notice" role="alert">
            {words.tilesFailed}
          </p>
        )}
        {answers === null ? (
          failed === null && <Loading />
        ) : (
          <AnalystPanel
            state={state}
            services={services.value ?? []}
            answers={answers}
            settled={settled}
            playing={player.playing}
            onChange={change}
            onForget={() => {
              give(null);
            }}
          />
        )}
      </>
    );
  };

  return (
    <Shell
      page={page}
      city={city}
      name="analyst"
      title={words.title}
      ground="analyst"
      skip={words.skip}
      label={words.map}
      overlay={OVERLAY}
      events={{
        onPoint: () => undefined,
        onPlace: () => undefined,
        onScale: setScale,
        onFault: () => {
          setFaulty(key);
        },
      }}
      onHome={() => {
        change(NO_FILTER);
      }}
      beside={
        open &&
        domain !== null &&
        range !== null && (
          <>
            <Legend
              scale={scale}
              view={look?.view ?? null}
              grid={state.grid}
              synthetic={answers?.synthetic ?? false}
            />
            <Dock
              domain={domain}
              bars={cut(bars, domain)}
              range={range}
              frame={frame}
              player={player}
              step={state.step}
              speed={state.speed}
              loop={state.loop}
              onDraft={(next) => {
                player.pause();
                setDraft(next);
              }}
              onRange={onRange}
              onFrame={(day) => {
                amend({ frame: day });
              }}
              onChange={amend}
            />
          </>
        )
      }
    >
      {body()}
    </Shell>
  );
}

/** How many tickets there were when, of those that fit but for their time. */
function useBars(secret: string | null, wanted: Wanted | null, step: "day" | "week" | "month"): Bar[] {
  const filter = wanted === null ? null : { ...wanted.filter, from: null, to: null };
  const bars = useResource(
    filter === null || secret === null ? null : JSON.stringify([step, filter, secret]),
    (signal) => (filter === null ? Promise.resolve(NO_BARS) : askBars(filter, step, secret ?? "", signal)),
    "",
  );
  return bars.value ?? NO_BARS;
}
