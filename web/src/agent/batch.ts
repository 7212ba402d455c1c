/** A file of positions, sent in pieces and answered row by row, in order. */
import { pathWithQuery } from "../api/client.ts";
import { ApiError, toProblem, type Problem } from "../api/problem.ts";
import type { Datum, Lang } from "../api/types.ts";
import { RowCutter, type Piece } from "./rows.ts";

export interface BatchTerms {
  crs: Datum | null;
  date: string | null;
  lang: Lang;
}

export interface Progress {
  /** From 0 to 1, of the file. */
  share: number;
  /** Rows that were answered, with or without an error. */
  rows: number;
  /** Rows that have an error in their place. */
  broken: number;
  /** How the file's characters were read. */
  encoding: "utf-8" | "gb18030";
}

export interface BatchResult {
  file: Blob;
  /** The end of a file name. */
  extension: "csv" | "ndjson";
}

/**
 * Small enough to lie in the buffers between browser and server: see `rows.ts`. Rows in Chinese have
 * up to three bytes a character.
 */
const PIECE_CHARACTERS = 24_000;
const TRIES = 5;
const LONGEST_WAIT_S = 30;
/** Without it, spreadsheets take a CSV for a file in the machine's old encoding. */
const BYTE_ORDER_MARK = "\uFEFF";

const MEDIA_TYPE = { csv: "text/csv", ndjson: "application/x-ndjson" } as const;

async function encodingOf(file: Blob): Promise<Progress["encoding"]> {
  const start = await file.slice(0, 1 << 20).arrayBuffer();
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: true });
    return "utf-8";
  } catch {
    return "gb18030";
  }
}

async function formatOf(file: Blob): Promise<BatchResult["extension"]> {
  const start = await file.slice(0, 1024).text();
  return start
    .replace(/^\uFEFF/, "")
    .trimStart()
    .startsWith("{")
    ? "ndjson"
    : "csv";
}

const pause = (seconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("stopped", "AbortError"));
    });
  });

/** Sends one piece; where the server is busy or away, again after a while. */
async function send(path: string, mediaType: string, body: string, signal: AbortSignal): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    let problem: Problem = { title: "No answer", status: 0, detail: null, errors: [] };
    let wait = 2 ** (attempt - 1);
    try {
      const response = await fetch(path, {
        method: "POST",
        headers: { "content-type": mediaType },
        body,
        signal,
      });
      const text = await response.text();
      if (response.ok) return text;
      problem = toProblem(response.status, parsed(text));
      wait = Number(response.headers.get("retry-after") ?? wait);
    } catch (error) {
      if (signal.aborted) throw error;
    }
    const passing = problem.status === 0 || problem.status === 429 || problem.status === 503;
    if (!passing || attempt === TRIES) throw new ApiError(problem);
    await pause(Math.min(Number.isFinite(wait) ? wait : 1, LONGEST_WAIT_S), signal);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Counts the rows of an answer, and those that have an error. */
export function counted(answer: string, extension: BatchResult["extension"]): [rows: number, broken: number] {
  const csv = extension === "csv";
  const cutter = new RowCutter(csv, 1);
  const rows = [...cutter.push(answer), ...cutter.finish()].map((piece) => piece.text);
  const wrong = csv ? /,,,,,,,,"?line \d+: / : /,"line":\d+,"error":"/;
  return [rows.length, rows.filter((row) => wrong.test(row)).length];
}

/**
 * Answers a file. `heard` is told after each piece; `kept` gets the answers as they come, so that
 * what was answered is not lost where the rest fails.
 */
export async function runBatch(
  file: Blob,
  terms: BatchTerms,
  signal: AbortSignal,
  kept: string[],
  heard: (progress: Progress) => void,
): Promise<BatchResult> {
  const [encoding, extension] = await Promise.all([encodingOf(file), formatOf(file)]);
  const csv = extension === "csv";
  const cutter = new RowCutter(csv, PIECE_CHARACTERS);
  const decoder = new TextDecoder(encoding);
  let header = "";
  let [rows, broken, read] = [0, 0, 0];

  const answer = async ({ text, before }: Piece): Promise<void> => {
    const first = before === 0;
    if (csv && first) header = new RowCutter(true, 1).push(text)[0]?.text ?? text;
    const path = pathWithQuery("/v1/locate", { ...terms, first_line: csv && !first ? before : before + 1 });
    const whole = await send(path, MEDIA_TYPE[extension], csv && !first ? header + text : text, signal);
    const answered = csv ? whole.slice(whole.indexOf("\n") + 1) : whole;
    kept.push(csv && first ? BYTE_ORDER_MARK + whole : answered);
    const [more, wrong] = counted(answered, extension);
    rows += more;
    broken += wrong;
    heard({ share: file.size === 0 ? 1 : read / file.size, rows, broken, encoding });
  };

  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
    const pieces = cutter.push(text);
    if (done) pieces.push(...cutter.finish());
    const from = read;
    read += value?.length ?? 0;
    const end = read;
    for (const [i, piece] of pieces.entries()) {
      read = from + ((end - from) * (i + 1)) / pieces.length;
      await answer(piece);
    }
    read = end;
    if (done) break;
  }
  return { file: new Blob(kept, { type: MEDIA_TYPE[extension] }), extension };
}
