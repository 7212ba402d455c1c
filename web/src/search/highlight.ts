/** A stretch of a name, and whether it matched what was typed. */
export interface Segment {
  text: string;
  matched: boolean;
}

/**
 * Cuts a name at the ranges that matched. The server counts characters, not UTF-16 units: a rare
 * ideograph in a place name is one character there and two units here. Ranges may overlap, come
 * in any order, and reach past the end.
 */
export function segments(name: string, ranges: readonly (readonly [number, number])[]): Segment[] {
  const out: Segment[] = [];
  Array.from(name).forEach((character, i) => {
    const matched = ranges.some(([start, end]) => i >= start && i < end);
    const last = out.at(-1);
    if (last?.matched === matched) last.text += character;
    else out.push({ text: character, matched });
  });
  return out;
}
