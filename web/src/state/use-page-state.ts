import { useCallback, useEffect, useRef, useState } from "react";

import type { Lang } from "../api/types.ts";
import { formatState, parseState, type PageState } from "./url.ts";

export interface PageStateHandle {
  state: PageState;
  /** Counts the steps made with the browser's back and forward. */
  travels: number;
  /** A step the visitor can go back from. */
  go: (change: Partial<PageState>) => void;
  /** A change that is no step of its own, such as a move of the map. */
  amend: (change: Partial<PageState>) => void;
}

function preferredLang(): Lang {
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

const current = (): PageState => parseState(new URL(window.location.href), preferredLang());

/** The page's state, kept equal to its address in both directions. */
export function usePageState(): PageStateHandle {
  const [state, setState] = useState(current);
  const [travels, setTravels] = useState(0);
  const latest = useRef(state);

  const change = useCallback((part: Partial<PageState>, write: "pushState" | "replaceState") => {
    const next = { ...latest.current, ...part };
    const address = formatState(next);
    latest.current = next;
    setState(next);
    if (address !== window.location.search + window.location.hash) window.history[write](null, "", address);
  }, []);

  useEffect(() => {
    // Also fires when somebody edits the part of the address behind `#`.
    const follow = (): void => {
      latest.current = current();
      setState(latest.current);
      setTravels((n) => n + 1);
    };
    window.addEventListener("popstate", follow);
    return () => {
      window.removeEventListener("popstate", follow);
    };
  }, []);

  const go = useCallback(
    (part: Partial<PageState>) => {
      change(part, "pushState");
    },
    [change],
  );
  const amend = useCallback(
    (part: Partial<PageState>) => {
      change(part, "replaceState");
    },
    [change],
  );
  return { state, travels, go, amend };
}
