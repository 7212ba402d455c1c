import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";

import type { Lang } from "../api/types.ts";

const NAME: ExpressionSpecification = ["get", "name"];
const ENGLISH: ExpressionSpecification = ["coalesce", ["get", "name_en"], ["get", "name"]];

/** What a label says: the name in the page's language, where the tiles have one. */
export function labelField(lang: Lang): ExpressionSpecification {
  return lang === "en" ? ENGLISH : NAME;
}

/** The layers of a style that write names (and not counts, say). */
export function nameLayers(layers: readonly LayerSpecification[]): string[] {
  const texts = [NAME, ENGLISH].map((field) => JSON.stringify(field));
  return layers
    .filter(
      ({ layout }) =>
        layout != null && "text-field" in layout && texts.includes(JSON.stringify(layout["text-field"])),
    )
    .map(({ id }) => id);
}
