import { useCallback, useEffect, useState } from "react";

import { ApiError, type Problem } from "./problem.ts";

export type Resource<T> =
  | { status: "idle" | "loading"; value: null }
  | { status: "ready"; value: T }
  | { status: "failed"; value: null; problem: Problem };

/** What was asked for: the answer, and how to ask again. */
export type Asking<T> = Resource<T> & {
  retry: () => void;
  /** Whether the answer is an earlier one, which stays until the next is there. */
  stale: boolean;
};

interface Settled<T> {
  key: string;
  resource: Resource<T>;
}

function kept(settled: Settled<unknown>, keep: string | null): boolean {
  return keep !== null && settled.resource.status === "ready" && settled.key.startsWith(keep);
}

const unexpected: Problem = { title: "Error", status: 0, detail: null, errors: [] };

/**
 * Asks for something whenever `key` changes, and drops the question that is under way when it does.
 * `null` asks nothing. An earlier answer whose key begins with `keep` stays until the next one is
 * there; without `keep` none does.
 */
export function useResource<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  keep: string | null = null,
): Asking<T> {
  const [settled, setSettled] = useState<Settled<T> | null>(null);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    if (key === null) return undefined;
    const controller = new AbortController();
    load(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setSettled({ key, resource: { status: "ready", value } });
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        const problem = error instanceof ApiError ? error.problem : unexpected;
        setSettled({ key, resource: { status: "failed", value: null, problem } });
      },
    );
    return () => {
      controller.abort();
    };
    // `key` stands for everything that `load` closes over.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, attempt]);

  const retry = useCallback(() => {
    setSettled(null);
    setAttempt((n) => n + 1);
  }, []);

  if (key === null) return { status: "idle", value: null, retry, stale: false };
  if (settled !== null && (settled.key === key || kept(settled, keep))) {
    return { ...settled.resource, retry, stale: settled.key !== key };
  }
  return { status: "loading", value: null, retry, stale: false };
}
