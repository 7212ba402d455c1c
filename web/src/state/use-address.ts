import { useCallback, useEffect, useRef, useState } from "react";

import type { Lang } from "../api/types.ts";

/** How a page's state is written as an address: from the path or the query on. */
export interface Notation<State> {
  parse: (url: URL, preferred: Lang) => State;
  format: (state: State) => string;
}

export interface AddressHandle<State> {
  state: State;
  /** Counts the steps made with the browser's back and forward. */
  travels: number;
  /** A step the visitor can go back from. */
  go: (change: Partial<State>) => void;
  /** A change that is no step of its own, such as a move of the map. */
  amend: (change: Partial<State>) => void;
}

function preferredLang(): Lang {
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** A page's state, kept equal to its address in both directions. `notation` must stay the same. */
export function useAddress<State>({ parse, format }: Notation<State>): AddressHandle<State> {
  const current = useCallback(() => parse(new URL(window.location.href), preferredLang()), [parse]);
  const [state, setState] = useState(current);
  const [travels, setTravels] = useState(0);
  const latest = useRef(state);

  const change = useCallback(
    (part: Partial<State>, write: "pushState" | "replaceState") => {
      const next = { ...latest.current, ...part };
      const { href } = new URL(format(next), window.location.href);
      latest.current = next;
      setState(next);
      if (href !== window.location.href) window.history[write](null, "", href);
    },
    [format],
  );

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
  }, [current]);

  const go = useCallback(
    (part: Partial<State>) => {
      change(part, "pushState");
    },
    [change],
  );
  const amend = useCallback(
    (part: Partial<State>) => {
      change(part, "replaceState");
    },
    [change],
  );
  return { state, travels, go, amend };
}
