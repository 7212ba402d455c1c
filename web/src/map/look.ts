import type { Bounds, City, LonLat } from "../api/types.ts";
import type { View } from "../state/address.ts";

/** Where the map looks. */
export interface Look {
  view: View;
  center: LonLat;
  bounds: Bounds;
}

/** Without a map one looks at the whole city. */
export function wholeCity({ center, zoom, bounds }: City): Look {
  const [lon, lat] = center;
  return { view: { zoom, lon, lat }, center, bounds };
}
