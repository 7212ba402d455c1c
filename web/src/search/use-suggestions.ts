import { useEffect, useState } from "react";

import { api } from "../api/client.ts";
import { useResource, type Resource } from "../api/use-resource.ts";
import type { Lang, LonLat, SearchResult } from "../api/types.ts";

const COUNT = 8;
/** Long enough to skip the letters of fast typing, short enough not to be felt. */
const PAUSE_MS = 90;

/**
 * Suggestions for what is in the field. While the next ones are on their way the last ones stay,
 * so that the list does not flicker with each letter.
 */
export function useSuggestions(
  text: string,
  lang: Lang,
  layers: string | null,
  focus: () => LonLat | null,
): Resource<SearchResult[]> {
  const [settled, setSettled] = useState(text);

  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(text);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);

  const wanted = text.trim() === "" ? "" : settled.trim();
  return useResource(
    wanted === "" ? null : `${lang} ${wanted}`,
    async (signal) =>
      (await api.autocomplete({ text: wanted, size: COUNT, lang, layers, focus: focus() }, signal)).features,
    "",
  );
}
