import type { View } from "../state/address.ts";
import { MAX_ZOOM } from "../map/scale.ts";

/** Once around the earth at the equator, as web mercator has it. */
const AROUND_M = 40_075_016.686;
/** The map is drawn in tiles of so many pixels. */
const TILE_PX = 512;

/** How many metres a pixel of the map is in its middle. */
export const pixelMetres = ({ zoom, lat }: View): number =>
  (AROUND_M * Math.cos((lat * Math.PI) / 180)) / (TILE_PX * 2 ** zoom);

/** How wide a cell is of which a tile has 2^grid along its side. */
export const cellMetres = ({ zoom, lat }: View, grid: number): number =>
  (AROUND_M * Math.cos((lat * Math.PI) / 180)) / 2 ** (Math.min(Math.floor(zoom), MAX_ZOOM) + grid);
