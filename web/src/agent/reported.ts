/** What was reported already at a place: tickets that share a trouble become one row. */
import type { LonLat, SimilarList, SimilarTicket } from "../api/types.ts";

/** What stands between the id of the first ticket and that of a caller who was added to it. */
const JOIN = "+";
/** From this share of what was said on, the words are like each other. */
const LIKE = 0.35;

export interface Reported {
  /** The ticket that the others were added to. */
  first: SimilarTicket;
  at: LonLat | null;
  /** The ids of all of them: one for each who called. */
  callers: readonly string[];
}

/** The id of the first ticket that `id` was added to; itself where that is not among `ids`. */
function firstOf(id: string, ids: ReadonlySet<string>): string {
  for (let i = id.indexOf(JOIN, 1); i >= 0; i = id.indexOf(JOIN, i + 1)) {
    const first = id.slice(0, i);
    if (ids.has(first)) return first;
  }
  return id;
}

/** The tickets by the trouble that they share, in the order in which each comes up first. */
export function gathered({ features }: Pick<SimilarList, "features">): Reported[] {
  const ids = new Set(features.map(({ properties: { id } }) => id));
  const rows = new Map<string, { first: Reported | null; callers: string[] }>();
  for (const { properties, geometry } of features) {
    const first = firstOf(properties.id, ids);
    const row = rows.get(first) ?? { first: null, callers: [] };
    rows.set(first, row);
    row.callers.push(properties.id);
    if (properties.id !== first) continue;
    const [lon, lat] = geometry?.coordinates ?? [];
    const at: LonLat | null = lon === undefined || lat === undefined ? null : [lon, lat];
    row.first = { first: properties, at, callers: row.callers };
  }
  return [...rows.values()].flatMap(({ first }) => (first === null ? [] : [first]));
}

/** How many have called about it, with those who were added since it was asked for. */
export const countOf = ({ callers }: Reported, added: readonly string[]): number =>
  new Set([...callers, ...added]).size;

/** Why it may be the same, where more is known than that it is near. */
export function reasonsOf({ similar: { kind, words } }: SimilarTicket): ("same" | "near" | "words")[] {
  return [...(kind === null ? [] : [kind]), ...(words >= LIKE ? (["words"] as const) : [])];
}

export interface KindHere {
  code: string;
  name: string;
  count: number;
}

/** The kinds of what was reported, most tickets first; then by name, so that their order is one. */
export function kindsOf({ features }: Pick<SimilarList, "features">): KindHere[] {
  const kinds = new Map<string, KindHere>();
  for (const { properties } of features) {
    const { category: code, category_name: name } = properties;
    const kind = kinds.get(code) ?? { code, name: name ?? code, count: 0 };
    kinds.set(code, { ...kind, count: kind.count + 1 });
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count || a.name.localeCompare(b.name, "zh"));
}

/** The day of a time, as the city's calendar has it: it is read off the text. */
export const dayOf = (time: string): string => time.slice(0, 10);
