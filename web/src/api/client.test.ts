import { afterEach, describe, expect, it, vi } from "vitest";

import { api, pathWithQuery, post } from "./client.ts";
import { ApiError } from "./problem.ts";

const { signal } = new AbortController();

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a question to the server", () => {
  it("leaves out parameters that have no value", () => {
    expect(pathWithQuery("/v1/points", { category: "court", division: null, limit: 20 })).toBe(
      "/v1/points?category=court&limit=20",
    );
    expect(pathWithQuery("/v1/city", {})).toBe("/v1/city");
  });

  it("asks for suggestions near the middle of the map", async () => {
    const asked = vi.fn(() => Promise.resolve(Response.json({ features: [] })));
    vi.stubGlobal("fetch", asked);
    await api.autocomplete({ text: "图书馆", size: 8, lang: "zh", focus: [116.3975, 39.9087] }, signal);
    const [url] = asked.mock.calls[0] as unknown as [string];
    expect(Object.fromEntries(new URL(url, "http://localhost").searchParams)).toEqual({
      text: "图书馆",
      size: "8",
      lang: "zh",
      "focus.point.lat": "39.90870",
      "focus.point.lon": "116.39750",
    });
  });

  it("that cannot be delivered is an error with status 0", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(api.city("zh", signal)).rejects.toMatchObject({ problem: { status: 0 } });
  });

  it("that the server refuses is an error with the server's words", async () => {
    vi.stubGlobal("fetch", () =>
      Promise.resolve(Response.json({ title: "Gone", detail: "This office has closed." }, { status: 410 })),
    );
    const refused = api.point("x", "zh", signal);
    await expect(refused).rejects.toBeInstanceOf(ApiError);
    await expect(refused).rejects.toMatchObject({ message: "This office has closed." });
  });

  it("is asked with the key where there is one, and with none where there is none", async () => {
    const asked = vi.fn(() => Promise.resolve(Response.json({ features: [] })));
    vi.stubGlobal("fetch", asked);
    await api.city("zh", signal);
    await api.similar({ at: [116.4, 39.9], category: null, text: "不热", lang: "zh" }, "smk_x", signal);
    const [[, open], [path, closed]] = asked.mock.calls as unknown as [
      [string, { headers: Headers }],
      [string, { headers: Headers }],
    ];
    expect(open.headers.get("authorization")).toBeNull();
    expect(closed.headers.get("authorization")).toBe("Bearer smk_x");
    expect(path).not.toContain("smk_");
  });

  it("that writes sends JSON, and hears when to try again", async () => {
    const asked = vi.fn(() =>
      Promise.resolve(Response.json({ title: "Busy" }, { status: 503, headers: { "retry-after": "7" } })),
    );
    vi.stubGlobal("fetch", asked);
    const refused = post("/v1/tickets/A/callers", { id: "call-1" }, signal, "smk_x");
    await expect(refused).rejects.toMatchObject({ problem: { status: 503, retryAfter: 7 } });
    const [[, how]] = asked.mock.calls as unknown as [[string, RequestInit & { headers: Headers }]];
    expect([how.method, how.body, how.headers.get("content-type")]).toEqual([
      "POST",
      '{"id":"call-1"}',
      "application/json",
    ]);
  });
});
