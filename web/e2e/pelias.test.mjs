import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { startServer } from "./server.mjs";

const OFFICE = "北京市海淀区人民政府";

/** What Leaflet looks at while it is loaded; the client draws nothing. */
function pretendToBeABrowser() {
  const element = () => ({ style: {}, getContext: () => null, appendChild() {}, addEventListener() {} });
  globalThis.window = Object.assign(globalThis, {
    devicePixelRatio: 1,
    addEventListener() {},
    removeEventListener() {},
  });
  globalThis.document = {
    ...element(),
    documentElement: element(),
    createElement: element,
    createElementNS: element,
  };
  Object.defineProperty(globalThis, "navigator", {
    value: { userAgent: "", platform: "" },
    configurable: true,
  });
}

describe("a client that was written for Pelias", () => {
  let server;
  let client;

  before(async () => {
    server = await startServer();
    await untilReady(server.url);
    pretendToBeABrowser();
    const { geocoders } = await import("leaflet-control-geocoder");
    client = geocoders.pelias({ serviceUrl: `${server.url}/v1`, apiKey: "a-key-of-another-service" });
  });

  after(async () => {
    await server?.stop();
  });

  test("searches", async () => {
    const [first] = await client.geocode("hdqzf");
    assert.equal(first.properties.name, OFFICE);
    assert.ok(first.name.startsWith(OFFICE));
    assert.ok(Math.abs(first.center.lat - 39.96) < 0.1 && Math.abs(first.center.lng - 116.3) < 0.1);
  });

  test("suggests while a matter is typed, and every suggestion has a position", async () => {
    const suggestions = await client.suggest("办身份证");
    assert.equal(suggestions[0].properties.layer, "matter");
    for (const { center } of suggestions)
      assert.ok(Number.isFinite(center.lat) && Number.isFinite(center.lng));
  });

  test("asks what is at a position", async () => {
    const around = await client.reverse({ lat: 39.96, lng: 116.3 }, 1);
    assert.ok(around.some(({ properties }) => properties.county === "海淀区"));
  });
});

/** The server listens before it has read the city. */
async function untilReady(url) {
  for (let attempt = 0; attempt < 600; attempt++) {
    if ((await fetch(`${url}/health/ready`)).ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.fail("the server did not become ready");
}
