import type { ReactElement } from "react";

import type { Location, LonLat } from "../api/types.ts";
import type { Resource } from "../api/use-resource.ts";
import { useI18n } from "../i18n/context.tsx";
import { formatDistance } from "../i18n/format.ts";
import { Card } from "../ui/card.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Failure, Loading } from "../ui/notice.tsx";
import { Levels } from "./levels.tsx";

/** Who is responsible for a place: the sentence to read out, then the levels behind it. */
export function JurisdictionCard({
  at,
  location,
  onClose,
  onDivision,
}: {
  at: LonLat;
  location: Resource<Location> & { retry: () => void };
  onClose: () => void;
  onDivision: (code: string) => void;
}): ReactElement {
  const { t } = useI18n();
  const [lon, lat] = at;
  return (
    <Card title={t.whose} onClose={onClose}>
      {location.status === "failed" && <Failure problem={location.problem} retry={location.retry} />}
      {(location.status === "loading" || location.status === "idle") && <Loading />}
      {location.status === "ready" && <Answer location={location.value} onDivision={onDivision} />}
      <footer className="card-foot">
        <p className="faint numbers">
          {t.coordinates} {lon.toFixed(5)}, {lat.toFixed(5)}
        </p>
        <CopyButton icon="link" label={t.share} text={() => window.location.href} />
      </footer>
    </Card>
  );
}

function Answer({
  location,
  onDivision,
}: {
  location: Location;
  onDivision: (code: string) => void;
}): ReactElement {
  const { lang, t } = useI18n();
  const { divisions, match, runner_up: runnerUp, responsible, sentence } = location;
  const warning = t.match[match];
  return (
    <>
      <blockquote className="sentence" aria-live="polite">
        {sentence[lang]}
      </blockquote>
      <CopyButton icon="copy" label={t.copySentence} text={() => sentence[lang]} />
      {warning !== "" && <p className={`notice ${match}`}>{warning}</p>}

      <Levels divisions={divisions} onDivision={onDivision} />
      {runnerUp !== null && (
        <p className="faint">{t.runnerUp(runnerUp.name, formatDistance(runnerUp.distance_m, lang))}</p>
      )}
      {responsible !== null && (
        <p>
          {t.responsible}
          {lang === "zh" ? "：" : ": "}
          <strong>{responsible.name}</strong>
        </p>
      )}
      {divisions.some(({ quality }) => quality === "approximate") && (
        <p className="faint">{t.approximateNote}</p>
      )}
    </>
  );
}
