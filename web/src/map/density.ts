/**
 * Counts as colours: one frame is shown, and the next is made ready behind it, so that nothing
 * flickers when it comes forward. Each frame has a source of its own; when it is dropped, what it
 * still waits for is not fetched.
 */
import type {
  ExpressionSpecification,
  LayerSpecification,
  Map as MapLibreMap,
  MapSourceDataEvent,
} from "maplibre-gl";

import { breaksOf, coloursOf, heatOf, MAX_ZOOM, RAMP, roundUp } from "./scale.ts";
import type { Scheme } from "./style.ts";

/** What is to be seen. */
export interface DensityFrame {
  /** Address of the tiles, with `{z}`, `{x}` and `{y}`. */
  tiles: string;
  layer: "heat" | "cell";
  /** Frames of one subject have one scale, so that they can be compared. */
  subject: string;
}

/** What the colours stand for. */
export type Scale =
  | { layer: "cell"; breaks: number[]; scheme: Scheme }
  | {
      layer: "heat";
      breaks: number[];
      /** How far a ticket reaches on the map, in pixels. */
      radius: number;
      scheme: Scheme;
    };

export interface DensityEvents {
  onScale?: (scale: Scale) => void;
  /** Tiles of what is shown did not come. */
  onFault?: () => void;
}

/** The layer of the tiles. */
const LAYER = "density";
const HEAT_RADIUS = 22;
/** The height of the bell that the map library puts over each point. */
const BELL = 0.3989422804014327;
const OPACITY = { heat: 0.82, cell: 0.74 };

interface Held {
  id: string;
  frame: DensityFrame;
  ready: Promise<void>;
  /** Takes it from the map, and ends what still waits for it. */
  drop: () => void;
}

export class DensityFrames {
  readonly #map: MapLibreMap;
  readonly #frames = new Map<string, Held>();
  readonly #events: DensityEvents;
  #shown: Held | null = null;
  #scheme: Scheme;
  #count = 0;
  /** The largest count that has been seen, and of what. */
  #peak = { of: "", value: 1 };
  #told = "";

  constructor(map: MapLibreMap, scheme: Scheme, events: DensityEvents) {
    this.#map = map;
    this.#scheme = scheme;
    this.#events = events;
    map.on("idle", () => {
      this.#measure();
    });
    // Whoever listens is told all errors, and the map library then logs none.
    map.on("error", (event) => {
      const { sourceId } = event as { sourceId?: string };
      if (sourceId?.startsWith(LAYER) === true) this.#events.onFault?.();
      else reportError(event.error);
    });
  }

  /**
   * Loads the tiles of a frame behind the one that is shown; any other that was made ready is
   * dropped. Fails only when the frame is dropped.
   */
  prepare(frame: DensityFrame): Promise<void> {
    const name = nameOf(frame);
    for (const [other, held] of this.#frames) if (other !== name && held !== this.#shown) held.drop();
    return (this.#frames.get(name) ?? this.#add(frame)).ready;
  }

  /** Brings a frame forward that is ready, and drops the one before. */
  show(frame: DensityFrame): void {
    const held = this.#frames.get(nameOf(frame));
    if (held === undefined || held === this.#shown) return;
    const before = this.#shown;
    this.#shown = held;
    const forward = (): void => {
      if (this.#shown === held && this.#map.getLayer(held.id) !== undefined) this.#reveal(held);
      before?.drop();
    };
    // Where its colours change it is drawn anew before it can be seen.
    if (this.#measure()) void this.#map.once("idle", forward);
    else forward();
  }

  #reveal({ id, frame: { layer } }: Held): void {
    this.#map.setPaintProperty(id, layer === "heat" ? "heatmap-opacity" : "fill-opacity", OPACITY[layer]);
  }

  /** Nothing is to be seen. */
  clear(): void {
    this.#shown = null;
    for (const held of this.#frames.values()) held.drop();
  }

  /** A style has been loaded, which knows nothing of the frames. */
  restore(scheme: Scheme): void {
    this.#scheme = scheme;
    const frame = this.#shown?.frame;
    this.clear();
    if (frame === undefined) return;
    this.prepare(frame).then(
      () => {
        this.show(frame);
      },
      () => undefined,
    );
  }

  #add(frame: DensityFrame): Held {
    const map = this.#map;
    const id = `${LAYER}-${String((this.#count += 1))}`;
    map.addSource(id, { type: "vector", tiles: [frame.tiles], maxzoom: MAX_ZOOM });
    map.addLayer(this.#layer(id, frame), map.getStyle().layers.find(({ type }) => type === "symbol")?.id);
    let end = (): void => undefined;
    const ready = new Promise<void>((resolve, reject) => {
      const onData = ({ sourceId }: MapSourceDataEvent): void => {
        if (sourceId !== id || !map.isSourceLoaded(id)) return;
        map.off("sourcedata", onData);
        resolve();
      };
      map.on("sourcedata", onData);
      end = () => {
        map.off("sourcedata", onData);
        reject(new DOMException("another frame is wanted", "AbortError"));
      };
    });
    ready.catch(() => undefined);
    const drop = (): void => {
      end();
      this.#frames.delete(nameOf(frame));
      if (map.getLayer(id) !== undefined) map.removeLayer(id);
      if (map.getSource(id) !== undefined) map.removeSource(id);
    };
    const held = { id, frame, ready, drop };
    this.#frames.set(nameOf(frame), held);
    return held;
  }

  #layer(id: string, { layer }: DensityFrame): LayerSpecification {
    const common = { id, source: id, "source-layer": LAYER };
    if (layer === "cell") {
      return {
        ...common,
        type: "fill",
        paint: {
          "fill-color": this.#fill(),
          "fill-opacity": 0,
          "fill-opacity-transition": { duration: 0 },
          "fill-antialias": false,
        },
      };
    }
    return {
      ...common,
      type: "heatmap",
      paint: {
        "heatmap-weight": this.#weight(),
        "heatmap-radius": HEAT_RADIUS,
        "heatmap-color": this.#heat(),
        "heatmap-opacity": 0,
        "heatmap-opacity-transition": { duration: 0 },
      },
    };
  }

  #fill(): ExpressionSpecification | string {
    const breaks = breaksOf(this.#peak.value);
    const [first = "", ...rest] = coloursOf(breaks.length, RAMP[this.#scheme]);
    if (rest.length === 0) return first;
    const steps = rest.flatMap((colour, i) => [breaks[i + 1] ?? 0, colour]);
    return ["step", ["get", "count"], first, ...steps] as ExpressionSpecification;
  }

  #heat(): ExpressionSpecification {
    return heatColour(roundUp(this.#peak.value), this.#scheme);
  }

  /** So that the heat of the hottest spot is 1. */
  #weight(): ExpressionSpecification {
    return ["*", ["get", "count"], 1 / (BELL * roundUp(this.#peak.value))];
  }

  /** Looks how large the counts are that are shown, and colours by that; whether that is new. */
  #measure(): boolean {
    if (this.#shown === null || this.#map.getSource(this.#shown.id) === undefined) return false;
    const { id, frame } = this.#shown;
    const of = `${frame.subject} ${frame.layer} ${String(Math.floor(this.#map.getZoom()))}`;
    const here = this.#peakOf(id, frame.layer);
    // As long as it is of the same a scale only grows: frames that follow can be compared.
    const value = Math.max(1, here, this.#peak.of === of ? this.#peak.value : 0);
    const changed = this.#colours(value) !== this.#colours(this.#peak.value);
    this.#peak = { of, value };
    if (changed) {
      for (const held of this.#frames.values()) {
        if (held.frame.layer === "cell") {
          this.#map.setPaintProperty(held.id, "fill-color", this.#fill());
        } else {
          this.#map.setPaintProperty(held.id, "heatmap-weight", this.#weight());
          this.#map.setPaintProperty(held.id, "heatmap-color", this.#heat());
        }
      }
    }
    this.#tell(frame.layer);
    return changed;
  }

  #colours(peak: number): string {
    return [roundUp(peak), ...breaksOf(peak)].join(" ");
  }

  #tell(layer: DensityFrame["layer"]): void {
    const scheme = this.#scheme;
    const scale: Scale =
      layer === "cell"
        ? { layer, breaks: breaksOf(this.#peak.value), scheme }
        : { layer, breaks: breaksOf(roundUp(this.#peak.value)), radius: HEAT_RADIUS, scheme };
    const text = JSON.stringify(scale);
    if (text === this.#told) return;
    this.#told = text;
    this.#events.onScale?.(scale);
  }

  #peakOf(id: string, layer: DensityFrame["layer"]): number {
    const features = this.#map.querySourceFeatures(id, { sourceLayer: LAYER });
    const counts = features.map(({ properties }) => Number((properties as { count?: unknown }).count));
    if (layer === "cell") return counts.reduce((peak, count) => Math.max(peak, count), 0);
    const spots = features.flatMap(({ geometry }, i) => {
      if (geometry.type !== "Point") return [];
      const [lon = 0, lat = 0] = geometry.coordinates;
      const { x, y } = this.#map.project([lon, lat]);
      return [{ x, y, count: counts[i] ?? 0 }];
    });
    return heatOf(spots, HEAT_RADIUS);
  }
}

const nameOf = ({ tiles, layer }: DensityFrame): string => `${layer} ${tiles}`;

/** Colours by how hot it is, where `top` is 1; below the first one they fade out. */
function heatColour(top: number, scheme: Scheme): ExpressionSpecification {
  const breaks = breaksOf(top);
  const colours = coloursOf(breaks.length, RAMP[scheme]);
  const stops = breaks.flatMap((at, i) => [at / top, colours[i] ?? ""]);
  const faded = `${colours[0] ?? ""}00`;
  return ["interpolate", ["linear"], ["heatmap-density"], 0, faded, ...stops] as ExpressionSpecification;
}
