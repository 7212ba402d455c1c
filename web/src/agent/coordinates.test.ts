import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Bounds, LonLat } from "../api/types.ts";
import { readCoordinates } from "./coordinates.ts";

const CITY: Bounds = [115, 39, 118, 41.5];

function at(text: string, city: Bounds | null = CITY): LonLat {
  const read = readCoordinates(text, city);
  if (read?.kind !== "position") throw new Error(`${text} is ${JSON.stringify(read)}`);
  return read.at;
}

describe("a position", () => {
  it.each([
    "116.39,39.9",
    "39.9 116.39",
    "116.39，39.9",
    "１１６．３９、３９．９",
    "(39.9, 116.39)",
    "[116.39, 39.9]",
    "N39.9 E116.39",
    "39.9N,116.39E",
    "39.9 N 116.39 E",
    "n 39.9 e 116.39",
    "北纬39.9 东经116.39",
    "东经116.39度，北纬39.9度",
    "纬度39.9经度116.39",
    "经度：116.39；纬度：39.9",
    "lat=39.9&lon=116.39",
    '{"lng":116.39,"lat":39.9}',
    "POINT(116.39 39.9)",
    "geo:39.9,116.39?z=16",
    "39°54′N 116°23′24″E",
    "N39°54' E116°23.4'",
    "39°54'0\"N116°23'24\"E",
    "39°54’00” 116°23’24”",
    "东经116度23分24秒，北纬39度54分",
    "39 54 0 N, 116 23 24 E",
    "39:54:00 116:23:24",
    "39 54 116 23.4",
    "GCJ-02 116.39,39.9",
    "百度坐标：39.9,116.39",
  ])("is read from %s", (text) => {
    const [lon, lat] = at(text);
    expect(lon).toBeCloseTo(116.39, 9);
    expect(lat).toBeCloseTo(39.9, 9);
  });

  it.each([
    ["116.39,39.9", "city", "lon"],
    ["39.9,116.39", "city", "lat"],
    ["150.1 -33.5", "range", "lon"],
    ["10,20", "taken", "lon"],
    ["20N 10", "said", "lat"],
    ["geo:10,20", "said", "lat"],
  ])("%s says how its order was known", (text, order, first) => {
    expect(readCoordinates(text, CITY)).toMatchObject({ order, first });
  });

  it.each([
    ["高德 116.39,39.9", "gcj02"],
    ["116.39,39.9 (BD09)", "bd09"],
    ["GPS 116.39,39.9", "wgs84"],
    ["116.39,39.9", null],
  ])("%s names its datum", (text, datum) => {
    expect(readCoordinates(text, CITY)).toMatchObject({ datum });
  });

  it.each([
    ["N39°60' E116°", "sixty"],
    ["39.5°30' 116°", "sixty"],
    ["N39 N40", "twice"],
    ["S-33.5 E150", "sign"],
  ])("%s is not one, and it is said why", (text, fault) => {
    expect(readCoordinates(text, CITY)).toEqual({ kind: "fault", fault });
  });

  it.each(["中关村大街27号", "39号院", "101路", "12345", "12 34 56", "B1层 2号", "2024-01-02", "", "1,2,3"])(
    "%s is none but words",
    (text) => {
      expect(readCoordinates(text, CITY)).toBeNull();
    },
  );
});

describe("any position", () => {
  const lon = fc.double({ min: -180, max: 180, noNaN: true });
  const lat = fc.double({ min: -90, max: 90, noNaN: true });

  /** Degrees, minutes and seconds with three decimals, as an instrument shows them. */
  function dms(degrees: number, plus: string, minus: string): [text: string, value: number] {
    const milli = Math.round(Math.abs(degrees) * 3_600_000);
    const [d, m, s] = [
      Math.floor(milli / 3_600_000),
      Math.floor(milli / 60_000) % 60,
      (milli % 60_000) / 1000,
    ];
    const value = (degrees < 0 ? -milli : milli) / 3_600_000;
    return [`${String(d)}°${String(m)}'${s.toFixed(3)}"${degrees < 0 ? minus : plus}`, value];
  }

  it("comes back from its notation in degrees, minutes and seconds", () => {
    fc.assert(
      fc.property(lon, lat, fc.boolean(), fc.constantFrom(",", " ", "", "，"), (x, y, lonFirst, between) => {
        const [east, north] = [dms(x, "E", "W"), dms(y, "N", "S")];
        const parts = lonFirst ? [east[0], north[0]] : [north[0], east[0]];
        const [gotLon, gotLat] = at(parts.join(between), null);
        expect(gotLon).toBeCloseTo(east[1], 9);
        expect(gotLat).toBeCloseTo(north[1], 9);
      }),
    );
  });

  it("in the city comes back in either order", () => {
    const inCity = fc.tuple(
      fc.double({ min: 115, max: 118, noNaN: true }),
      fc.double({ min: 39, max: 41.5, noNaN: true }),
    );
    fc.assert(
      fc.property(inCity, fc.constantFrom(",", " ", ";", "/", "、"), ([x, y], between) => {
        const [a, b] = [x.toFixed(7), y.toFixed(7)];
        expect(at(`${a}${between}${b}`)).toEqual([Number(a), Number(b)]);
        expect(at(`${b}${between}${a}`)).toEqual([Number(a), Number(b)]);
      }),
    );
  });

  it("or any text at all is answered without an error, and a position is finite", () => {
    const piece = fc.constantFrom(
      "39",
      "116.4",
      "°",
      "'",
      '"',
      "N",
      "e",
      "东经",
      "lat",
      ",",
      " ",
      "-",
      "号",
      "geo:",
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 60 }).map((list) => list.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const read = readCoordinates(text, CITY);
        if (read?.kind === "position") expect(read.at.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
