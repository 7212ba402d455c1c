import { useRef, type KeyboardEventHandler, type ReactElement, type ReactNode } from "react";

import type { Resource } from "./api/use-resource.ts";
import type { City, Lang, LonLat } from "./api/types.ts";
import { LangContext } from "./i18n/context.tsx";
import { nameIn } from "./i18n/format.ts";
import { MESSAGES } from "./i18n/messages.ts";
import type { MapEvents } from "./map/controller.ts";
import { MapView } from "./map/map-view.tsx";
import type { OverlayData } from "./map/overlay.ts";
import type { Ground } from "./map/style.ts";
import type { View } from "./state/address.ts";
import { Attribution } from "./ui/attribution.tsx";
import { MapButtons } from "./ui/map-buttons.tsx";
import { Failure } from "./ui/notice.tsx";
import { TopBar } from "./ui/top-bar.tsx";
import { usePadding } from "./ui/use-padding.ts";
import type { Page } from "./use-page.ts";

/**
 * What all pages look like: the map under everything, a head and a sheet beside it, and at the
 * bottom where the map comes from.
 */
export function Shell<State extends { lang: Lang; view: View | null }>({
  page,
  city,
  name,
  title,
  ground = "citizen",
  label = MESSAGES[page.state.lang].map,
  skip = MESSAGES[page.state.lang].skip,
  overlay,
  events,
  head,
  children,
  beside,
  onHome,
  onPosition,
  onKeyDown,
}: {
  page: Page<State>;
  city: Resource<City> & { retry: () => void };
  /** Tells the pages apart in the style sheets. */
  name?: string;
  /** What the page is called. */
  title: string;
  ground?: Ground;
  /** What the map is to those who do not see it. */
  label?: string;
  /** What the link to the element with the id `search` says. */
  skip?: string;
  overlay: OverlayData;
  events: Omit<MapEvents, "onMove">;
  /** What follows the title in the head. */
  head: ReactNode;
  /** What is in the sheet. */
  children: ReactNode;
  /** What else is over the map. */
  beside?: ReactNode;
  onHome: () => void;
  /** Somebody asked where they are. */
  onPosition?: (at: LonLat) => void;
  onKeyDown?: KeyboardEventHandler;
}): ReactElement {
  const { state, map } = page;
  const { lang } = state;
  const known = city.value;
  const top = useRef<HTMLElement>(null);
  const sheet = useRef<HTMLElement>(null);
  const padding = usePadding(top, sheet);

  return (
    <LangContext value={lang}>
      <a className="skip" href="#search">
        {skip}
      </a>
      {known !== null && (
        <MapView
          city={known}
          ground={ground}
          label={label}
          view={state.view}
          events={{ ...events, onMove: page.onMove }}
          overlay={overlay}
          padding={padding}
          onReady={page.onReady}
          onFailed={() => {
            page.onFailed(known);
          }}
        />
      )}
      <div className={`side ${name ?? ""}`}>
        <header className="top" ref={top}>
          <TopBar
            cityName={known === null ? null : nameIn(known.name, lang)}
            title={title}
            languages={known?.languages ?? null}
            onHome={onHome}
            onLang={(next) => {
              page.go({ lang: next } as Partial<State>);
            }}
          />
          {head}
        </header>
        <main className="sheet" ref={sheet} onKeyDown={onKeyDown}>
          {city.status === "failed" && <Failure problem={city.problem} retry={city.retry} />}
          {children}
        </main>
      </div>
      {beside}
      {map !== null && (
        <MapButtons
          onZoom={(steps) => {
            map.zoomBy(steps);
          }}
          onPosition={onPosition}
        />
      )}
      <Attribution city={known} />
    </LangContext>
  );
}
