import { useCallback, useReducer, useRef } from "react";

import { post } from "../api/client.ts";
import { ApiError, type Problem } from "../api/problem.ts";
import type { SimilarTicket, TicketWritten } from "../api/types.ts";
import { callerOf, drawId, newCall, onCall, type Call, type CallChange, type Joining } from "./call.ts";

/** After this it is not known what became of it, and it can be sent again. */
const PATIENCE_MS = 20_000;
const unknown: Problem = { title: "No answer", status: 0, detail: null, errors: [] };

export interface CallHandle {
  call: Call;
  say: (change: CallChange) => void;
  /** Adds the caller to a ticket. */
  join: (ticket: SimilarTicket, secret: string) => void;
  /** Somebody else is on the line. It stays the same function. */
  next: () => void;
}

/** Who is on the line. */
export function useCall(): CallHandle {
  const [call, dispatch] = useReducer(onCall, null, () => newCall(drawId()));
  // Two clicks may come before the page has been drawn in between.
  const underWay = useRef(new Set<string>());

  const join = ({ id: ticket, add_caller: path }: SimilarTicket, secret: string): void => {
    const one = `${call.id} ${ticket}`;
    if (underWay.current.has(one) || call.joined[ticket]?.status === "added") return;
    underWay.current.add(one);
    const become = (joining: Joining): void => {
      dispatch({ type: "joining", call: call.id, ticket, joining });
    };
    become({ status: "sending" });
    post<TicketWritten>(path, callerOf(call), AbortSignal.timeout(PATIENCE_MS), secret)
      .then(({ id, changed }) => {
        become({ status: "added", id, changed });
      })
      .catch((error: unknown) => {
        const problem = error instanceof ApiError ? error.problem : unknown;
        become({ status: "failed", problem, secret });
      })
      .finally(() => {
        underWay.current.delete(one);
      });
  };

  const next = useCallback(() => {
    dispatch({ type: "next", id: drawId() });
  }, []);

  return {
    call,
    join,
    next,
    say: (change) => {
      dispatch({ type: "said", change });
    },
  };
}
