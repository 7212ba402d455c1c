import type { ReactElement } from "react";

import type { Service } from "../api/types.ts";
import { KeyForm } from "../tickets/key-form.tsx";
import { keyFault } from "../tickets/use-key.ts";
import { Failure, Loading } from "../ui/notice.tsx";
import { isBlank } from "./call.ts";
import { CallerFields } from "./caller-fields.tsx";
import { flat, Group } from "./options.tsx";
import { ReportedRow } from "./reported-row.tsx";
import { isCut } from "./use-reported.ts";
import type { Reports } from "./use-reports.ts";
import { useWords } from "./use-words.ts";

/** Goes from the answer to what was reported, which is often further down than one sees. */
export function ToReported({ total }: { total: number | null }): ReactElement {
  const { words } = useWords();
  return (
    <button
      type="button"
      className="button"
      data-key="r"
      aria-keyshortcuts="r"
      onClick={() => {
        const title = document.getElementById("reported-title");
        title?.scrollIntoView();
        title?.focus({ preventScroll: true });
      }}
    >
      {words.toReported(total)}
      <kbd aria-hidden="true">R</kbd>
    </button>
  );
}

/** What was already reported at the place of the answer, and how the caller is added to it. */
export function ReportedSection({
  reports: { secret, give, here, kind, onKind, handle, shown, onLook },
  services,
  onNext,
}: {
  reports: Reports;
  services: readonly Service[];
  /** Somebody else is on the line. */
  onNext: () => void;
}): ReactElement {
  const { words } = useWords();
  const { similar, kinds, isPart } = here;
  const { call, say, join } = handle;
  const failed = similar.status === "failed" ? similar.problem : null;
  const refused = Object.values(call.joined).find(
    (joining) =>
      joining.status === "failed" && joining.secret === secret && keyFault(joining.problem.status) !== null,
  );
  const fault = keyFault(failed?.status ?? (refused?.status === "failed" ? refused.problem.status : null));
  const list = similar.value;
  // Then what is listed is not all, and neither is what belongs together.
  const cut = isCut(list);

  return (
    <section className="section reported" aria-labelledby="reported-title">
      <h3 id="reported-title" tabIndex={-1}>
        {words.reported}
      </h3>
      {(secret === null || fault !== null) && (
        <KeyForm fault={fault} note={words.keyNote} other={words.otherKey} onEnter={give} />
      )}
      {secret !== null && (fault === null || list !== null) && (
        <>
          <label className="kind-of">
            <span>{words.kindOf}</span>
            <select
              value={kind ?? ""}
              onChange={({ target: { value } }) => {
                onKind(value === "" ? null : value);
              }}
            >
              <option value="">{words.anyCategory}</option>
              {kind !== null && !kinds.some(({ code }) => code === kind) && !isMatter(services, kind) && (
                <option value={kind}>{kind}</option>
              )}
              <Group
                label={words.kindsHere}
                rows={kinds.map(({ code, name, count }) => ({
                  code,
                  name: isPart ? name : words.kindHere(name, count),
                }))}
              />
              <Group
                label={words.matters}
                rows={flat(services).filter(({ code }) => !kinds.some((here) => here.code === code))}
              />
            </select>
          </label>
          <CallerFields call={call} onChange={say} onNext={isBlank(call) ? null : onNext} />
          {failed !== null && fault === null && <Failed problem={failed} retry={similar.retry} />}
          {similar.status === "loading" && <Loading />}
          {list !== null && (
            <p className="faint" role="status">
              {list.total === 0 && kinds.length === 0
                ? words.reportedNone
                : cut || shown.length < here.rows.length
                  ? words.reportedMore(shown.length, list.total)
                  : words.reportedNow(list.total)}
            </p>
          )}
          <ol className="reports" aria-busy={similar.stale}>
            {shown.map((row, i) => (
              <ReportedRow
                key={row.first.id}
                row={row}
                number={i + 1}
                cut={cut}
                joining={call.joined[row.first.id] ?? null}
                onLook={onLook}
                onJoin={() => {
                  join(row.first, secret);
                }}
              />
            ))}
          </ol>
          <button
            type="button"
            className="link forget"
            onClick={() => {
              give(null);
            }}
          >
            {words.forget}
          </button>
        </>
      )}
    </section>
  );
}

function Failed({ problem, retry }: Parameters<typeof Failure>[0]): ReactElement {
  const { words } = useWords();
  if (problem.status !== 503) return <Failure problem={problem} {...(retry && { retry })} />;
  return (
    <p className="notice" role="status">
      {words.loading}
    </p>
  );
}

const isMatter = (services: readonly Service[], code: string): boolean =>
  flat(services).some((matter) => matter.code === code);
