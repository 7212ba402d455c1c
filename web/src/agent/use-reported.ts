import { useEffect, useMemo, useState } from "react";

import { api } from "../api/client.ts";
import type { Lang, LonLat, SimilarList } from "../api/types.ts";
import { useResource, type Asking } from "../api/use-resource.ts";
import { useRetry } from "../api/use-retry.ts";
import { gathered, kindsOf, type KindHere, type Reported } from "./reported.ts";

/** Nobody types slower between two letters. */
const PAUSE_MS = 400;
/** So much of what is said is compared; the rest would only make the address long. */
const COMPARED = 400;

export interface ReportedHere {
  /** What may be the same. */
  similar: Asking<SimilarList>;
  rows: readonly Reported[];
  /** The kinds of all that was reported here, or of a part if that is too much to be listed. */
  kinds: readonly KindHere[];
  isPart: boolean;
}

/** What was already reported at a place; of a kind, and by what is said, where these are given. */
export function useReported(
  secret: string | null,
  place: LonLat | null,
  kind: string | null,
  words: string,
  lang: Lang,
): ReportedHere {
  const text = useSettled(words.trim().slice(0, COMPARED));
  const ask = (category: string | null, said: string | null) => (signal: AbortSignal) =>
    api.similar({ at: place ?? [0, 0], category, text: said, lang }, secret ?? "", signal);
  const here = secret === null || place === null ? null : JSON.stringify([secret, lang, place]);
  const around = useResource(here, ask(null, null));
  const narrowed = kind !== null || text !== "";
  const narrow = useResource(
    narrowed && here !== null ? `${here}${JSON.stringify([kind, text])}` : null,
    ask(kind, text === "" ? null : text),
    here,
  );
  useRetry(around);
  useRetry(narrow);
  const similar = narrowed ? narrow : around;
  const [list, all] = [similar.value, around.value];
  const rows = useMemo(() => (list === null ? [] : gathered(list)), [list]);
  const kinds = useMemo(() => (all === null ? [] : kindsOf(all)), [all]);
  return { similar, rows, kinds, isPart: isCut(all) };
}

/** Whether there is more than what is listed. */
export const isCut = (list: SimilarList | null): boolean =>
  list !== null && list.total > list.features.length;

/** A text once nobody types any more; at once where there was none, or is none. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(
      () => {
        setSettled(text);
      },
      text === "" ? 0 : PAUSE_MS,
    );
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  return text === "" ? "" : settled;
}
