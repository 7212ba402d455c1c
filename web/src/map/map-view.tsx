import { useEffect, useRef, useState, type ReactElement, type RefObject } from "react";

import type { City } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";
import type { View } from "../state/address.ts";
import type { MapController, MapEvents, Padding } from "./controller.ts";
import type { OverlayData } from "./overlay.ts";
import { darkScheme, loadStyle, type Ground } from "./style.ts";
import "maplibre-gl/dist/maplibre-gl.css";

/** The map's place in the page. `onReady` hands out the controller once there is one. */
export function MapView({
  city,
  ground,
  label,
  view,
  events,
  overlay,
  padding,
  onReady,
  onFailed,
}: {
  city: City;
  /** Only the first one counts. */
  ground: Ground;
  /** What the map is to those who do not see it. */
  label: string;
  /** Only the first one counts; afterwards the map says where it is. */
  view: View | null;
  events: MapEvents;
  overlay: OverlayData;
  padding: Padding;
  onReady: (controller: MapController) => void;
  /** There will be no map. */
  onFailed: () => void;
}): ReactElement {
  const { lang, t } = useI18n();
  const container = useRef<HTMLDivElement>(null);
  const controller = useRef<MapController | null>(null);
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const latest = useLatest({ city, ground, view, events, onReady, onFailed });

  useEffect(() => {
    let gone = false;
    const scheme = darkScheme();
    const start = async (): Promise<void> => {
      const now = scheme.matches ? "dark" : "light";
      // The map library is the biggest part of the page: search works before it is there.
      const [{ MapController: Controller }, style] = await Promise.all([
        import("./controller.ts"),
        loadStyle(latest.current.ground, now),
      ]);
      if (gone || container.current === null) return;
      const relay: MapEvents = {
        onPoint: (id, at) => {
          latest.current.events.onPoint(id, at);
        },
        onPin: (index) => {
          latest.current.events.onPin?.(index);
        },
        onPlace: (at) => {
          latest.current.events.onPlace(at);
        },
        onMove: (look) => {
          latest.current.events.onMove(look);
        },
      };
      controller.current = new Controller(
        container.current,
        style,
        latest.current.ground,
        now,
        latest.current.city,
        latest.current.view,
        relay,
      );
      setState("ready");
      latest.current.onReady(controller.current);
    };
    start().catch(() => {
      // Without WebGL 2, or without a style, there is no map; the rest of the page still works.
      if (gone) return;
      setState("failed");
      latest.current.onFailed();
    });
    const follow = (): void => {
      controller.current?.setScheme(scheme.matches ? "dark" : "light").catch(() => undefined);
    };
    scheme.addEventListener("change", follow);
    return () => {
      gone = true;
      scheme.removeEventListener("change", follow);
      controller.current?.destroy();
      controller.current = null;
    };
  }, [latest]);

  useEffect(() => {
    controller.current?.speak(lang, label);
  }, [state, lang, label]);

  useEffect(() => {
    controller.current?.setPadding(padding);
  }, [state, padding]);

  useEffect(() => {
    controller.current?.draw(overlay);
  }, [state, overlay]);

  return (
    <div className="map" data-state={state}>
      <div ref={container} className="map-canvas" />
      {state === "failed" && (
        <p className="map-failed" role="alert">
          {t.mapFailed}
        </p>
      )}
    </div>
  );
}

/** A ref that always holds the last value, for callbacks that outlive a render. */
function useLatest<T>(value: T): RefObject<T> {
  const ref = useRef(value);
  useEffect(() => {
    ref.current = value;
  });
  return ref;
}
