import type { ReactElement } from "react";

import type { Layer, SearchResult } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";
import { formatDistance } from "../i18n/format.ts";
import { CategoryDisc } from "../ui/icon.tsx";
import { segments } from "./highlight.ts";

const LAYER_ICON: Record<Layer, string> = {
  venue: "building",
  address: "marker",
  street: "arrow",
  transit: "rail-metro",
  water: "water",
  neighbourhood: "home",
  localadmin: "town",
  county: "city",
  matter: "information",
};

/** What a suggestion and a search result look like: sign, name, and where it is. */
export function ResultRow({ result }: { result: SearchResult }): ReactElement {
  const { lang, t } = useI18n();
  const { layer, name, county, localadmin, distance, addendum } = result.properties;
  const more = addendum?.servicemap;

  const where = [county, localadmin].filter((part) => part != null && part !== "" && part !== name);
  const facts = [
    layer === "matter" && more?.points !== undefined ? t.points(more.points) : null,
    layer === "venue" && where.length > 0 ? null : t.kind[layer],
    where.length > 0 ? where.join(" ") : null,
  ].filter((fact) => fact !== null);

  return (
    <>
      <CategoryDisc icon={more?.icon ?? LAYER_ICON[layer]} color={more?.color ?? null} />
      <span className="row-text">
        <span className="row-name">
          {segments(name, more?.highlight ?? []).map((segment, i) =>
            segment.matched ? <mark key={i}>{segment.text}</mark> : <span key={i}>{segment.text}</span>,
          )}
        </span>
        <span className="row-facts">
          {facts.join(" · ")}
          {more?.bookable === true && <span className="tag book">{t.bookable}</span>}
        </span>
      </span>
      {distance !== undefined && layer !== "matter" && (
        <span className="row-distance">{formatDistance(distance * 1000, lang)}</span>
      )}
    </>
  );
}
