import { describe, expect, it } from "vitest";

import { formatState, parseState, type PageState } from "./url.ts";

const at = (path: string): URL => new URL(path, "http://localhost/");

const EMPTY: PageState = {
  lang: "zh",
  text: null,
  category: null,
  service: null,
  division: null,
  point: null,
  at: null,
  view: null,
};

describe("the page's address", () => {
  it("comes back as the state it was made of", () => {
    const state: PageState = {
      lang: "en",
      text: "海淀区 政府",
      category: "library",
      service: "marriage",
      division: "110108",
      point: "osm:1/2",
      at: [116.31, 39.98],
      view: { zoom: 12.25, lat: 39.98, lon: 116.31 },
    };
    expect(parseState(at(formatState(state)))).toEqual(state);
  });

  it("of an untouched page holds the language only", () => {
    expect(formatState(EMPTY)).toBe("?lang=zh");
    expect(parseState(at("/"))).toEqual(EMPTY);
  });

  it("takes the visitor's language where the address names none", () => {
    expect(parseState(at("/"), "en").lang).toBe("en");
    expect(parseState(at("/?lang=zh"), "en").lang).toBe("zh");
    expect(parseState(at("/?lang=xx"), "en").lang).toBe("en");
  });

  it("that is damaged loses only what is damaged", () => {
    const state = parseState(at("/?at=abc,39&point=p1&category=#99/1/2"));
    expect(state).toEqual({ ...EMPTY, point: "p1" });
    expect(parseState(at("/?at=116.3,139")).at).toBeNull();
    expect(parseState(at("/#12/39.9")).view).toBeNull();
  });
});
