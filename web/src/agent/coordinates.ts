/**
 * Reads a position as people write and paste it: in degrees, or degrees, minutes and seconds; with
 * or without letters for the directions, in Latin or in Chinese; as GeoJSON, WKT or a `geo:` address.
 */
import type { Bounds, Datum, LonLat } from "../api/types.ts";

/** How it was known which number is the longitude. */
export type Order =
  /** The text says so. */
  | "said"
  /** Only this way round it lies in the city. */
  | "city"
  /** Only this way round it is a position. */
  | "range"
  /** Nothing tells; longitude is taken to come first. */
  | "taken";

export interface Reading {
  kind: "position";
  at: LonLat;
  order: Order;
  first: "lon" | "lat";
  /** The datum, where the text names one. */
  datum: Datum | null;
}

export type FaultKind = "sixty" | "twice" | "sign";

export interface ReadingFault {
  kind: "fault";
  fault: FaultKind;
}

const MOST_CHARACTERS = 200;

const LON = '"?(?:longitude|long|lng|lon|东经|西经|经度)"?';
const LAT = '"?(?:latitude|lat|北纬|南纬|纬度)"?';
const MARK = `(?:${LON}|${LAT}|[nsew东西南北])`;
const DEGREES =
  "[+-]?\\d{1,3}(?:\\.\\d+)?\\s*(?:(?:°|度)\\s*(?:\\d+(?:\\.\\d+)?\\s*(?:(?:'|分)\\s*(?:\\d+(?:\\.\\d+)?\\s*(?:\"|秒)?)?)?)?)?";
const PART = `(?:${MARK}\\s*[:=]?\\s*${DEGREES}|${DEGREES}\\s*${MARK}|${DEGREES})`;
// Where a unit or a mark ends or begins, nothing need stand between.
const BETWEEN = "(?:\\s*[,;、/|&]\\s*|\\s+|(?<=[^\\d.\\s])|(?=[^\\d.\\s+-]))";
const BOTH = new RegExp(`^(${PART})${BETWEEN}(${PART})$`);

const DATUMS: [Datum, RegExp][] = [
  ["gcj02", /gcj-?0?2|火星|高德|腾讯/g],
  ["bd09", /bd-?0?9(?:ll)?|百度/g],
  ["wgs84", /wgs-?84|cgcs-?2000|\bgps\b/g],
];

interface Part {
  value: number;
  axis: "lon" | "lat" | null;
}

/** Signs of the same meaning become one sign. */
function plain(text: string): string {
  return text
    .replace(/[º˚]/g, "°")
    .replace(/[‘’′´`]/g, "'")
    .replace(/[“”″]/g, '"')
    .normalize("NFKC")
    .replace(/''/g, '"')
    .replace(/[−–]/g, "-")
    .toLowerCase()
    .trim();
}

/** Degrees, minutes and seconds that only spaces or colons part are given their signs. */
function signed(text: string): string {
  const numbers = text.match(/\d+(?:\.\d+)?/g)?.length;
  if (numbers === 6) {
    return text.replace(
      /(?<![\d.])(\d{1,3})[\s:]+(\d{1,2})[\s:]+(\d{1,2}(?:\.\d+)?)(?![\d.])/g,
      "$1°$2'$3\"",
    );
  }
  if (numbers === 4) {
    return text.replace(/(?<![\d.])(\d{1,3})[\s:]+(\d{1,2}(?:\.\d+)?)(?![\d.])/g, "$1°$2'");
  }
  return text;
}

function readPart(text: string): Part | FaultKind {
  const [degrees = "", minutes = "0", seconds = "0"] = text.match(/[+-]?\d+(?:\.\d+)?/g) ?? [];
  const mark = text.replace(/[\d.+°'度分秒:=\s-]/g, "").replaceAll('"', "");
  const axis = /^(?:lon|lng|[ew东西经])/.test(mark) ? "lon" : /^(?:lat|[ns南北纬])/.test(mark) ? "lat" : null;
  const [d, m, s] = [Number(degrees), Number(minutes), Number(seconds)];
  if (m >= 60 || s >= 60 || ((m > 0 || s > 0) && !Number.isInteger(d))) return "sixty";
  if (s > 0 && !Number.isInteger(m)) return "sixty";
  const named = /^(?:[ew]|[ns]|[东西南北])/.test(mark);
  const signedNumber = /^[+-]/.test(degrees);
  if (named && signedNumber) return "sign";
  const negative = degrees.startsWith("-") || /^[sw西南]/.test(mark);
  const size = Math.abs(d) + m / 60 + s / 3600;
  return { value: negative ? -size : size, axis };
}

const inside = ([west, south, east, north]: Bounds, [lon, lat]: LonLat): boolean =>
  lon >= west && lon <= east && lat >= south && lat <= north;

const valid = ([lon, lat]: LonLat): boolean => Math.abs(lon) <= 180 && Math.abs(lat) <= 90;

/** Which of two numbers without a mark is the longitude. */
function ordered(first: number, second: number, city: Bounds | null): Omit<Reading, "kind" | "datum"> {
  const lonFirst: LonLat = [first, second];
  const latFirst: LonLat = [second, first];
  for (const [order, holds] of [
    ["city", (at: LonLat) => city !== null && inside(city, at)],
    ["range", valid],
  ] as const) {
    if (holds(lonFirst) && !holds(latFirst)) return { at: lonFirst, order, first: "lon" };
    if (holds(latFirst) && !holds(lonFirst)) return { at: latFirst, order, first: "lat" };
  }
  return { at: lonFirst, order: "taken", first: "lon" };
}

/**
 * What position a text gives, what keeps it from being one, or `null` where the text is no position
 * at all but words. Numbers out of range are given as they are: the server says what is wrong.
 */
export function readCoordinates(text: string, city: Bounds | null): Reading | ReadingFault | null {
  if (text.length > MOST_CHARACTERS) return null;
  let rest = plain(text);
  let datum: Datum | null = null;
  for (const [name, words] of DATUMS) {
    const without = rest.replace(words, " ");
    if (without !== rest) datum = name;
    rest = without;
  }
  rest = rest.replace(/坐标系?|地图/g, " ").replace(/^[\s:,]+/, "");
  // Forms whose order is part of their definition.
  const geo = /^geo:([^;?]+)/.exec(rest)?.[1];
  const wkt = /^point\s*\(([^()]+)\)$/.exec(rest)?.[1];
  const array = /^\[([^[\]]+)\]$/.exec(rest)?.[1];
  rest = signed((geo ?? wkt ?? array ?? rest).replace(/[()[\]{}]/g, " ").trim());
  const both = BOTH.exec(rest);
  if (both === null) return null;
  const [a, b] = [readPart(both[1] ?? ""), readPart(both[2] ?? "")];
  if (typeof a === "string") return { kind: "fault", fault: a };
  if (typeof b === "string") return { kind: "fault", fault: b };
  if (a.axis !== null && a.axis === b.axis) return { kind: "fault", fault: "twice" };
  const said = geo !== undefined ? "lat" : wkt !== undefined ? "lon" : null;
  const opposite = b.axis === "lat" ? "lon" : b.axis === "lon" ? "lat" : null;
  const first = a.axis ?? opposite ?? said;
  if (first === null) return { kind: "position", datum, ...ordered(a.value, b.value, city) };
  const at: LonLat = first === "lon" ? [a.value, b.value] : [b.value, a.value];
  return { kind: "position", at, order: "said", first, datum };
}
