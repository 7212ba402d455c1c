import type { ReactElement } from "react";

import type { KnownLevel, LocatedDivision } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";
import { formatDistance } from "../i18n/format.ts";

/** The divisions of a place, the largest first, with how near their borders are. */
export function Levels({
  divisions,
  onDivision,
}: {
  divisions: LocatedDivision[];
  /** Opens a division, where there is something to open. */
  onDivision?: (code: string) => void;
}): ReactElement | null {
  const { lang, t } = useI18n();
  if (divisions.length === 0) return null;
  return (
    <ol className="levels">
      {divisions.map(({ level, code, name, quality, distance_to_border_m: border }) => (
        <li key={code}>
          <span className="level-kind">{levelName(t.level, level)}</span>
          <span className="level-name">
            {onDivision === undefined ? (
              name
            ) : (
              <button
                type="button"
                className="link"
                title={t.officesHere}
                onClick={() => {
                  onDivision(code);
                }}
              >
                {name}
              </button>
            )}
            <span
              className={`tag ${quality}`}
              title={quality === "approximate" ? t.approximateNote : undefined}
            >
              {t.quality[quality]}
            </span>
          </span>
          {border != null && <span className="level-border">{t.toBorder(formatDistance(border, lang))}</span>}
        </li>
      ))}
    </ol>
  );
}

/** A city may have a level that the page has no word for; its own key is then better than nothing. */
function levelName(names: Record<KnownLevel, string>, level: string): string {
  return level in names ? names[level as KnownLevel] : level;
}
