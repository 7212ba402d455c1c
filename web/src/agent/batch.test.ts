import { afterEach, describe, expect, it, vi } from "vitest";

import { counted, runBatch, type Progress } from "./batch.ts";

const TERMS = { crs: null, date: null, lang: "zh" } as const;
const HEADER = "id,match,district,district_name,township,township_name,community,community_name,error\n";

interface Sent {
  query: URLSearchParams;
  type: string | null;
  body: string;
}

/** A server that answers each row with its id, or an error where there is no second cell. */
function serve(): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    const body = init.body as string;
    const query = new URL(path, "http://localhost").searchParams;
    sent.push({ query, type: new Headers(init.headers).get("content-type"), body });
    const first = Number(query.get("first_line"));
    const rows = body.split("\n").slice(1, -1);
    const answers = rows.map((row, i) => {
      const [id = "", lon = ""] = row.split(",");
      return lon === "" ? `${id},,,,,,,,line ${String(first + 1 + i)}: no lon\n` : `${id},inside,1,甲,,,,,\n`;
    });
    return Promise.resolve(new Response(HEADER + answers.join("")));
  });
  return sent;
}

async function run(file: Blob): Promise<{ text: string; last: Progress | null; extension: string }> {
  let last: Progress | null = null;
  const { file: out, extension } = await runBatch(
    file,
    TERMS,
    new AbortController().signal,
    [],
    (progress) => {
      last = progress;
    },
  );
  // A reader of text takes the byte order mark for what it is.
  return { text: await out.text(), last, extension };
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a file of many positions", () => {
  it("goes in small pieces, each with the header and the number of its first line", async () => {
    const sent = serve();
    const rows = Array.from({ length: 5000 }, (_, i) => `${String(i)},${i === 4321 ? "" : "116.39"},39.9\n`);
    const { text, last, extension } = await run(new Blob(["id,lon,lat\n", ...rows]));
    expect(extension).toBe("csv");
    expect(sent.length).toBeGreaterThan(2);
    for (const { body, type } of sent) {
      expect(type).toBe("text/csv");
      expect(body.startsWith("id,lon,lat\n")).toBe(true);
      expect(new TextEncoder().encode(body).length).toBeLessThan(64 * 1024);
    }
    const lines = text.split("\n");
    expect(lines).toHaveLength(5002);
    expect(lines[4322]).toBe("4321,,,,,,,,line 4323: no lon");
    expect(last).toEqual({ share: 1, rows: 5000, broken: 1, encoding: "utf-8" });
  });

  it("is read as GB18030 where it is not UTF-8", async () => {
    const sent = serve();
    const gbk = new Uint8Array([
      ...new TextEncoder().encode("id,lon,lat\n"),
      0xb1,
      0xb1,
      0xbe,
      0xa9,
      0x2c,
      0x31,
      0x2c,
      0x32,
      0x0a,
    ]);
    const { last } = await run(new Blob([gbk]));
    expect(last?.encoding).toBe("gb18030");
    expect(sent[0]?.body).toBe("id,lon,lat\n北京,1,2\n");
  });

  it("waits where the server is busy, and stops with its words where it refuses", async () => {
    vi.useFakeTimers();
    let calls = 0;
    vi.stubGlobal("fetch", () => {
      calls += 1;
      return Promise.resolve(
        calls === 1
          ? new Response("{}", { status: 503, headers: { "retry-after": "3" } })
          : Response.json({ title: "Bad", detail: "no such columns" }, { status: 400 }),
      );
    });
    const outcome = run(new Blob(["a,b\n1,2\n"])).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(3500);
    expect(await outcome).toMatchObject({ message: "no such columns" });
    expect(calls).toBe(2);
  });

  it("of objects is counted by its lines", () => {
    expect(counted('{"id":1,"match":"inside"}\n{"id":2,"line":2,"error":"no"}\n', "ndjson")).toEqual([2, 1]);
  });
});
