import type { ReactElement, ReactNode } from "react";

import type { PointList, PointRow, SearchResult } from "../api/types.ts";
import type { Resource } from "../api/use-resource.ts";
import { useI18n } from "../i18n/context.tsx";
import { formatDistance } from "../i18n/format.ts";
import { ResultRow } from "../search/result-row.tsx";
import { Card } from "../ui/card.tsx";
import { CategoryDisc } from "../ui/icon.tsx";
import { Failure, Loading } from "../ui/notice.tsx";

/** How many rows stand beside the map; the map itself shows all that were answered. */
const ROWS = 60;

/** A list of offices: of a category, of a matter, or of a division. */
export function OfficeList({
  title,
  lead,
  points,
  scope,
  onClose,
  onPoint,
  onWiden,
}: {
  title: string;
  lead?: ReactNode;
  points: Resource<PointList> & { retry: () => void };
  /** What the number counts. */
  scope: "view" | "division";
  onClose: () => void;
  onPoint: (id: string) => void;
  onWiden: () => void;
}): ReactElement {
  const { t } = useI18n();
  const rows = points.value?.features.slice(0, ROWS) ?? [];
  const total = points.value?.numberMatched ?? 0;
  const count =
    scope === "division"
      ? t.inDivision(total)
      : total > rows.length
        ? t.inViewFirst(total, rows.length)
        : t.inView(total);
  return (
    <Card key={title} title={title} lead={lead} onClose={onClose}>
      {points.status === "failed" && <Failure problem={points.problem} retry={points.retry} />}
      {points.status === "loading" && <Loading />}
      {points.status === "ready" && (
        <>
          <p className="list-count" role="status">
            {total === 0 && scope === "view" ? t.noneInView : count}
          </p>
          {total === 0 && scope === "view" && (
            <button type="button" className="button" onClick={onWiden}>
              {t.widen}
            </button>
          )}
          <ul className="rows">
            {rows.map((row) => (
              <li key={row.properties.id}>
                <button
                  type="button"
                  className="row"
                  onClick={() => {
                    onPoint(row.properties.id);
                  }}
                >
                  <OfficeRow row={row} />
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

function OfficeRow({ row: { properties } }: { row: PointRow }): ReactElement {
  const { lang, t } = useI18n();
  const { name, category, divisions, open, bookable, distance } = properties;
  const where = [divisions?.county?.name, divisions?.localadmin?.name]
    .filter((part) => part != null)
    .join(" ");
  return (
    <>
      <CategoryDisc icon={category?.icon ?? "marker"} color={category?.color ?? null} />
      <span className="row-text">
        <span className="row-name">{name}</span>
        <span className="row-facts">
          {where}
          {open?.state === "open" && <span className="tag open">{t.open}</span>}
          {open?.state === "closed" && <span className="tag closed">{t.closed}</span>}
          {bookable === true && <span className="tag book">{t.bookable}</span>}
        </span>
      </span>
      {distance !== undefined && <span className="row-distance">{formatDistance(distance, lang)}</span>}
    </>
  );
}

/** The answer to a submitted search. */
export function SearchList({
  text,
  results,
  onClose,
  onChoose,
}: {
  text: string;
  results: Resource<SearchResult[]> & { retry: () => void };
  onClose: () => void;
  onChoose: (result: SearchResult) => void;
}): ReactElement {
  const { t } = useI18n();
  return (
    <Card key={text} title={t.resultsFor(text)} onClose={onClose}>
      {results.status === "failed" && <Failure problem={results.problem} retry={results.retry} />}
      {results.status === "loading" && <Loading />}
      {results.status === "ready" && results.value.length === 0 && (
        <p className="notice">{t.noSuggestions}</p>
      )}
      <ul className="rows">
        {results.value?.map((result) => (
          <li key={result.properties.gid}>
            <button
              type="button"
              className="row"
              onClick={() => {
                onChoose(result);
              }}
            >
              <ResultRow result={result} />
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
