import { useEffect } from "react";

import type { City, Lang } from "../api/types.ts";
import { nameIn } from "../i18n/format.ts";
import { LOCALE } from "../i18n/messages.ts";

/** Keeps the document's language and title in step with the page. */
export function useDocument(lang: Lang, title: string, city: City | null, subject: string | null): void {
  const cityName = city === null ? "" : nameIn(city.name, lang);
  useEffect(() => {
    const own = lang === "zh" ? `${cityName}${title}` : `${cityName} ${title}`.trim();
    document.documentElement.lang = LOCALE[lang];
    document.title = subject === null ? own : `${subject} · ${own}`;
  }, [lang, title, cityName, subject]);
}
