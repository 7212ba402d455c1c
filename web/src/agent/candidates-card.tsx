import type { ReactElement } from "react";

import type { Meant } from "../api/types.ts";
import type { Resource } from "../api/use-resource.ts";
import { Card } from "../ui/card.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Failure, Loading } from "../ui/notice.tsx";
import { said } from "./messages.ts";
import { useWords } from "./use-words.ts";

/** Keys have one digit. */
const WITH_KEYS = 9;

/** All that words may mean; what to ask the caller where that is not in one jurisdiction. */
export function CandidatesCard({
  text,
  meant,
  onPick,
  onClose,
}: {
  text: string;
  meant: Resource<Meant> & { retry: () => void };
  onPick: (gid: string) => void;
  onClose: () => void;
}): ReactElement {
  const { lang, t, words } = useWords();
  const { candidates = [], question = null } = meant.value ?? {};
  const title = meant.status === "loading" ? words.asking : words.candidates(candidates.length);
  return (
    <Card
      key={text}
      title={meant.status === "ready" && candidates.length === 0 ? text : title}
      onClose={onClose}
    >
      {meant.status === "failed" && <Failure problem={meant.problem} retry={meant.retry} />}
      {meant.status === "loading" && <Loading />}
      {meant.status === "ready" && candidates.length === 0 && <p className="notice">{words.none}</p>}
      {question !== null && (
        <>
          <blockquote className="sentence ask">{said(question, lang)}</blockquote>
          <CopyButton
            loud
            icon="copy"
            shortcut="c"
            label={t.copySentence}
            text={() => said(question, lang)}
          />
        </>
      )}
      {question === null && candidates.length > 1 && <p className="faint">{words.sameWhose}</p>}
      <ol className="rows">
        {candidates.map(({ gid, label, match, divisions }, i) => (
          <li key={gid}>
            <button
              type="button"
              className="row"
              data-key={i < WITH_KEYS ? String(i + 1) : undefined}
              aria-keyshortcuts={i < WITH_KEYS ? String(i + 1) : undefined}
              onClick={() => {
                onPick(gid);
              }}
            >
              <span className="pin" aria-hidden="true">
                {i + 1}
              </span>
              <span className="row-text">
                <span className="row-name">{label}</span>
                <span className="row-facts">
                  {divisions.map(({ name }) => name).join(" · ")}
                  {match !== "inside" && <span className={`tag verdict ${match}`}>{words.match[match]}</span>}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ol>
    </Card>
  );
}
