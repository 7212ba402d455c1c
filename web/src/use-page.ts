import { useCallback, useEffect, useState } from "react";

import type { City } from "./api/types.ts";
import type { MapController } from "./map/controller.ts";
import { wholeCity, type Look } from "./map/look.ts";
import type { View } from "./state/address.ts";
import { useAddress, type Notation } from "./state/use-address.ts";

/** What every page with a map keeps: its state, which is its address, and where the map looks. */
export interface Page<State> {
  state: State;
  /** Counts the steps made with the browser's back and forward. */
  travels: number;
  /** Where the map looks, once there is one or it is known that there will be none. */
  look: Look | null;
  map: MapController | null;
  /** A step the visitor can go back from. It keeps where the map looked, so that a link or a way
   * back shows the same. */
  go: (change: Partial<State>) => void;
  /** The same without a look at the map; it stays the same function. */
  step: (change: Partial<State>) => void;
  /** A change that is no step of its own. */
  amend: (change: Partial<State>) => void;
  onMove: (look: Look) => void;
  onReady: (map: MapController) => void;
  /** There will be no map. */
  onFailed: (city: City) => void;
}

/** `notation` must stay the same. */
export function usePage<State extends { view: View | null }>(notation: Notation<State>): Page<State> {
  const { state, travels, go: step, amend } = useAddress(notation);
  const [look, setLook] = useState<Look | null>(null);
  const [map, setMap] = useState<MapController | null>(null);
  const { view } = state;

  useEffect(() => {
    if (travels > 0 && view !== null) map?.jump(view);
    // Only a step back or forward moves the map to the address; else the address follows the map.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [map, travels]);

  const at = look?.view ?? view;
  const onReady = useCallback((controller: MapController) => {
    setMap(controller);
    setLook(controller.look());
  }, []);
  return {
    state,
    travels,
    look,
    map,
    go: (change) => {
      step({ view: at, ...change });
    },
    step,
    amend,
    onMove: (next) => {
      setLook(next);
      amend({ view: next.view } as Partial<State>);
    },
    onReady,
    onFailed: (city) => {
      setLook(wholeCity(city));
    },
  };
}
