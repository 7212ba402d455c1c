/** What the colours of the map stand for, in round numbers. */

/** Colours from few to many, for the paper and for the dark. */
export const RAMP = {
  light: ["#fbe3b0", "#f7bd6a", "#ee8d45", "#d65a2b", "#a8321f", "#66120f"],
  dark: ["#6a4228", "#935730", "#bd6f35", "#e3914f", "#f7bd80", "#ffe9c4"],
} as const;

/** The deepest tiles of counts; beyond they are enlarged. */
export const MAX_ZOOM = 16;

const CLASSES = RAMP.light.length;
const ROUND = [1, 2, 3, 5, 7, 10];

/** The round number that is not above a number of at least 1. */
export function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const digit = ROUND.findLast((n) => n * power <= value + 1e-9) ?? 1;
  return digit * power;
}

/** The round number that is not below a number. */
export function roundUp(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return (ROUND.find((n) => n * power >= value - 1e-9) ?? 10) * power;
}

/**
 * Where the classes of a map begin, from 1 on, each some times the one before: counts of places
 * differ by powers of ten. `peak` is the largest count that there is.
 */
export function breaksOf(peak: number): number[] {
  const top = Math.max(1, Math.floor(peak));
  if (top <= CLASSES) return Array.from({ length: top }, (_, i) => i + 1);
  const ratio = top ** (1 / CLASSES);
  const breaks = Array.from({ length: CLASSES }, (_, i) => roundDown(ratio ** i));
  return breaks.filter((n, i) => i === 0 || n > (breaks[i - 1] ?? 0));
}

/** The colours of so many classes, the first and the last always among them. */
export function coloursOf(classes: number, ramp: readonly string[]): string[] {
  const last = ramp.length - 1;
  return Array.from({ length: classes }, (_, i) => {
    const at = classes === 1 ? last : Math.round((i * last) / (classes - 1));
    return ramp[at] ?? "";
  });
}

/** One class as the legend writes it. */
export interface Class {
  from: number;
  /** The last count of it; `null` where there is no end. */
  to: number | null;
}

export const classesOf = (breaks: readonly number[]): Class[] =>
  breaks.map((from, i) => ({ from, to: i + 1 < breaks.length ? (breaks[i + 1] ?? from) - 1 : null }));

/** A count at a place of the screen, in pixels. */
export interface Spot {
  x: number;
  y: number;
  count: number;
}

/** So many spots are tried as the middle of the hottest. */
const TRIED = 40;

/**
 * The most that comes together in one spot: counts around it, each less the farther it is, as the
 * map adds them up (a Gaussian that is nearly nothing at `radius`).
 */
export function heatOf(spots: readonly Spot[], radius: number): number {
  const middles = [...spots].sort((a, b) => b.count - a.count).slice(0, TRIED);
  return middles.reduce((peak, middle) => {
    const sum = spots.reduce((all, { x, y, count }) => {
      const share = ((x - middle.x) ** 2 + (y - middle.y) ** 2) / radius ** 2;
      return share >= 1 ? all : all + count * Math.exp(-4.5 * share);
    }, 0);
    return Math.max(peak, sum);
  }, 0);
}
