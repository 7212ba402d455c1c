import { useCallback, useEffect, useMemo, useRef, type ReactElement } from "react";

import type { LonLat, SearchResult } from "../api/types.ts";
import { boundsOf } from "../map/bounds.ts";
import type { MapController } from "../map/controller.ts";
import { NOTHING_DRAWN, type OverlayData } from "../map/overlay.ts";
import { SearchBox } from "../search/search-box.tsx";
import { Shell } from "../shell.tsx";
import { useDocument } from "../ui/use-document.ts";
import { useKeys } from "../ui/use-keys.ts";
import { usePage } from "../use-page.ts";
import { AgentPanel } from "./agent-panel.tsx";
import { isServed } from "./call.ts";
import { readCoordinates } from "./coordinates.ts";
import { AGENT_MESSAGES, said } from "./messages.ts";
import type { Reported } from "./reported.ts";
import { rowId } from "./reported-row.tsx";
import { formatAgentState, NOTHING_ASKED, parseAgentState, type AgentState } from "./state.ts";
import { TermsBar } from "./terms.tsx";
import { useBatch } from "./use-batch.ts";
import { useQuestion, type Asked } from "./use-question.ts";
import { useReports } from "./use-reports.ts";

const NOTATION = { parse: parseAgentState, format: formatAgentState };
/** Everything that is somewhere; a matter is not. */
const PLACES = "venue,address,street,transit,water,neighbourhood,localadmin,county";
/** Close enough for the streets around a place and the nearest border. */
const PLACE_ZOOM = 13.5;
/** Close enough to tell apart what was reported around it; the nearest border is often still seen. */
const REPORTS_ZOOM = 15;

/** Whose jurisdiction is it? For somebody who has a caller on the line. */
export function AgentApp(): ReactElement {
  const page = usePage(NOTATION);
  const { state, look, map, go, step } = page;
  const { lang } = state;
  const words = AGENT_MESSAGES[lang];
  const asked = useQuestion(state);
  const batch = useBatch();
  const reports = useReports(state, asked, map, go);
  const { call, next } = reports.handle;

  const ask = (change: Partial<AgentState>): void => {
    batch.close();
    // The caller stays while one looks for their place, until they have what they called for.
    if (isServed(call) || (change.text == null && change.at == null)) next();
    go({ ...NOTHING_ASKED, ...change });
  };

  const overlay = useOverlay(asked, reports.shown);
  useMapFollowsAnswer(map, state, asked, reports.secret === null ? PLACE_ZOOM : REPORTS_ZOOM);
  useDocument(lang, words.title, asked.city.value, state.text);

  const clear = useCallback(() => {
    next();
    step(NOTHING_ASKED);
    document.getElementById("search")?.focus();
  }, [next, step]);
  const onKeyDown = useKeys(clear);

  const point = (at: LonLat): void => {
    ask({ at, kind: state.kind });
  };
  const focus = useCallback((): LonLat | null => look?.center ?? null, [look]);
  const suggests = useCallback((text: string) => readCoordinates(text, null) === null, []);

  const onFile = (file: File): void => {
    step(NOTHING_ASKED);
    batch.start(file, { crs: state.crs, date: state.date, lang });
  };
  const onChoose = ({ properties: { gid, name } }: SearchResult): void => {
    ask({ text: name, pick: gid });
  };

  return (
    <Shell
      page={page}
      city={asked.city}
      name="agent"
      title={words.title}
      overlay={overlay}
      events={{
        onPoint: (_, at) => {
          point(at);
        },
        onPin: (number) => {
          if (asked.answer !== null) {
            document.getElementById(rowId(number))?.focus();
            return;
          }
          const candidate = asked.meant.value?.candidates[number - 1];
          if (candidate !== undefined) go({ pick: candidate.gid });
        },
        onPlace: point,
      }}
      onHome={() => {
        ask({});
      }}
      onPosition={point}
      onKeyDown={onKeyDown}
      head={
        <>
          <SearchBox
            label={words.field}
            hint={words.fieldHint}
            suggests={suggests}
            layers={PLACES}
            empties
            submitted={state.text}
            focus={focus}
            onChoose={onChoose}
            onSubmit={(text) => {
              ask({ text });
            }}
            onClear={() => {
              ask({});
            }}
          />
          <TermsBar
            state={state}
            categories={asked.categories.value ?? []}
            services={asked.services.value ?? []}
            onChange={go}
          />
        </>
      }
      beside={
        // Heard when it changes, wherever the focus is.
        <div className="off-screen" role="status">
          {asked.answer === null ? "" : said(asked.answer.sentence, lang)}
        </div>
      }
    >
      <AgentPanel
        state={state}
        asked={asked}
        reports={reports}
        batch={batch}
        onAsk={ask}
        onPick={go}
        onFile={onFile}
      />
    </Shell>
  );
}

/** What the page draws on the map for its answer; offices are not what is asked about. */
function useOverlay(
  { answer, isDivision, meant, outline, neighbour }: Asked,
  reported: readonly Reported[],
): OverlayData {
  const candidates = answer === null ? (meant.value?.candidates ?? null) : null;
  const at = isDivision ? null : (answer?.point_wgs84 ?? null);
  return useMemo(
    () => ({
      ...NOTHING_DRAWN,
      listed: [],
      division: outline,
      neighbour,
      pins: candidates?.map((candidate) => candidate.point_wgs84) ?? reported.map(({ at: place }) => place),
      chosen: at === null ? null : { at, isPoint: false, movable: true },
    }),
    [candidates, reported, at, outline, neighbour],
  );
}

/** Shows on the map what the answer is about. */
function useMapFollowsAnswer(
  map: MapController | null,
  { view, at: pointed }: AgentState,
  { answer, isDivision, meant, outline, question }: Asked,
  zoom: number,
): void {
  // A link that says where to look is shown as it was sent.
  const sent = useRef(view !== null);
  const arrived = useRef(false);
  const at = answer?.point_wgs84 ?? null;
  const candidates = meant.value?.candidates ?? null;
  const whole = isDivision ? outline : null;
  const waiting = question.kind !== "nothing";

  useEffect(() => {
    if (map === null) return;
    if (at === null && (candidates?.length ?? 0) === 0) {
      if (!waiting) arrived.current = true;
      return;
    }
    if (isDivision && whole === null) return;
    const asSent = sent.current;
    sent.current = false;
    // Where one has pointed at the map, one looks already; a link to there does not.
    const here = pointed !== null && arrived.current;
    arrived.current = true;
    if (isDivision) {
      const bounds = boundsOf(whole?.geometry ?? null);
      if (bounds !== null && !asSent) map.fit(bounds);
    } else if (at !== null) {
      map.show(at, asSent || here ? null : zoom);
    } else if (!asSent) {
      const coordinates = (candidates ?? []).map(({ point_wgs84: [lon, lat] }) => [lon, lat]);
      const bounds = boundsOf({ type: "MultiPoint", coordinates });
      if (bounds !== null) map.fit(bounds);
    }
  }, [map, at, candidates, pointed, waiting, isDivision, whole, zoom]);
}
