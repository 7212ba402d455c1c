import type { SearchResult } from "../api/types.ts";
import type { PageState } from "../state/url.ts";

/** A state of the page without anything chosen; the language and the map's view stay. */
export const NOTHING_CHOSEN = {
  text: null,
  category: null,
  service: null,
  division: null,
  point: null,
  at: null,
} satisfies Partial<PageState>;

/** Where choosing a search result leads. */
export function chosen({ properties, geometry }: SearchResult): Partial<PageState> {
  const more = properties.addendum?.servicemap;
  if (properties.layer === "matter")
    return { ...NOTHING_CHOSEN, service: more?.matter ?? properties.source_id };
  if (properties.layer === "county" || properties.layer === "localadmin") {
    return { ...NOTHING_CHOSEN, division: properties.source_id };
  }
  if (properties.layer === "venue" && more?.kind === "point") {
    return { ...NOTHING_CHOSEN, point: properties.source_id };
  }
  // Any other place is where somebody stands: what matters is who is responsible there.
  const [lon, lat] = geometry?.coordinates ?? [];
  return lon === undefined || lat === undefined ? NOTHING_CHOSEN : { ...NOTHING_CHOSEN, at: [lon, lat] };
}
