import type { ReactElement } from "react";

import type { Category, Datum, Service } from "../api/types.ts";
import { flat, Group } from "./options.tsx";
import { isDay, type AgentState } from "./state.ts";
import { useWords } from "./use-words.ts";

const DATUMS: Datum[] = ["wgs84", "gcj02", "bd09"];
/** As this machine's calendar has it. */
function today(): string {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 10);
}

/** On what an answer depends besides the place: datum, matter, day. */
export function TermsBar({
  state: { crs, category, date },
  categories,
  services,
  onChange,
}: {
  state: AgentState;
  categories: Category[];
  services: Service[];
  onChange: (change: Partial<AgentState>) => void;
}): ReactElement {
  const { words } = useWords();
  return (
    <div className="terms">
      <label>
        <span>{words.crs}</span>
        <select
          aria-label={words.crs}
          value={crs ?? ""}
          onChange={({ target: { value } }) => {
            onChange({ crs: DATUMS.find((datum) => datum === value) ?? null });
          }}
        >
          <option value="">{words.crsUnsaid}</option>
          {DATUMS.map((datum) => (
            <option key={datum} value={datum}>
              {words.datum[datum]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{words.category}</span>
        <select
          aria-label={words.category}
          value={category ?? ""}
          onChange={({ target: { value } }) => {
            onChange({ category: value === "" ? null : value, kind: null });
          }}
        >
          <option value="">{words.anyCategory}</option>
          <Group label={words.categories} rows={flat(categories)} />
          <Group label={words.matters} rows={flat(services)} />
        </select>
      </label>
      <label>
        <span>{words.date}</span>
        <input
          type="date"
          value={date ?? today()}
          onChange={({ target: { value } }) => {
            // Today is left out of the address, so that a link asks as of the day it is opened.
            onChange({ date: isDay(value) && value !== today() ? value : null });
          }}
        />
      </label>
    </div>
  );
}
