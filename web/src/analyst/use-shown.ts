import { useCallback, useEffect, useRef, useState } from "react";

import { ApiError, type Problem } from "../api/problem.ts";
import type { Lang } from "../api/types.ts";
import type { MapController } from "../map/controller.ts";
import { ask, frameOf, type Answers, type Filter } from "./questions.ts";
import type { Layer } from "./state.ts";

/** What is to be seen, on the map and beside it. */
export interface Wanted {
  filter: Filter;
  lang: Lang;
  layer: Layer;
  grid: number;
}

interface Shown {
  key: string;
  answers: Answers;
}

const RETRY_MS = 2000;
const unexpected: Problem = { title: "Error", status: 0, detail: null, errors: [] };

/**
 * Shows what is wanted as soon as both the map and the numbers have it: what one sees is always of
 * one filter. Until then the last stays; what is not wanted any more is not waited for. `next` is
 * fetched early.
 */
export function useShown(
  secret: string | null,
  wanted: Wanted | null,
  next: Wanted | null,
  map: MapController | null,
) {
  const [shown, setShown] = useState<Shown | null>(null);
  const [failed, setFailed] = useState<{ key: string; problem: Problem } | null>(null);
  const [attempt, setAttempt] = useState(0);
  const early = useRef<{ key: string; answers: Promise<Answers> } | null>(null);
  const key = secret === null || wanted === null ? null : JSON.stringify([secret, wanted]);
  const nextKey = secret === null || next === null ? null : JSON.stringify([secret, next]);
  const settled = key !== null && shown?.key === key;

  useEffect(() => {
    if (secret === null) map?.forgetDensity();
    if (key === null || secret === null || wanted === null) return undefined;
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = async (): Promise<void> => {
      const { filter, lang, layer, grid } = wanted;
      const answers = early.current?.key === key ? early.current.answers : ask(filter, lang, secret, signal);
      early.current = null;
      const drawn = async (): Promise<() => void> => {
        if (map === null) return () => undefined;
        const frame = frameOf(filter, layer, grid);
        const frames = await map.density(secret);
        if (!signal.aborted) await frames.prepare(frame);
        return () => {
          frames.show(frame);
        };
      };
      const [found, bringForward] = await Promise.all([answers, drawn()]);
      if (signal.aborted) return;
      bringForward();
      setShown({ key, answers: found });
      setFailed(null);
    };
    show().catch((error: unknown) => {
      if (signal.aborted) return;
      // The map was drawn anew, in the dark or in the light.
      if (error instanceof DOMException) {
        setAttempt((n) => n + 1);
        return;
      }
      const problem = error instanceof ApiError ? error.problem : unexpected;
      setFailed({ key, problem });
      if (problem.status === 503)
        timer = setTimeout(() => {
          setAttempt((n) => n + 1);
        }, RETRY_MS);
    });
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
    // `key` stands for what is wanted.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, secret, map, attempt]);

  useEffect(() => {
    if (nextKey === null || secret === null || next === null || !settled) return;
    const { filter, lang, layer, grid } = next;
    const answers = ask(filter, lang, secret, new AbortController().signal);
    answers.catch(() => undefined);
    early.current = { key: nextKey, answers };
    map
      ?.density(secret)
      .then((frames) => frames.prepare(frameOf(filter, layer, grid)))
      .catch(() => undefined);
    // `nextKey` stands for what is next.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [nextKey, settled, map]);

  const retry = useCallback(() => {
    setFailed(null);
    setAttempt((n) => n + 1);
  }, []);
  const problem = failed !== null && failed.key === key ? failed.problem : null;
  return { answers: shown?.answers ?? null, settled, problem, retry };
}
