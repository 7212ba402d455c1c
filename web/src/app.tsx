import { useCallback, useEffect, useMemo, useRef, useState, type ReactElement, type RefObject } from "react";

import type { LonLat, SearchResult } from "./api/types.ts";
import { LangContext } from "./i18n/context.tsx";
import { nameIn } from "./i18n/format.ts";
import { MESSAGES } from "./i18n/messages.ts";
import { boundsOf } from "./map/bounds.ts";
import type { MapController, MapEvents } from "./map/controller.ts";
import { wholeCity, type Look } from "./map/look.ts";
import { MapView } from "./map/map-view.tsx";
import { NOTHING_DRAWN, type ListedPoint, type OverlayData } from "./map/overlay.ts";
import { Panel } from "./panel.tsx";
import { chosen, NOTHING_CHOSEN } from "./search/choose.ts";
import { SearchBox } from "./search/search-box.tsx";
import { useAnswers, type Answers } from "./state/use-answers.ts";
import { formatState, parseState, type PageState } from "./state/url.ts";
import { useAddress } from "./state/use-address.ts";
import { Attribution } from "./ui/attribution.tsx";
import { CategoryChips } from "./ui/category-chips.tsx";
import { MapButtons } from "./ui/map-buttons.tsx";
import { Failure } from "./ui/notice.tsx";
import { TopBar } from "./ui/top-bar.tsx";
import { useDocument } from "./ui/use-document.ts";
import { usePadding } from "./ui/use-padding.ts";

const NOTATION = { parse: parseState, format: formatState };
/** Close enough for the streets around an office. */
const POINT_ZOOM = 14.5;
/** Close enough for the outline of a sub-district. */
const PLACE_ZOOM = 13;

export function App(): ReactElement {
  const { state, travels, go: step, amend } = useAddress(NOTATION);
  const { lang } = state;
  const t = MESSAGES[lang];
  const [look, setLook] = useState<Look | null>(null);
  const [map, setMap] = useState<MapController | null>(null);
  const answers = useAnswers(state, look);

  // Each step keeps where the map looked, so that a link or a way back shows the same.
  const go = (change: Partial<PageState>): void => {
    step({ view: look?.view ?? state.view, ...change });
  };
  const city = answers.city.value;

  const top = useRef<HTMLElement>(null);
  const sheet = useRef<HTMLElement>(null);
  const padding = usePadding(top, sheet);
  const overlay = useOverlay(state, answers);

  const clicked = useRef<LonLat | null>(null);
  useMapFollowsState(map, state, answers, travels, clicked);
  useDocument(
    lang,
    t.title,
    city,
    state.point === null ? state.text : (answers.pointCard.value?.properties.name ?? null),
  );

  const events: MapEvents = {
    onPoint: (point) => {
      go({ point, at: null });
    },
    onPlace: (at) => {
      clicked.current = at;
      go({ ...NOTHING_CHOSEN, at });
    },
    onMove: (next) => {
      setLook(next);
      amend({ view: next.view });
    },
  };

  const onReady = useCallback((controller: MapController) => {
    setMap(controller);
    setLook(controller.look());
  }, []);

  const focus = useCallback((): LonLat | null => look?.center ?? null, [look]);

  const onChoose = (result: SearchResult): void => {
    const change = chosen(result);
    // A submitted search stays behind the card, so that one can come back to its results.
    go(change.point != null && state.text !== null ? { point: change.point } : change);
  };

  return (
    <LangContext value={lang}>
      <a className="skip" href="#search">
        {t.skip}
      </a>
      {city !== null && (
        <MapView
          city={city}
          view={state.view}
          events={events}
          overlay={overlay}
          padding={padding}
          onReady={onReady}
          onFailed={() => {
            setLook(wholeCity(city));
          }}
        />
      )}
      <div className="side">
        <header className="top" ref={top}>
          <TopBar
            cityName={city === null ? null : nameIn(city.name, lang)}
            title={t.title}
            languages={city?.languages ?? null}
            onHome={() => {
              go(NOTHING_CHOSEN);
            }}
            onLang={(next) => {
              go({ lang: next });
            }}
          />
          <SearchBox
            label={t.searchLabel}
            hint={t.searchHint}
            submitted={state.text}
            focus={focus}
            onChoose={onChoose}
            onSubmit={(text) => {
              go({ ...NOTHING_CHOSEN, text });
            }}
            onClear={() => {
              if (state.text !== null) go({ ...NOTHING_CHOSEN });
            }}
          />
          <CategoryChips
            categories={answers.categories.value ?? []}
            chosen={state.category}
            brief={
              state.point !== null || state.at !== null || state.service !== null || state.division !== null
            }
            onChoose={(category) => {
              go({ ...NOTHING_CHOSEN, category });
            }}
          />
        </header>
        <main className="sheet" ref={sheet}>
          {answers.city.status === "failed" && (
            <Failure problem={answers.city.problem} retry={answers.city.retry} />
          )}
          <Panel
            state={state}
            answers={answers}
            go={go}
            onChoose={onChoose}
            onWiden={() => {
              if (city !== null) map?.fit(city.bounds);
            }}
          />
        </main>
      </div>
      {map !== null && (
        <MapButtons
          onZoom={(steps) => {
            map.zoomBy(steps);
          }}
          onPosition={(at) => {
            go({ ...NOTHING_CHOSEN, at });
          }}
        />
      )}
      <Attribution city={city} />
    </LangContext>
  );
}

/** What the page draws on the map for its state. */
function useOverlay(state: PageState, { pointCard, outlineFeature, listed }: Answers): OverlayData {
  const rows = listed.value?.features ?? null;
  const list = useMemo<ListedPoint[] | null>(
    () =>
      rows?.map(({ properties: { id, name, category }, geometry: { coordinates } }) => ({
        id,
        name,
        icon: category?.icon ?? "marker",
        color: category?.color ?? "#5b6670",
        at: [coordinates[0] ?? 0, coordinates[1] ?? 0],
      })) ?? null,
    [rows],
  );
  const { at } = state;
  const place = state.point === null ? null : (pointCard.value?.geometry.coordinates ?? null);
  const outline = outlineFeature.value;
  return useMemo(() => {
    const [lon, lat] = place ?? [];
    const onPoint: LonLat | null = lon !== undefined && lat !== undefined ? [lon, lat] : null;
    const mark = onPoint ?? at;
    return {
      ...NOTHING_DRAWN,
      division: outline,
      listed: list,
      chosen: mark === null ? null : { at: mark, isPoint: onPoint !== null },
    };
  }, [at, place, outline, list]);
}

/** Moves the map to what has been chosen, and back with the browser's own back. */
function useMapFollowsState(
  map: MapController | null,
  state: PageState,
  { pointCard, outlineFeature }: Answers,
  travels: number,
  /** The last place that was clicked on the map itself, where one looks already. */
  clicked: RefObject<LonLat | null>,
): void {
  // A link that says where to look is shown as it was sent, if what it is about can be seen so.
  const sent = useRef(state.view !== null);

  useEffect(() => {
    if (travels > 0 && state.view !== null) map?.jump(state.view);
    // Only a step back or forward moves the map to the address; else the address follows the map.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [map, travels]);

  const point = pointCard.value;
  const { at, division } = state;
  const outline =
    division !== null && outlineFeature.value?.properties.code === division ? outlineFeature.value : null;

  useEffect(() => {
    if (map === null || (point === null && at === null && outline === null)) return;
    const asSent = sent.current;
    sent.current = false;
    const [lon, lat] = point?.geometry.coordinates ?? [];
    if (lon !== undefined && lat !== undefined) {
      map.show([lon, lat], asSent ? null : POINT_ZOOM);
    } else if (at !== null) {
      map.show(at, asSent || at === clicked.current ? null : PLACE_ZOOM);
    } else if (!asSent) {
      const bounds = boundsOf(outline?.geometry ?? null);
      if (bounds !== null) map.fit(bounds);
    }
  }, [map, point, at, outline, clicked]);
}
