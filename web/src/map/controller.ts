/**
 * The map, behind the few things that the page asks of it. React never touches MapLibre: it says
 * what is to be seen, and hears what was clicked.
 */
import {
  Map as MapLibreMap,
  setWorkerUrl,
  type MapMouseEvent,
  type MapTouchEvent,
  type StyleSpecification,
} from "maplibre-gl";
// The worker as a file of our own origin: no `blob:` in the content security policy.
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

import type { Bounds, City, Lang, LonLat } from "../api/types.ts";
import type { View } from "../state/address.ts";
import { grown } from "./bounds.ts";
import {
  addOverlay,
  CHOSEN_LAYER,
  drawOverlay,
  LISTED_LAYER,
  NOTHING_DRAWN,
  PIN_LAYER,
  SINGLE_ZOOM,
  type OverlayData,
} from "./overlay.ts";
import { labelField, nameLayers } from "./labels.ts";
import type { Look } from "./look.ts";
import { loadStyle, type Ground, type Scheme } from "./style.ts";

setWorkerUrl(workerUrl);

export interface MapEvents {
  onPoint: (id: string, at: LonLat) => void;
  /** A numbered pin was chosen. */
  onPin?: (index: number) => void;
  onPlace: (at: LonLat) => void;
  onMove: (look: Look) => void;
}

/** How much of the map is under the page's panels, in pixels. */
export interface Padding {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

const DRAGS = [
  ["mousedown", "mousemove", "mouseup"],
  ["touchstart", "touchmove", "touchend"],
] as const;
const CLICKABLE = [PIN_LAYER, LISTED_LAYER, "point-disc", "cluster-disc"];
/** Fingers are wider than arrows: a click counts for what is this near. */
const REACH_PX = 7;

export class MapController {
  readonly #map: MapLibreMap;
  readonly #events: MapEvents;
  readonly #ground: Ground;
  #scheme: Scheme;
  #overlay: OverlayData = NOTHING_DRAWN;
  #lang: Lang = "zh";
  /** Whether there is a style to draw on; when one has loaded, what is then current is drawn. */
  #styled = false;
  #padding: Padding = { top: 0, right: 0, bottom: 0, left: 0 };

  constructor(
    container: HTMLElement,
    style: StyleSpecification,
    ground: Ground,
    scheme: Scheme,
    city: City,
    view: View | null,
    events: MapEvents,
  ) {
    this.#events = events;
    this.#ground = ground;
    this.#scheme = scheme;
    const [lon, lat] = view === null ? city.center : [view.lon, view.lat];
    this.#map = new MapLibreMap({
      container,
      style,
      center: [lon, lat],
      zoom: view?.zoom ?? city.zoom,
      // Far enough out to see the city as a whole beside the panels, and no further.
      maxBounds: [...grown(city.bounds, 1.2)] as [number, number, number, number],
      maxZoom: 18.5,
      // The page writes the sources itself, always in full.
      attributionControl: false,
      // A city's map lies flat and north is up: one thing less that can go wrong.
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 150,
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();

    this.#map.on("style.load", () => {
      this.#styled = true;
      addOverlay(this.#map, this.#scheme);
      drawOverlay(this.#map, this.#overlay);
      this.#writeLabels();
    });
    // Says on the page when everything is drawn, for whoever waits for a picture.
    this.#map.on("idle", () => {
      container.dataset.drawn = "true";
    });
    this.#map.on("dataloading", () => {
      delete container.dataset.drawn;
    });
    this.#map.on("moveend", () => {
      this.#events.onMove(this.look());
    });
    this.#map.on("click", (event) => {
      this.#click(event);
    });
    this.#map.on("mousemove", (event) => {
      const style = this.#map.getCanvas().style;
      style.cursor = this.#holds(event) ? "grab" : this.#under(event) === null ? "" : "pointer";
    });
    for (const [start, move, end] of DRAGS) {
      this.#map.on(start, (event) => {
        if (this.#holds(event)) this.#drag(event, move, end);
      });
    }
    this.#map.getCanvas().addEventListener("keydown", (event) => {
      // Without a mouse the middle of the map is what one points at.
      if (event.key === "Enter") this.#events.onPlace(this.look().center);
    });
  }

  look(): Look {
    const { lng, lat } = this.#map.getCenter();
    const box = this.#map.getBounds();
    const bounds: Bounds = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
    const center: LonLat = [lng, lat];
    return {
      view: { zoom: this.#map.getZoom(), lat, lon: lng },
      center,
      bounds,
    };
  }

  /** The language of the labels, and what the map is called to those who do not see it. */
  speak(lang: Lang, title: string): void {
    this.#lang = lang;
    this.#map.getCanvas().setAttribute("aria-label", title);
    if (this.#styled) this.#writeLabels();
  }

  setPadding(padding: Padding): void {
    this.#padding = padding;
  }

  draw(overlay: OverlayData): void {
    this.#overlay = overlay;
    if (this.#styled) drawOverlay(this.#map, overlay);
  }

  async setScheme(scheme: Scheme): Promise<void> {
    if (scheme === this.#scheme) return;
    this.#scheme = scheme;
    const style = await loadStyle(this.#ground, scheme);
    this.#styled = false;
    this.#map.setStyle(style, { diff: false });
  }

  zoomBy(steps: number): void {
    this.#map.easeTo({ zoom: this.#map.getZoom() + steps, duration: 250 });
  }

  /** Goes to a place, unless it can be seen well already. */
  show(at: LonLat, zoom: number | null): void {
    const { x, y } = this.#map.project([at[0], at[1]]);
    const { clientWidth, clientHeight } = this.#map.getContainer();
    const margin = 40;
    const seen =
      x > this.#padding.left + margin &&
      x < clientWidth - this.#padding.right - margin &&
      y > this.#padding.top + margin &&
      y < clientHeight - this.#padding.bottom - margin;
    const target = Math.max(this.#map.getZoom(), zoom ?? 0);
    if (seen && this.#map.getZoom() >= target - 2) return;
    this.#map.flyTo({ center: [at[0], at[1]], zoom: target, offset: this.#offset(), maxDuration: 1600 });
  }

  fit([west, south, east, north]: Bounds): void {
    const { top, right, bottom, left } = this.#padding;
    const margin = 32;
    this.#map.fitBounds([west, south, east, north], {
      padding: { top: top + margin, right: right + margin, bottom: bottom + margin, left: left + margin },
      maxZoom: 15,
      maxDuration: 1200,
    });
  }

  jump({ zoom, lat, lon }: View): void {
    this.#map.jumpTo({ center: [lon, lat], zoom });
  }

  destroy(): void {
    this.#map.remove();
  }

  #writeLabels(): void {
    for (const id of nameLayers(this.#map.getStyle().layers)) {
      this.#map.setLayoutProperty(id, "text-field", labelField(this.#lang));
    }
  }

  /** From the middle of the map to the middle of what is free of panels. */
  #offset(): [number, number] {
    const { top, right, bottom, left } = this.#padding;
    return [(left - right) / 2, (top - bottom) / 2];
  }

  /** Whether the pointer is on the mark of the chosen place, and that may be moved. */
  #holds({ point }: MapMouseEvent | MapTouchEvent): boolean {
    if (this.#overlay.chosen?.movable !== true || this.#map.getLayer(CHOSEN_LAYER) === undefined)
      return false;
    return this.#map.queryRenderedFeatures(point, { layers: [CHOSEN_LAYER] }).length > 0;
  }

  /** Moves the mark with the pointer, and asks about where it is let go. */
  #drag(
    event: MapMouseEvent | MapTouchEvent,
    move: "mousemove" | "touchmove",
    end: "mouseup" | "touchend",
  ): void {
    event.preventDefault();
    let at: LonLat | null = null;
    const onMove = ({ lngLat: { lng, lat } }: MapMouseEvent | MapTouchEvent): void => {
      at = [lng, lat];
      this.draw({ ...this.#overlay, chosen: { at, isPoint: false, movable: true } });
    };
    this.#map.on(move, onMove);
    void this.#map.once(end, () => {
      this.#map.off(move, onMove);
      if (at !== null) this.#events.onPlace(at);
    });
  }

  #under({
    point,
  }: MapMouseEvent): { id: string | null; pin: number | null; count: number; at: LonLat } | null {
    const layers = CLICKABLE.filter((id) => this.#map.getLayer(id) !== undefined);
    const features = this.#map.queryRenderedFeatures(
      [
        [point.x - REACH_PX, point.y - REACH_PX],
        [point.x + REACH_PX, point.y + REACH_PX],
      ],
      { layers },
    );
    let best: { id: string | null; pin: number | null; count: number; at: LonLat } | null = null;
    let nearest = Infinity;
    for (const { geometry, properties } of features) {
      if (geometry.type !== "Point") continue;
      const [lon, lat] = geometry.coordinates;
      if (lon === undefined || lat === undefined) continue;
      const distance = this.#map.project([lon, lat]).dist(point);
      if (distance >= nearest) continue;
      const { id, pin, point_count: count } = properties as Record<string, unknown>;
      nearest = distance;
      best = {
        pin: typeof pin === "number" ? pin : null,
        id: typeof id === "string" || typeof id === "number" ? String(id) : null,
        count: typeof count === "number" ? count : 1,
        at: [lon, lat],
      };
    }
    return best;
  }

  #click(event: MapMouseEvent): void {
    const hit = this.#under(event);
    if (hit === null) {
      this.#events.onPlace([event.lngLat.lng, event.lngLat.lat]);
    } else if (hit.pin !== null) {
      this.#events.onPin?.(hit.pin);
    } else if (hit.id !== null && hit.count <= 1) {
      this.#events.onPoint(hit.id, hit.at);
    } else {
      const zoom = this.#map.getZoom();
      this.#map.easeTo({
        center: [hit.at[0], hit.at[1]],
        // Two levels split a cluster's cell in sixteen.
        zoom: Math.min(zoom + 2, Math.max(SINGLE_ZOOM, zoom + 1)),
        offset: this.#offset(),
        duration: 500,
      });
    }
  }
}
