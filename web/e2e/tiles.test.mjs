/**
 * Tiles and archives as other people's programs read them: Mapbox's decoder and the PMTiles client.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, openSync, closeSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { PMTiles } from "pmtiles";

import { startServer } from "./server.mjs";

const EXTENT = 4096;
const BUFFER = 64;
const web = fileURLToPath(new URL("..", import.meta.url));

/** Column and row of a position at a zoom, in tile units of the whole world. */
function units([lon, lat], z) {
  const side = EXTENT * 2 ** z;
  const north = Math.asinh(Math.tan((lat * Math.PI) / 180));
  return [((lon + 180) / 360) * side, ((1 - north / Math.PI) / 2) * side];
}

/** Twice the signed area by the surveyor's formula; positive is clockwise, as rows count down. */
const area = (ring) =>
  ring.reduce((sum, a, i) => {
    const b = ring[(i + 1) % ring.length];
    return sum + a.x * b.y - b.x * a.y;
  }, 0);

describe("tiles", () => {
  let server;
  let folder;
  let city;

  before(async () => {
    server = await startServer();
    while ((await fetch(`${server.url}/health/ready`)).status !== 200)
      await new Promise((resolve) => setTimeout(resolve, 50));
    folder = mkdtempSync(join(tmpdir(), "servicemap-tiles-"));
    city = await json("/v1/city");
  });

  after(async () => {
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  async function json(path) {
    const response = await fetch(server.url + path);
    assert.equal(response.status, 200, path);
    return response.json();
  }

  async function tile(layers, z, x, y, query = "") {
    const response = await fetch(`${server.url}/tiles/${layers}/${z}/${x}/${y}${query}`);
    assert.ok([200, 204].includes(response.status), `${layers}/${z}/${x}/${y}: ${response.status}`);
    return new VectorTile(new PbfReader(new Uint8Array(await response.arrayBuffer())));
  }

  const features = (decoded, layer) => {
    const found = decoded.layers[layer];
    return found === undefined ? [] : Array.from({ length: found.length }, (_, i) => found.feature(i));
  };

  /** All tiles of a zoom that meet the city. */
  function tilesOf(z) {
    const [west, south, east, north] = city.bounds;
    const [[x0, y0], [x1, y1]] = [units([west, north], z), units([east, south], z)];
    const out = [];
    for (let x = Math.floor(x0 / EXTENT); x <= x1 / EXTENT; x++)
      for (let y = Math.floor(y0 / EXTENT); y <= y1 / EXTENT; y++) out.push([x, y]);
    return out;
  }

  test("every point is in its tile, where its coordinates say, to one unit", async () => {
    const { features: points } = await json("/v1/points?limit=1000");
    assert.ok(points.length > 500);
    const tiles = new Map();
    for (const z of [14, 17, 20]) {
      for (const point of points.slice(0, z === 14 ? points.length : 60)) {
        const [ux, uy] = units(point.geometry.coordinates, z);
        const [x, y] = [Math.floor(ux / EXTENT), Math.floor(uy / EXTENT)];
        const key = `${z}/${x}/${y}`;
        if (!tiles.has(key)) tiles.set(key, features(await tile("points", z, x, y), "points"));
        const found = tiles.get(key).filter((f) => f.properties.id === point.properties.id);
        assert.equal(found.length, 1, `${point.properties.id} in ${key}`);
        const [[at]] = found[0].loadGeometry();
        assert.ok(Math.abs(at.x + x * EXTENT - ux) <= 1.01, `${key} ${at.x}`);
        assert.ok(Math.abs(at.y + y * EXTENT - uy) <= 1.01, `${key} ${at.y}`);
      }
    }
  });

  test("under any filter, the tiles of a zoom add up to the list", async () => {
    const pick = (list) => list[Math.floor(Math.random() * list.length)];
    const categories = (await json("/v1/categories")).categories.map(({ code }) => code);
    const { divisions } = await json("/v1/divisions?level=district");
    const filters = [""];
    for (let i = 0; i < 5; i++) {
      const query = new URLSearchParams();
      if (Math.random() < 0.6) query.set("category", pick(categories));
      if (Math.random() < 0.5) query.set("division", pick(divisions).code);
      if (Math.random() < 0.4) query.set("bookable", pick(["true", "false"]));
      filters.push(`?${query}`);
    }
    for (const filter of filters) {
      const list = await json(`/v1/points${filter}${filter === "" ? "?" : "&"}limit=1`);
      for (const z of [0, 6, 9, 11]) {
        let sum = 0;
        for (const [x, y] of tilesOf(z))
          for (const { properties } of features(await tile("points", z, x, y, filter), "points"))
            sum += properties.point_count;
        assert.equal(sum, list.numberMatched, `zoom ${z} ${filter}`);
      }
    }
  });

  test("rings are wound and closed as the specification says, and drawn where they are", async () => {
    const corners = new Map();
    for (const z of [8, 11, 14]) {
      const tiles = z === 14 ? tilesOf(14).slice(2000, 2040) : tilesOf(z).slice(0, 60);
      for (const [x, y] of tiles) {
        for (const feature of features(await tile("divisions", z, x, y), "divisions")) {
          assert.equal(feature.type, 3);
          const rings = feature.loadGeometry();
          assert.ok(area(rings[0]) > 0, "the first ring is an outside");
          for (const ring of rings) {
            const [first, last] = [ring[0], ring.at(-1)];
            assert.deepEqual([last.x, last.y], [first.x, first.y], "closed");
            assert.ok(ring.length >= 4 && area(ring) !== 0);
            for (const at of ring)
              assert.ok(Math.min(at.x, at.y) >= -BUFFER && Math.max(at.x, at.y) <= EXTENT + BUFFER);
          }
          const { code } = feature.properties;
          if (!corners.has(code)) {
            const { geometry } = await json(`/v1/divisions/${code}`);
            const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
            corners.set(code, polygons.flat(2));
          }
          const known = new Set();
          for (const corner of corners.get(code)) {
            const [ux, uy] = units(corner, z).map(Math.floor);
            for (const dx of [-1, 0, 1]) for (const dy of [-1, 0, 1]) known.add(`${ux + dx},${uy + dy}`);
          }
          const inside = (v) => v > -BUFFER && v < EXTENT + BUFFER;
          for (const at of rings.flat().filter((p) => inside(p.x) && inside(p.y)))
            assert.ok(known.has(`${at.x + x * EXTENT},${at.y + y * EXTENT}`), `${code} in ${z}/${x}/${y}`);
        }
      }
    }
  });

  test("two tiles draw the same on both sides of their edge", async () => {
    const z = 11;
    const at = new Map();
    const load = async (x, y) => {
      const key = `${x}/${y}`;
      if (!at.has(key)) at.set(key, await tile("divisions", z, x, y));
      return at.get(key);
    };
    let shared = 0;
    for (const [x, y] of tilesOf(z)) {
      const [left, right] = [await load(x, y), await load(x + 1, y)];
      // What both may hold: the overlap of their buffers, without the lines of the cut.
      const band = (decoded, edge) =>
        features(decoded, "divisions")
          .flatMap((f) =>
            f.loadGeometry().flatMap((ring) => ring.slice(1).map((p) => [f.properties.code, p])),
          )
          .filter(([, p]) => Math.abs(p.x - edge) < BUFFER && p.y > -BUFFER && p.y < EXTENT + BUFFER)
          .map(([code, p]) => `${code} ${p.x - edge},${p.y}`)
          .sort();
      const [a, b] = [band(left, EXTENT), band(right, 0)];
      assert.deepEqual(a, b, `${x}/${y}`);
      shared += a.length;
    }
    assert.ok(shared > 100, `only ${shared} corners lie near an edge`);
  });

  test("an exported archive reads as the server's tiles", async () => {
    const binary = process.env.SERVICEMAP_BIN ?? "../target/debug/servicemap";
    const out = join(folder, "map.pmtiles");
    const layers = "points,divisions,places,roads";
    const options = ["--city", "../data/beijing", "--layers", layers, "--max-zoom", "12", "--json"];
    const said = JSON.parse(execFileSync(binary, ["export", "pmtiles", out, ...options], { cwd: web }));
    const file = openSync(out, "r");
    const archive = new PMTiles({
      getKey: () => out,
      getBytes: async (offset, length) => {
        const data = Buffer.alloc(length);
        const read = readSync(file, data, 0, length, offset);
        return { data: data.buffer.slice(data.byteOffset, data.byteOffset + read) };
      },
    });
    const header = await archive.getHeader();
    assert.equal(header.tileType, 1);
    assert.equal(header.clustered, true);
    assert.deepEqual([header.minZoom, header.maxZoom], [0, 12]);
    assert.equal(header.numAddressedTiles, said.tiles);
    assert.equal(header.numTileContents, said.contents);
    const metadata = await archive.getMetadata();
    const listed = (await json(`/tiles/${layers}`)).vector_layers;
    assert.deepEqual(metadata.vector_layers, listed);
    let tiles = 0;
    for (const z of [0, 5, 9, 12]) {
      for (const [x, y] of tilesOf(z).slice(0, 150)) {
        const response = await fetch(`${server.url}/tiles/${layers}/${z}/${x}/${y}`);
        const fresh = Buffer.from(await response.arrayBuffer());
        const kept = await archive.getZxy(z, x, y);
        assert.deepEqual(kept === undefined ? Buffer.alloc(0) : Buffer.from(kept.data), fresh);
        tiles += fresh.length > 0 ? 1 : 0;
      }
    }
    assert.ok(tiles > 50, `${tiles} tiles`);
    closeSync(file);
  });
});
