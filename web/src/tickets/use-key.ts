import { useState } from "react";

import { keepKey, keptKey } from "./key.ts";

/** The key of this window, and how to give it another or to forget it. */
export function useKey(): [secret: string | null, give: (secret: string | null) => void] {
  const [secret, setSecret] = useState(keptKey);
  const give = (next: string | null): void => {
    keepKey(next);
    setSecret(next);
  };
  return [secret, give];
}

/** What is wrong with a key that was refused; `null` where it was not. */
export const keyFault = (status: number | null | undefined): "wrong" | "other" | null =>
  status === 401 ? "wrong" : status === 403 ? "other" : null;
