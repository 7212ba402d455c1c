/** Sets of small numbers as the server reads them: `1,3-5`. */

/** The numbers of a text below `end`, in order; `null` where it is no such text. */
export function parseNumbers(text: string | null, from: number, end: number): number[] | null {
  if (text === null) return null;
  const numbers = new Set<number>();
  for (const part of text.split(",")) {
    const found = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(part.trim());
    if (found === null) return null;
    const first = Number(found[1]);
    const last = Number(found[2] ?? found[1]);
    if (first > last || first < from || last >= end) return null;
    for (let n = first; n <= last; n += 1) numbers.add(n);
  }
  return [...numbers].sort((a, b) => a - b);
}

export function formatNumbers(numbers: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const n of [...numbers].sort((a, b) => a - b)) {
    const last = parts.at(-1);
    if (last?.[1] === n - 1) last[1] = n;
    else parts.push([n, n]);
  }
  return parts.map(([a, b]) => (a === b ? String(a) : `${String(a)}-${String(b)}`)).join(",");
}

/** With these, or without them where all of them are there. */
export function toggled(numbers: readonly number[], those: readonly number[]): number[] {
  const all = those.every((n) => numbers.includes(n));
  const rest = numbers.filter((n) => !those.includes(n));
  return all ? rest : [...rest, ...those].sort((a, b) => a - b);
}
