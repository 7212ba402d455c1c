import { describe, expect, it } from "vitest";

import { toProblem } from "../api/problem.ts";
import { AGENT_MESSAGES } from "./messages.ts";
import { notAdded } from "./not-added.ts";

const why = (status: number, retryAfter: string | null = null) =>
  notAdded(toProblem(status, { detail: "The server's words." }, retryAfter), AGENT_MESSAGES.en);

describe("why a caller was not added", () => {
  it("is another sentence for each reason, in both languages", () => {
    const statuses = [0, 401, 403, 404, 409, 410, 429, 503, 507];
    expect(new Set(statuses.map((status) => why(status))).size).toBe(statuses.length);
    for (const status of statuses)
      expect(notAdded(toProblem(status, null), AGENT_MESSAGES.zh)).toMatch(/\p{Script=Han}/u);
  });

  it("says when to try again, where the server does", () => {
    expect(why(429, "30")).toContain("30 s");
    expect(why(429, "Wed, 21 Oct 2026 07:28:00 GMT")).toContain("later");
  });

  it("has the server's words where only they say what is wrong", () => {
    expect(why(400)).toContain("The server's words.");
  });

  it("does not claim to know what became of it where no answer says so", () => {
    for (const status of [0, 500, 502]) expect(why(status)).toContain("not known");
  });
});
