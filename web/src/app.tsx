import { useCallback, useEffect, useMemo, useRef, type ReactElement, type RefObject } from "react";

import type { LonLat, SearchResult } from "./api/types.ts";
import { MESSAGES } from "./i18n/messages.ts";
import { boundsOf } from "./map/bounds.ts";
import type { MapController } from "./map/controller.ts";
import { NOTHING_DRAWN, type ListedPoint, type OverlayData } from "./map/overlay.ts";
import { Panel } from "./panel.tsx";
import { chosen, NOTHING_CHOSEN } from "./search/choose.ts";
import { SearchBox } from "./search/search-box.tsx";
import { Shell } from "./shell.tsx";
import { useAnswers, type Answers } from "./state/use-answers.ts";
import { formatState, parseState, type PageState } from "./state/url.ts";
import { CategoryChips } from "./ui/category-chips.tsx";
import { useDocument } from "./ui/use-document.ts";
import { usePage } from "./use-page.ts";

const NOTATION = { parse: parseState, format: formatState };
/** Close enough for the streets around an office. */
const POINT_ZOOM = 14.5;
/** Close enough for the outline of a sub-district. */
const PLACE_ZOOM = 13;

export function App(): ReactElement {
  const page = usePage(NOTATION);
  const { state, look, map, go } = page;
  const t = MESSAGES[state.lang];
  const answers = useAnswers(state, look);
  const city = answers.city.value;
  const overlay = useOverlay(state, answers);

  const clicked = useRef<LonLat | null>(null);
  useMapFollowsState(map, state, answers, clicked);
  useDocument(
    state.lang,
    t.title,
    city,
    state.point === null ? state.text : (answers.pointCard.value?.properties.name ?? null),
  );

  const focus = useCallback((): LonLat | null => look?.center ?? null, [look]);

  const onChoose = (result: SearchResult): void => {
    const change = chosen(result);
    // A submitted search stays behind the card, so that one can come back to its results.
    go(change.point != null && state.text !== null ? { point: change.point } : change);
  };

  return (
    <Shell
      page={page}
      city={answers.city}
      title={t.title}
      overlay={overlay}
      events={{
        onPoint: (point) => {
          go({ point, at: null });
        },
        onPlace: (at) => {
          clicked.current = at;
          go({ ...NOTHING_CHOSEN, at });
        },
      }}
      onHome={() => {
        go(NOTHING_CHOSEN);
      }}
      onPosition={(at) => {
        go({ ...NOTHING_CHOSEN, at });
      }}
      head={
        <>
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
        </>
      }
    >
      <Panel
        state={state}
        answers={answers}
        go={go}
        onChoose={onChoose}
        onWiden={() => {
          if (city !== null) map?.fit(city.bounds);
        }}
      />
    </Shell>
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
  /** The last place that was clicked on the map itself, where one looks already. */
  clicked: RefObject<LonLat | null>,
): void {
  // A link that says where to look is shown as it was sent, if what it is about can be seen so.
  const sent = useRef(state.view !== null);

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
