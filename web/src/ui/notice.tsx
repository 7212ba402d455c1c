import type { ReactElement } from "react";

import { problemSentences, type Problem } from "../api/problem.ts";
import { useI18n } from "../i18n/context.tsx";

export function Loading(): ReactElement {
  const { t } = useI18n();
  return (
    <div className="loading" role="status">
      <span className="off-screen">{t.loading}</span>
      <span className="bar" />
      <span className="bar" />
      <span className="bar" />
    </div>
  );
}

/** What went wrong, in a plain sentence. */
export function Failure({ problem, retry }: { problem: Problem; retry?: () => void }): ReactElement {
  const { t } = useI18n();
  const unreachable = problem.status === 0 || problem.status >= 502;
  const fallback = unreachable ? t.failed : problem.status === 404 ? t.notFound : t.failedOther;
  return (
    <div className="notice" role="alert">
      <p>{problemSentences(problem) ?? fallback}</p>
      {retry !== undefined && (problem.status === 0 || problem.status >= 429) && (
        <button type="button" className="button quiet" onClick={retry}>
          {t.retry}
        </button>
      )}
    </div>
  );
}
