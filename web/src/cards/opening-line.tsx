import type { ReactElement } from "react";

import type { Opening } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";
import { formatClock } from "../i18n/format.ts";

/** Whether an office is open now; not knowing is said, never guessed. */
export function OpeningLine({ open, hours }: { open: Opening; hours: string | null }): ReactElement {
  const { lang, t } = useI18n();
  if (open.state === "unknown") {
    return (
      <p className="opening unknown">
        <strong>
          {open.reason == null || open.reason === "no_hours" ? t.unknownHours : t.openReason[open.reason]}
        </strong>
        <span>{t.unknownHoursHint}</span>
        {hours !== null && <span className="hours">{hours}</span>}
      </p>
    );
  }
  const next = open.state === "open" ? open.until : open.next_open;
  return (
    <p className={`opening ${open.state}`}>
      <strong>{open.state === "open" ? t.open : t.closed}</strong>
      {next != null && (
        <span>
          {open.state === "open" ? t.until(formatClock(next, lang)) : t.nextOpen(formatClock(next, lang))}
        </span>
      )}
      {open.reason != null && <span>{t.openReason[open.reason]}</span>}
      {hours !== null && <span className="hours">{hours}</span>}
    </p>
  );
}
