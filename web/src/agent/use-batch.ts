import { useCallback, useEffect, useRef, useState } from "react";

import { ApiError, type Problem } from "../api/problem.ts";
import { runBatch, type BatchResult, type BatchTerms, type Progress } from "./batch.ts";

export interface BatchRun {
  name: string;
  status: "running" | "done" | "stopped";
  progress: Progress;
  problem: Problem | null;
  /** The answers, as far as there are any; an address inside this page. */
  download: { href: string; name: string } | null;
}

const NOTHING_YET: Progress = { share: 0, rows: 0, broken: 0, encoding: "utf-8" };
const UNEXPECTED: Problem = { title: "Error", status: 0, detail: null, errors: [] };

const resultName = (name: string, extension: string): string =>
  `${name.replace(/\.[^.]*$/, "")}-located.${extension}`;

/** A file that is being answered, or was. */
export function useBatch(): {
  run: BatchRun | null;
  start: (file: File, terms: BatchTerms) => void;
  stop: () => void;
  close: () => void;
} {
  const [run, setRun] = useState<BatchRun | null>(null);
  const controller = useRef<AbortController | null>(null);
  const href = useRef<string | null>(null);

  const forget = useCallback(() => {
    controller.current?.abort();
    controller.current = null;
    if (href.current !== null) URL.revokeObjectURL(href.current);
    href.current = null;
  }, []);
  useEffect(() => forget, [forget]);

  const start = useCallback(
    (file: File, terms: BatchTerms) => {
      forget();
      const own = new AbortController();
      controller.current = own;
      const kept: string[] = [];
      const offer = (result: BatchResult): BatchRun["download"] => {
        if (result.file.size === 0) return null;
        href.current = URL.createObjectURL(result.file);
        return { href: href.current, name: resultName(file.name, result.extension) };
      };
      const change = (part: Partial<BatchRun>): void => {
        if (controller.current === own) setRun((old) => (old === null ? old : { ...old, ...part }));
      };
      setRun({ name: file.name, status: "running", progress: NOTHING_YET, problem: null, download: null });
      runBatch(file, terms, own.signal, kept, (progress) => {
        change({ progress });
      }).then(
        (result) => {
          if (controller.current === own) change({ status: "done", download: offer(result) });
        },
        (error: unknown) => {
          if (controller.current !== own) return;
          const extension = kept[0]?.startsWith("{") === true ? "ndjson" : "csv";
          change({
            status: "stopped",
            problem: own.signal.aborted ? null : error instanceof ApiError ? error.problem : UNEXPECTED,
            download: offer({ file: new Blob(kept), extension }),
          });
        },
      );
    },
    [forget],
  );

  const stop = useCallback(() => {
    controller.current?.abort();
  }, []);
  const close = useCallback(() => {
    forget();
    setRun(null);
  }, [forget]);
  return { run, start, stop, close };
}
