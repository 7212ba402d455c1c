import { useState, type ReactElement } from "react";

import type { Category } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";
import { MakiIcon } from "./icon.tsx";

/** So many fit in two rows; beside a card one row has to do. */
const SHOWN = 7;
const SHOWN_BRIEFLY = 3;

/** The top groups of categories, as a row of switches. */
export function CategoryChips({
  categories,
  chosen,
  brief,
  onChoose,
}: {
  categories: Category[];
  chosen: string | null;
  /** Leave the room to a card. */
  brief: boolean;
  onChoose: (code: string | null) => void;
}): ReactElement | null {
  const { t } = useI18n();
  const [all, setAll] = useState(false);
  const filled = categories.filter(({ points }) => points > 0);
  if (filled.length === 0) return null;
  const count = brief ? SHOWN_BRIEFLY : SHOWN;
  const shown = filled.filter(({ code }, i) => all || i < count || code === chosen);
  return (
    <nav className="chips" aria-label={t.categories}>
      {shown.map(({ code, name, icon, color }) => (
        <button
          key={code}
          type="button"
          className="chip"
          aria-pressed={code === chosen}
          style={{ "--chip": color }}
          onClick={() => {
            onChoose(code === chosen ? null : code);
          }}
        >
          <MakiIcon name={icon} />
          {name}
        </button>
      ))}
      {filled.length > count && (
        <button
          type="button"
          className="chip more"
          aria-expanded={all}
          onClick={() => {
            setAll(!all);
          }}
        >
          {all ? t.less : t.more}
        </button>
      )}
    </nav>
  );
}
