import { useI18n } from "../i18n/context.tsx";
import { AGENT_MESSAGES, type AgentMessages } from "./messages.ts";

/** The words of the agents' page, beside those that all pages share. */
export function useWords(): ReturnType<typeof useI18n> & { words: AgentMessages } {
  const shared = useI18n();
  return { ...shared, words: AGENT_MESSAGES[shared.lang] };
}
