import type { ReactElement } from "react";

import type { Service } from "../api/types.ts";
import { STATUSES } from "../tickets/status.ts";
import { CategoryTree, Choices, Facet } from "./facets.tsx";
import type { Answers } from "./questions.ts";
import { Rhythm } from "./rhythm.tsx";
import { GRIDS, LAYERS, NO_FILTER, type AnalystState } from "./state.ts";
import { treeOf, type Kind } from "./tree.ts";
import { useWords } from "./use-words.ts";

/** The one total, and everything by which it can be made smaller. */
export function AnalystPanel({
  state,
  services,
  answers,
  settled,
  playing,
  onChange,
  onForget,
}: {
  state: AnalystState;
  services: readonly Service[];
  answers: Answers;
  /** Whether the answers are those of the state. */
  settled: boolean;
  /** Then what changes is not read out. */
  playing: boolean;
  onChange: (change: Partial<AnalystState>) => void;
  /** Another key is to be used. */
  onForget: () => void;
}): ReactElement {
  const { words, count } = useWords();
  const { total, unplaced, synthetic } = answers;
  const tree = treeOf(services, answers.categories, state.categories);
  const named = (
    kinds: readonly Kind[],
    names: Readonly<Record<string, string>>,
    chosen: readonly string[],
  ) => {
    const rows = kinds.flatMap(({ code, count }) =>
      code === null ? [] : [{ code, name: names[code] ?? code, count }],
    );
    const lost = chosen.filter((code) => !rows.some((row) => row.code === code));
    return [...rows, ...lost.map((code) => ({ code, name: names[code] ?? code, count: 0 }))];
  };
  const statuses = named(answers.statuses, words.statuses, state.statuses).sort(
    (a, b) => STATUSES.findIndex((one) => one === a.code) - STATUSES.findIndex((one) => one === b.code),
  );
  const districts = answers.districts.filter((kind) => kind.code !== null);
  const filtered = JSON.stringify({ ...state, ...NO_FILTER }) !== JSON.stringify(state);

  return (
    <section className="card analysis" aria-busy={!settled}>
      <header className="total">
        <p aria-live={playing ? "off" : "polite"}>
          <strong className="total-count" data-settled={settled}>
            {count(total)}
          </strong>{" "}
          {words.total}
          {synthetic && (
            <span className="synthetic" title={words.syntheticNote}>
              {words.synthetic}
            </span>
          )}
        </p>
        <p className="faint total-placed">
          {total === 0 ? words.nothingFits : words.placed(count(total - unplaced), count(unplaced))}
        </p>
        <button
          type="button"
          className="link"
          disabled={!filtered}
          onClick={() => {
            onChange(NO_FILTER);
          }}
        >
          {words.reset}
        </button>
      </header>
      <div className="card-body">
        <fieldset className="layers">
          <legend className="off-screen">{words.layers}</legend>
          <div className="toggles">
            {LAYERS.map((layer) => (
              <button
                key={layer}
                type="button"
                aria-pressed={state.layer === layer}
                onClick={() => {
                  onChange({ layer });
                }}
              >
                {words.layer[layer]}
              </button>
            ))}
          </div>
          <select
            aria-label={words.grid}
            value={state.grid}
            disabled={state.layer !== "cell"}
            onChange={({ target: { value } }) => {
              onChange({ grid: Number(value) });
            }}
          >
            {GRIDS.map((grid, i) => (
              <option key={grid} value={grid}>
                {words.grids[i]}
              </option>
            ))}
          </select>
        </fieldset>
        <Facet title={words.categories}>
          <CategoryTree
            tree={tree}
            chosen={state.categories}
            onChange={(categories) => {
              onChange({ categories });
            }}
          />
        </Facet>
        <Facet title={words.status}>
          <Choices
            rows={statuses}
            chosen={state.statuses}
            onChange={(statuses) => {
              onChange({ statuses });
            }}
          />
        </Facet>
        <Facet title={words.channel}>
          <Choices
            rows={named(answers.channels, words.channels, state.channels)}
            chosen={state.channels}
            onChange={(channels) => {
              onChange({ channels });
            }}
          />
        </Facet>
        <Facet title={words.division}>
          <select
            aria-label={words.division}
            value={state.division ?? ""}
            onChange={({ target: { value } }) => {
              onChange({ division: value === "" ? null : value });
            }}
          >
            <option value="">{words.everywhere}</option>
            {districts.map(({ code, name, count: n }) => (
              <option key={code} value={code ?? ""}>
                {`${name ?? code ?? ""} · ${count(n)}`}
              </option>
            ))}
            {state.division !== null && !districts.some(({ code }) => code === state.division) && (
              <option value={state.division}>{state.division}</option>
            )}
          </select>
        </Facet>
        <Rhythm counts={answers.rhythm} hours={state.hours} weekdays={state.weekdays} onChange={onChange} />
        <button type="button" className="button quiet forget" onClick={onForget}>
          {words.forget}
        </button>
      </div>
    </section>
  );
}
