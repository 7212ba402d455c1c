import { useEffect } from "react";

import type { Resource } from "./use-resource.ts";

const RETRY_MS = 2000;

/** Asks again while the server is loading. */
export function useRetry(resource: Resource<unknown> & { retry: () => void }): void {
  const { retry } = resource;
  const loading = resource.status === "failed" && resource.problem.status === 503;
  useEffect(() => {
    if (!loading) return undefined;
    const timer = setTimeout(retry, RETRY_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [loading, retry]);
}
