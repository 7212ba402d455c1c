import { useI18n } from "../i18n/context.tsx";
import { LOCALE } from "../i18n/messages.ts";
import { ANALYST_MESSAGES, type AnalystMessages } from "./messages.ts";

/** The words of the analysts' page, beside those that all pages share, and how it writes counts. */
export function useWords(): ReturnType<typeof useI18n> & {
  words: AnalystMessages;
  count: (n: number) => string;
} {
  const shared = useI18n();
  const count = (n: number): string => n.toLocaleString(LOCALE[shared.lang]);
  return { ...shared, words: ANALYST_MESSAGES[shared.lang], count };
}
