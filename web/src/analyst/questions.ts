/** What the server is asked about tickets, all under one filter, so that its answers agree. */
import { get, pathWithQuery, type Query } from "../api/client.ts";
import type { Lang } from "../api/types.ts";
import type { DensityFrame } from "../map/density.ts";
import { formatDay, parseDay, startAfter, type Day, type Range, type Step } from "./days.ts";
import { formatNumbers } from "./numbers.ts";
import type { AnalystState, Layer } from "./state.ts";
import type { Kind } from "./tree.ts";

/** What tickets must be like. */
export type Filter = Pick<
  AnalystState,
  "from" | "to" | "categories" | "statuses" | "channels" | "division" | "hours" | "weekdays"
>;

/** A part of the filter, as the server calls it. */
type Part = "time" | "category" | "status" | "channel" | "division" | "rhythm";

const nothing = (text: string): string | null => (text === "" ? null : text);

/** The filter as parameters; without a part of it, for that part's own counts. */
export function parameters(filter: Filter, without: Part | null = null): Query {
  const day = (value: Day | null): string | null =>
    value === null || without === "time" ? null : formatDay(value);
  return {
    from: day(filter.from),
    to: day(filter.to),
    category: without === "category" ? null : nothing(filter.categories.join(",")),
    status: without === "status" ? null : nothing(filter.statuses.join(",")),
    channel: without === "channel" ? null : nothing(filter.channels.join(",")),
    division: without === "division" ? null : filter.division,
    hour: without === "rhythm" ? null : nothing(formatNumbers(filter.hours)),
    weekday: without === "rhythm" ? null : nothing(formatNumbers(filter.weekdays)),
  };
}

/** Tickets in a stretch of time. */
export interface Bar {
  range: Range;
  count: number;
}

export interface Answers {
  total: number;
  /** Of them those without a position. */
  unplaced: number;
  /** Whether made-up tickets are among those that are kept. */
  synthetic: boolean;
  categories: Kind[];
  statuses: Kind[];
  channels: Kind[];
  districts: Kind[];
  /** By the hour of the week, from Monday midnight. */
  rhythm: number[];
}

interface Density {
  total: number;
  unplaced: number;
  synthetic: boolean;
}

interface Timeline {
  synthetic: boolean;
  stretches: { at: string; count: number }[];
}

/** Everything that is shown beside the map for a filter. */
export async function ask(filter: Filter, lang: Lang, secret: string, signal: AbortSignal): Promise<Answers> {
  const breakdown = async (by: string, without: Part): Promise<Kind[]> => {
    const query = { by, lang, ...parameters(filter, without) };
    return (await get<{ kinds: Kind[] }>("/v1/breakdown", query, signal, secret)).kinds;
  };
  const [density, categories, statuses, channels, districts, rhythm] = await Promise.all([
    // The coarsest grid: it is the total that is asked for.
    get<Density>("/v1/density", { zoom: 0, grid: 5, ...parameters(filter) }, signal, secret),
    breakdown("category", "category"),
    breakdown("status", "status"),
    breakdown("channel", "channel"),
    breakdown("district", "division"),
    get<Timeline>("/v1/timeline", { by: "hour_of_week", ...parameters(filter, "rhythm") }, signal, secret),
  ]);
  const hours = new Array<number>(168).fill(0);
  for (const { at, count } of rhythm.stretches) hours[Number(at)] = count;
  const { total, unplaced, synthetic } = density;
  return { total, unplaced, synthetic, categories, statuses, channels, districts, rhythm: hours };
}

/** When tickets were filed, whatever time is looked at. */
export async function askBars(
  filter: Filter,
  step: Step,
  secret: string,
  signal: AbortSignal,
): Promise<Bar[]> {
  const query = { by: step, ...parameters(filter, "time") };
  const { stretches } = await get<Timeline>("/v1/timeline", query, signal, secret);
  return stretches.flatMap(({ at, count }) => {
    const day = parseDay(at);
    return day === null ? [] : [{ range: [day, startAfter(step, day)] as const, count }];
  });
}

/** Points are as fine as pixels, so that heat has no corners. */
const HEAT_GRID = 7;

/** What the map shows for a filter. */
export function frameOf(filter: Filter, layer: Layer, grid: number): DensityFrame {
  const shape = layer === "heat" ? { shape: "point", grid: HEAT_GRID } : { shape: "cell", grid };
  const path = `${window.location.origin}/tiles/density/{z}/{x}/{y}`;
  return {
    tiles: pathWithQuery(path, { ...shape, ...parameters(filter) }),
    layer,
    subject: pathWithQuery("", { ...shape, ...parameters(filter, "time") }),
  };
}
