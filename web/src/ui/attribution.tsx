import type { ReactElement } from "react";

import type { City } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";
import { attributionParts } from "./attribution-parts.ts";

/** Where the map comes from and how far it can be trusted: always in full, on every screen. */
export function Attribution({ city }: { city: City | null }): ReactElement {
  const { lang, t } = useI18n();
  const parts = city === null ? [] : attributionParts(city);
  const note = city?.note?.[lang] ?? "";
  return (
    <footer className="attribution" aria-label={t.attribution}>
      {note !== "" && <span className="attribution-note">{note}</span>}
      {parts.map((part) => (
        <span key={part}>{part}</span>
      ))}
    </footer>
  );
}
