/**
 * Every state of the analysts' page is in its address, so that a colleague sees the same:
 * `/analyst?lang=zh&from=2026-01-01&to=2026-04-01&category=noise&layer=cell#10/39.9/116.39`.
 * The key is not: it opens what a link must not.
 */
import type { Lang } from "../api/types.ts";
import { DEFAULT_LANG, filled, formatAddress, parseLang, parseView, type View } from "../state/address.ts";
import { STATUSES } from "../tickets/status.ts";
import { formatDay, parseDay, STEPS, type Day, type Step } from "./days.ts";
import { formatNumbers, parseNumbers } from "./numbers.ts";

export const LAYERS = ["heat", "cell"] as const;
export type Layer = (typeof LAYERS)[number];
/** Sizes of cells: a tile has 2^grid along its side. */
export const GRIDS = [5, 6, 7] as const;
/** Frames a second. */
export const SPEEDS = [0.5, 1, 2, 4] as const;

export interface AnalystState {
  lang: Lang;
  /** The first day, and the day after the last; `null` where there is no limit. */
  from: Day | null;
  to: Day | null;
  /** A day of the frame that is shown of the range; the whole of it if `null`. */
  frame: Day | null;
  /** How long a frame is. */
  step: Step;
  speed: number;
  /** Whether playing goes on from the start when it is at the end. */
  loop: boolean;
  /** Codes of categories; each stands for those below it too. None: all. */
  categories: readonly string[];
  statuses: readonly string[];
  channels: readonly string[];
  division: string | null;
  hours: readonly number[];
  weekdays: readonly number[];
  layer: Layer;
  grid: number;
  view: View | null;
}

/** No filter; what is shown, and how, stays. */
export const NO_FILTER = {
  from: null,
  to: null,
  frame: null,
  categories: [],
  statuses: [],
  channels: [],
  division: null,
  hours: [],
  weekdays: [],
} satisfies Partial<AnalystState>;

const list = (value: string | null): string[] => [
  ...new Set(
    (value ?? "")
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  ),
];

const oneOf = <T extends string | number>(all: readonly T[], value: string | null, otherwise: T): T =>
  all.find((one) => String(one) === value) ?? otherwise;

/** Reads a state from an address. What cannot be understood is as if it were not there. */
export function parseAnalystState(url: URL, preferred: Lang = DEFAULT_LANG): AnalystState {
  const query = url.searchParams;
  const [from, to] = [parseDay(query.get("from")), parseDay(query.get("to"))];
  const sound = from === null || to === null || from < to;
  return {
    lang: parseLang(query.get("lang"), preferred),
    from: sound ? from : null,
    to: sound ? to : null,
    frame: parseDay(query.get("frame")),
    step: oneOf(STEPS, query.get("step"), "month"),
    speed: oneOf(SPEEDS, query.get("speed"), 1),
    loop: query.get("loop") !== "false",
    categories: list(query.get("category")),
    statuses: list(query.get("status")).filter((word) => STATUSES.some((status) => status === word)),
    channels: list(query.get("channel")),
    division: filled(query.get("division")),
    hours: parseNumbers(query.get("hour"), 0, 24) ?? [],
    weekdays: parseNumbers(query.get("weekday"), 1, 8) ?? [],
    layer: oneOf(LAYERS, query.get("layer"), "heat"),
    grid: oneOf(GRIDS, query.get("grid"), 5),
    view: parseView(url.hash),
  };
}

/** The address of a state, from the path on. What is as usual is left out. */
export function formatAnalystState(state: AnalystState): string {
  const query = new URLSearchParams({ lang: state.lang });
  const set = (name: string, value: string | null): void => {
    if (value !== null && value !== "") query.set(name, value);
  };
  const day = (value: Day | null): string | null => (value === null ? null : formatDay(value));
  set("from", day(state.from));
  set("to", day(state.to));
  set("frame", day(state.frame));
  if (state.step !== "month") set("step", state.step);
  if (state.speed !== 1) set("speed", String(state.speed));
  if (!state.loop) set("loop", "false");
  set("category", state.categories.join(","));
  set("status", state.statuses.join(","));
  set("channel", state.channels.join(","));
  set("division", state.division);
  set("hour", formatNumbers(state.hours));
  set("weekday", formatNumbers(state.weekdays));
  if (state.layer !== "heat") set("layer", state.layer);
  if (state.grid !== 5) set("grid", String(state.grid));
  return `/analyst${formatAddress(query, state.view)}`;
}
