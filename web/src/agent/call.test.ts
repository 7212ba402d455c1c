import { describe, expect, it } from "vitest";

import { callerOf, drawId, isBlank, isServed, newCall, onCall, type Call } from "./call.ts";

const joining = (call: Call, of: string, status: "sending" | "added") =>
  onCall(call, {
    type: "joining",
    call: of,
    ticket: "A",
    joining: status === "sending" ? { status } : { status, id: "A+1", changed: true },
  });

describe("a call", () => {
  it("sends what is known of the caller, under one id however often", () => {
    const call = onCall(newCall("call-1"), { type: "said", change: { words: " 家里不热 ", phone: " " } });
    expect(callerOf(call)).toEqual({ id: "call-1", channel: "phone", description: "家里不热" });
    expect(callerOf(joining(call, "call-1", "added"))).toEqual(callerOf(call));
  });

  it("is served once the caller was added", () => {
    const call = newCall("call-1");
    expect(isBlank(call)).toBe(true);
    const sending = joining(call, "call-1", "sending");
    expect([isBlank(sending), isServed(sending)]).toEqual([false, false]);
    expect(isServed(joining(sending, "call-1", "added"))).toBe(true);
  });

  it("leaves nothing to the next", () => {
    const said = { words: "不热", contact: "来电人", phone: "1" };
    const call = joining(onCall(newCall("call-1"), { type: "said", change: said }), "call-1", "added");
    const next = onCall(call, { type: "next", id: "call-2" });
    expect(next).toEqual(newCall("call-2"));
    // What comes late for the first is none of the second's.
    expect(joining(next, "call-1", "added")).toEqual(next);
  });

  it("has an id of its own", () => {
    const drawn = Array.from({ length: 100 }, drawId);
    expect(new Set(drawn).size).toBe(100);
    for (const id of drawn) expect(id).toMatch(/^call-[0-9a-f]{16}$/);
  });
});
