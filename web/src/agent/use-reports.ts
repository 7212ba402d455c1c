import { useMemo } from "react";

import type { LonLat } from "../api/types.ts";
import type { MapController } from "../map/controller.ts";
import { useKey } from "../tickets/use-key.ts";
import { flat } from "./options.tsx";
import type { AgentState } from "./state.ts";
import { useCall } from "./use-call.ts";
import type { Asked } from "./use-question.ts";
import { useReported } from "./use-reported.ts";

/** Nobody compares more than these by ear; the surest come first. */
const SHOWN = 20;
/** Close enough to tell one house from the next. */
const HOUSE_ZOOM = 17.5;

/** What was reported at the place of the answer, and who is on the line. */
export function useReports(
  { lang, page, category, kind: own }: AgentState,
  { answer, isDivision, services }: Asked,
  map: MapController | null,
  go: (change: Partial<AgentState>) => void,
) {
  const [secret, give] = useKey();
  const handle = useCall();
  const isMatter = (code: string): boolean =>
    flat(services.value ?? []).some((matter) => matter.code === code);
  const matter = category !== null && isMatter(category) ? category : null;
  const kind = own ?? matter;
  const asked = answer !== null && !isDivision && answer.match !== "outside" && page === "answer";
  const here = useReported(secret, asked ? answer.point_wgs84 : null, kind, handle.call.words, lang);

  const shown = useMemo(() => here.rows.slice(0, SHOWN), [here.rows]);

  return {
    /** Whether there is a place at which something can have been reported. */
    asked,
    secret,
    give,
    here,
    shown,
    handle,
    /** What kind is looked for: also the matter of the page's terms, which is the same choice. */
    kind,
    onKind: (code: string | null): void => {
      if (code === null) go({ kind: null, category: matter === null ? category : null });
      else if (isMatter(code)) go({ kind: null, category: code });
      else go({ kind: code });
    },
    onLook: (at: LonLat): void => {
      map?.show(at, HOUSE_ZOOM);
    },
  };
}

export type Reports = ReturnType<typeof useReports>;
