import { createContext, useContext } from "react";

import type { Lang } from "../api/types.ts";
import { MESSAGES, type Messages } from "./messages.ts";

export const LangContext = createContext<Lang>("zh");

export function useI18n(): { lang: Lang; t: Messages } {
  const lang = useContext(LangContext);
  return { lang, t: MESSAGES[lang] };
}
