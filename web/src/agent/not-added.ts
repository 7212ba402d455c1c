import { problemSentences, type Problem } from "../api/problem.ts";
import type { AgentMessages } from "./messages.ts";

/** Why a caller was not added, in words. */
export function notAdded(problem: Problem, { notAdded: words }: AgentMessages): string {
  switch (problem.status) {
    case 401:
      return words.key;
    case 403:
      return words.role;
    case 404:
      return words.missing;
    // The id is the page's own, so it can only be this caller's.
    case 409:
      return words.other;
    case 410:
      return words.gone;
    case 429:
      return words.often(problem.retryAfter ?? null);
    case 503:
      return words.busy;
    case 507:
      return words.full;
    default:
      return problem.status >= 400 && problem.status < 500
        ? words.refused(problemSentences(problem))
        : words.unknown;
  }
}
