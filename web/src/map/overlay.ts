/**
 * What the page itself draws over the style: the division that is asked about, the offices that
 * are listed, and the place that is chosen.
 */
import type { Feature, FeatureCollection, Point } from "geojson";
import { GeoJSONSource, type LayerSpecification, type Map as MapLibreMap } from "maplibre-gl";

import type { DivisionFeature, LonLat } from "../api/types.ts";
import type { Scheme } from "./style.ts";

export interface ListedPoint {
  id: string;
  name: string;
  icon: string;
  color: string;
  at: LonLat;
}

export interface OverlayData {
  division: DivisionFeature | null;
  /** The division across the nearest border. */
  neighbour: DivisionFeature | null;
  listed: ListedPoint[] | null;
  /** Where the open card's point, or the place asked about, is. */
  chosen: { at: LonLat; isPoint: boolean; movable?: boolean } | null;
  /** Places of what is listed, numbered from 1; one that is not known keeps its number. */
  pins: (LonLat | null)[];
}

export const NOTHING_DRAWN: OverlayData = {
  division: null,
  neighbour: null,
  listed: null,
  chosen: null,
  pins: [],
};

const SOURCES = ["page-neighbour", "page-division", "page-listed", "page-pins", "page-chosen"] as const;
/** From this zoom on the tiles hold no clusters. */
export const SINGLE_ZOOM = 14;
export const LISTED_LAYER = "page-listed-disc";
export const PIN_LAYER = "page-pin-disc";
export const CHOSEN_LAYER = "page-chosen-halo";

/** The style's own layers of points, which give way while a list is on the map. */
const POINT_LAYERS = ["cluster-disc", "cluster-count", "point-disc", "point-icon", "point-name"];

const INK: Record<Scheme, { division: string; chosen: string; edge: string; text: string }> = {
  light: { division: "#24527a", chosen: "#a8321f", edge: "#ffffff", text: "#22303c" },
  dark: { division: "#8fbce6", chosen: "#ff9078", edge: "#16191d", text: "#e6ebf0" },
};

function layers(scheme: Scheme): { under: LayerSpecification[]; over: LayerSpecification[] } {
  const ink = INK[scheme];
  return {
    under: [
      {
        id: "page-neighbour-fill",
        type: "fill",
        source: "page-neighbour",
        paint: { "fill-color": ink.chosen, "fill-opacity": 0.07 },
      },
      {
        id: "page-neighbour-line",
        type: "line",
        source: "page-neighbour",
        layout: { "line-join": "round" },
        paint: { "line-color": ink.chosen, "line-width": 1.2, "line-opacity": 0.7, "line-dasharray": [1, 2] },
      },
      {
        id: "page-division-fill",
        type: "fill",
        source: "page-division",
        paint: { "fill-color": ink.division, "fill-opacity": 0.12 },
      },
      {
        id: "page-division-line",
        type: "line",
        source: "page-division",
        layout: { "line-join": "round" },
        paint: {
          "line-color": ink.division,
          "line-width": 2,
          // A border that is only estimated is not drawn as if it were surveyed.
          "line-dasharray": [
            "case",
            ["==", ["get", "quality"], "approximate"],
            ["literal", [2, 1.5]],
            ["literal", [1, 0]],
          ],
        },
      },
    ],
    over: [
      {
        id: LISTED_LAYER,
        type: "circle",
        source: "page-listed",
        paint: {
          "circle-color": ["get", "color"],
          "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 6, 13, 11],
          "circle-stroke-color": ink.edge,
          "circle-stroke-width": 1.5,
        },
      },
      {
        id: "page-listed-icon",
        type: "symbol",
        source: "page-listed",
        minzoom: 11,
        layout: {
          "icon-image": ["coalesce", ["image", ["get", "icon"]], ["image", "marker"]],
          "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.7, 13, 0.9],
          "icon-allow-overlap": true,
          "text-field": ["step", ["zoom"], "", 12, ["get", "name"]],
          "text-font": ["Noto Sans SC"],
          "text-size": 12,
          "text-anchor": "top",
          "text-offset": [0, 1.1],
          "text-optional": true,
          "text-max-width": 9,
        },
        paint: {
          "icon-color": "#ffffff",
          "text-color": ink.text,
          "text-halo-color": ink.edge,
          "text-halo-width": 1.5,
        },
      },
      {
        id: CHOSEN_LAYER,
        type: "circle",
        source: "page-chosen",
        paint: {
          "circle-radius": 17,
          "circle-color": ink.chosen,
          "circle-opacity": 0.14,
          "circle-stroke-color": ink.chosen,
          "circle-stroke-width": 2.5,
        },
      },
      {
        id: "page-chosen-dot",
        type: "circle",
        source: "page-chosen",
        // A service point has its own sign there, from the zoom on where points are drawn singly.
        filter: ["any", ["==", ["get", "isPoint"], false], ["<", ["zoom"], SINGLE_ZOOM]],
        paint: {
          "circle-radius": 5,
          "circle-color": ink.chosen,
          "circle-stroke-color": ink.edge,
          "circle-stroke-width": 2,
        },
      },
      {
        id: PIN_LAYER,
        type: "circle",
        source: "page-pins",
        // Of those that lie on each other the first is on top, and its number is the one that is seen.
        layout: { "circle-sort-key": ["-", 0, ["get", "pin"]] },
        paint: {
          "circle-radius": 12,
          "circle-color": ink.division,
          "circle-stroke-color": ink.edge,
          "circle-stroke-width": 2,
        },
      },
      {
        id: "page-pin-number",
        type: "symbol",
        source: "page-pins",
        layout: {
          "text-field": ["to-string", ["get", "pin"]],
          "text-font": ["Noto Sans SC"],
          "text-size": 13,
          "symbol-sort-key": ["get", "pin"],
          "text-padding": 4,
        },
        paint: { "text-color": ink.edge },
      },
    ],
  };
}

const collection = (features: Feature[]): FeatureCollection => ({ type: "FeatureCollection", features });

const point = ([lon, lat]: LonLat, properties: Record<string, unknown>): Feature<Point> => ({
  type: "Feature",
  geometry: { type: "Point", coordinates: [lon, lat] },
  properties,
});

/** Adds the overlay to a style that has just been loaded. */
export function addOverlay(map: MapLibreMap, scheme: Scheme): void {
  for (const id of SOURCES) {
    if (map.getSource(id) === undefined) map.addSource(id, { type: "geojson", data: collection([]) });
  }
  const firstLabel = map.getStyle().layers.find((layer) => layer.type === "symbol")?.id;
  const { under, over } = layers(scheme);
  for (const layer of under) if (map.getLayer(layer.id) === undefined) map.addLayer(layer, firstLabel);
  for (const layer of over) if (map.getLayer(layer.id) === undefined) map.addLayer(layer);
}

export function drawOverlay(map: MapLibreMap, overlay: OverlayData): void {
  const { division, neighbour, listed, chosen, pins } = overlay;
  const set = (id: (typeof SOURCES)[number], features: Feature[]): void => {
    const source = map.getSource(id);
    if (source instanceof GeoJSONSource) void source.setData(collection(features));
  };
  set("page-neighbour", neighbour?.geometry == null ? [] : [neighbour as Feature]);
  set(
    "page-pins",
    pins.flatMap((at, i) => (at === null ? [] : [point(at, { pin: i + 1 })])),
  );
  set("page-division", division?.geometry == null ? [] : [division as Feature]);
  set(
    "page-listed",
    (listed ?? []).map(({ at, ...properties }) => point(at, properties)),
  );
  set("page-chosen", chosen === null ? [] : [point(chosen.at, { isPoint: chosen.isPoint })]);
  for (const id of POINT_LAYERS) {
    if (map.getLayer(id) !== undefined)
      map.setLayoutProperty(id, "visibility", listed === null ? "visible" : "none");
  }
}
