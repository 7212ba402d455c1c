import type { City } from "../api/types.ts";

/** What must be said of the sources, each once: a part that another one contains is left out. */
export function attributionParts({ attribution, approval_number: approval }: City): string[] {
  const all = [...attribution, approval ?? ""].filter((part) => part !== "");
  return all.filter(
    (part, i) => !all.some((other, j) => other.includes(part) && (other.length > part.length || j < i)),
  );
}
