/** An error answer of the server (RFC 9457), or the absence of any answer. */
export interface Problem {
  title: string;
  /** 0 when no answer came. */
  status: number;
  detail: string | null;
  errors: { parameter: string; detail: string }[];
  /** Seconds after which to ask again, where the server said so. */
  retryAfter?: number;
}

export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
    this.problem = problem;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

/** Reads a problem from an answer's body, whatever the body turns out to be. */
export function toProblem(status: number, body: unknown, retryAfter: string | null = null): Problem {
  // The other form is a date, which is of no use to a clock that may be wrong.
  const wait = /^\d{1,6}$/.test(retryAfter ?? "") ? { retryAfter: Number(retryAfter) } : {};
  if (!isRecord(body)) return { title: `HTTP ${String(status)}`, status, detail: null, errors: [], ...wait };
  const errors = Array.isArray(body.errors) ? body.errors : [];
  return {
    title: text(body.title) ?? `HTTP ${String(status)}`,
    status,
    detail: text(body.detail),
    errors: errors.filter(isRecord).map((fault) => ({
      parameter: text(fault.parameter) ?? "",
      detail: text(fault.detail) ?? "",
    })),
    ...wait,
  };
}

/** The server's own words for what went wrong, or `null` where it gave none. */
export function problemSentences(problem: Problem): string | null {
  const faults = problem.errors.map((fault) => fault.detail).filter((detail) => detail !== "");
  if (faults.length > 0) return faults.join(" ");
  return problem.detail;
}
