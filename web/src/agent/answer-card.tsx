import type { ReactElement, ReactNode } from "react";

import type { Candidate, Datum, Jurisdiction, Location } from "../api/types.ts";
import type { Asking } from "../api/use-resource.ts";
import { Levels } from "../cards/levels.tsx";
import { formatDistance } from "../i18n/format.ts";
import { Card } from "../ui/card.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Failure, Loading } from "../ui/notice.tsx";
import { said } from "./messages.ts";
import type { Question } from "./use-question.ts";
import { useWords } from "./use-words.ts";

/** What was reported at the place, and what leads to it; `null` where there is no place. */
type Reported = { section: ReactNode; link: ReactNode } | null;

/** The answer about a position. */
export function PositionCard({
  question,
  location,
  reported,
  onCrs,
  onWhy,
  onClose,
}: {
  question: Question & { kind: "position" };
  location: Asking<Location>;
  reported: Reported;
  onCrs: (crs: Datum) => void;
  /** Shows the rules by which somebody must act here. */
  onWhy: () => void;
  onClose: () => void;
}): ReactElement {
  const { lang, words } = useWords();
  const hint = location.value?.hint ?? null;
  return (
    <Card
      key={question.at.join()}
      title={location.value === null ? words.asking : <Divisions of={location.value} />}
      lead={location.value === null ? undefined : <Verdict of={location.value} />}
      onClose={onClose}
    >
      {location.status === "failed" && <Failure problem={location.problem} retry={location.retry} />}
      {location.status === "loading" && <Loading />}
      {hint !== null && (
        <div className="notice">
          <p>{said(hint, lang)}</p>
          <button
            type="button"
            className="button quiet"
            onClick={() => {
              onCrs("gcj02");
            }}
          >
            {words.takeAs(words.shortDatum.gcj02)}
          </button>
        </div>
      )}
      {location.value !== null && (
        <Answer of={location.value} stale={location.stale} aside={reported?.link} onWhy={onWhy} />
      )}
      {reported?.section}
      <Foot>
        <Understood question={question} />
      </Foot>
    </Card>
  );
}

/** The answer about something that words may mean. */
export function CandidateCard({
  candidate,
  stale,
  isDivision,
  reported,
  onWhy,
  onClose,
  onBack,
}: {
  candidate: Candidate;
  /** It is the answer under earlier terms. */
  stale: boolean;
  /** It is a division itself, so that there is no question on which side of a border it is. */
  isDivision: boolean;
  reported: Reported;
  onWhy: () => void;
  onClose: () => void;
  onBack: (() => void) | null;
}): ReactElement {
  return (
    <Card
      key={candidate.gid}
      title={<Divisions of={candidate} />}
      lead={isDivision ? undefined : <Verdict of={candidate} />}
      onClose={onClose}
      onBack={onBack}
    >
      <p className="asked-for">{candidate.label}</p>
      <Answer of={candidate} stale={stale} aside={reported?.link} onWhy={onWhy} />
      {reported?.section}
      <Foot>{null}</Foot>
    </Card>
  );
}

function Divisions({ of: { divisions } }: { of: Jurisdiction }): ReactElement {
  const { lang, words } = useWords();
  if (divisions.length === 0) return <>{words.noDivision}</>;
  return <>{divisions.map(({ name }) => name).join(lang === "zh" ? " · " : ", ")}</>;
}

function Verdict({ of: { match } }: { of: Jurisdiction }): ReactElement {
  const { words } = useWords();
  return <p className={`verdict ${match}`}>{words.match[match]}</p>;
}

function Answer({
  of,
  stale,
  aside,
  onWhy,
}: {
  of: Jurisdiction;
  stale: boolean;
  /** Beside the button that copies the sentence. */
  aside: ReactNode;
  onWhy: () => void;
}): ReactElement {
  const { lang, t, words } = useWords();
  const { divisions, match, runner_up: runnerUp, responsible, sentence } = of;
  return (
    <div className="answer" aria-busy={stale}>
      <blockquote className="sentence">{said(sentence, lang)}</blockquote>
      <div className="answer-buttons">
        <CopyButton loud icon="copy" shortcut="c" label={t.copySentence} text={() => said(sentence, lang)} />
        {aside}
      </div>
      {responsible !== null && (
        <section className="acts" aria-label={words.acts}>
          <p className="acts-kind">{words.acts}</p>
          <p className="acts-who">{responsible.name}</p>
          <p className="faint">
            {words.basis(responsible.basis === "smallest division" ? words.smallest : responsible.basis)}{" "}
            <button type="button" className="link" onClick={onWhy}>
              {words.why}
            </button>
          </p>
          {responsible.joint.length > 0 && <p>{words.joint(responsible.joint.map(({ name }) => name))}</p>}
        </section>
      )}
      <Levels divisions={divisions} />
      {runnerUp !== null && (
        <p className={match === "border" ? "neighbour" : "faint"}>
          {t.runnerUp(runnerUp.name, formatDistance(runnerUp.distance_m, lang))}
        </p>
      )}
    </div>
  );
}

/** How a position was understood: what could have been read otherwise is said. */
function Understood({
  question: { at, crs, reading },
}: {
  question: Question & { kind: "position" };
}): ReactElement {
  const { lang, words } = useWords();
  const [lon, lat] = at;
  const parts = [
    reading === null
      ? words.onMap
      : `${words.position} ${String(Number(lon.toFixed(7)))}, ${String(Number(lat.toFixed(7)))}`,
    reading === null ? `${lon.toFixed(5)}, ${lat.toFixed(5)}` : null,
    crs === null ? words.crsTaken : words.shortDatum[crs],
    reading === null ? "" : words.order[reading.order],
  ].filter((part) => part !== null && part !== "");
  return <>{parts.join(lang === "zh" ? "；" : "; ")}</>;
}

function Foot({ children }: { children: ReactElement | null }): ReactElement {
  const { t } = useWords();
  return (
    <footer className="card-foot">
      <p className="faint numbers">{children}</p>
      <CopyButton icon="link" label={t.share} text={() => window.location.href} />
    </footer>
  );
}
