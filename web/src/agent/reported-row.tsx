import type { ReactElement } from "react";

import type { LonLat } from "../api/types.ts";
import { formatDay, formatDistance } from "../i18n/format.ts";
import { SYNTHETIC } from "../tickets/status.ts";
import type { Joining } from "./call.ts";
import { notAdded } from "./not-added.ts";
import { countOf, dayOf, reasonsOf, type Reported } from "./reported.ts";
import { useWords } from "./use-words.ts";

/** Keys have one digit. */
const WITH_KEYS = 9;

/** Where the row of a number is, for whoever chooses it on the map. */
export const rowId = (number: number): string => `reported-${String(number)}`;

/** A trouble that was reported: enough to tell whether it is the caller's, and to read out. */
export function ReportedRow({
  row,
  number,
  cut,
  joining,
  onLook,
  onJoin,
}: {
  row: Reported;
  /** From 1, as on the map. */
  number: number;
  /** Whether there are tickets that are not listed, which may belong to it too. */
  cut: boolean;
  joining: Joining | null;
  onLook: (at: LonLat) => void;
  onJoin: () => void;
}): ReactElement {
  const { lang, words } = useWords();
  const { first, at } = row;
  const { status, texts, steps } = first;
  const name = first.category_name ?? first.category;
  const day = (value: string): string => formatDay(dayOf(value), lang);
  const callers = countOf(row, joining?.status === "added" ? [joining.id] : []);
  const facts = [
    formatDistance(first.distance, lang),
    words.filed(day(steps.requested)),
    steps.closed === null ? null : words.closedOn(day(steps.closed)),
    first.promised_on === null ? null : words.promised(day(first.promised_on)),
    callers > 1 ? words.callers(callers, cut) : null,
  ].filter((fact) => fact !== null);
  const settled = status === "closed" || status === "responded";

  return (
    <li className="report" id={rowId(number)} tabIndex={-1}>
      <button
        type="button"
        className="pin"
        data-key={number <= WITH_KEYS ? String(number) : undefined}
        aria-keyshortcuts={number <= WITH_KEYS ? String(number) : undefined}
        aria-label={words.showOnMap(number, name)}
        disabled={at === null}
        onClick={() => {
          if (at !== null) onLook(at);
        }}
      >
        {number}
      </button>
      <div className="report-text">
        <p className="report-name">
          {name}
          <span className={`tag ${settled ? "open" : "closed"}`}>{words.statuses[status]}</span>
          {reasonsOf(first).map((reason) => (
            <span key={reason} className="tag">
              {words.reason[reason]}
            </span>
          ))}
          {first.source === SYNTHETIC && (
            <span className="synthetic" title={words.syntheticNote}>
              {words.synthetic}
            </span>
          )}
        </p>
        {texts.description !== null && <p className="report-said">{texts.description}</p>}
        {texts.address !== null && <p className="faint">{texts.address}</p>}
        {texts.response !== null && <p className="report-said">{words.answered(texts.response)}</p>}
        <div className="report-end">
          <p className="report-facts">
            {facts.map((fact) => (
              <span key={fact}>{fact}</span>
            ))}
          </p>
          <Join name={name} joining={joining} onJoin={onJoin} />
        </div>
      </div>
    </li>
  );
}

/** Adds the caller, and says what became of that. */
function Join({
  name,
  joining,
  onJoin,
}: {
  name: string;
  joining: Joining | null;
  onJoin: () => void;
}): ReactElement {
  const { words } = useWords();
  const sending = joining?.status === "sending";
  return (
    <>
      {joining?.status !== "added" && (
        <button
          type="button"
          className="button quiet"
          aria-label={words.joinTo(name)}
          // Not `disabled`, which would take the focus away.
          aria-disabled={sending}
          onClick={onJoin}
        >
          {sending ? words.joining : words.join}
        </button>
      )}
      <p role="status" className={joining?.status === "added" ? "joined" : "off-screen"}>
        {joining?.status === "added" &&
          (joining.changed ? words.joined(joining.id) : words.joinedBefore(joining.id))}
        {sending && words.joining}
      </p>
      {joining?.status === "failed" && (
        <p className="notice" role="alert">
          {notAdded(joining.problem, words)}
        </p>
      )}
    </>
  );
}
