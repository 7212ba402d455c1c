import { describe, expect, it } from "vitest";

import { problemSentences, toProblem } from "./problem.ts";

describe("a problem", () => {
  it("says every fault the server named", () => {
    const problem = toProblem(400, {
      title: "Bad request",
      detail: "2 parameters are wrong",
      errors: [
        { parameter: "lon", detail: "lon must be a number." },
        { parameter: "lat", detail: "lat and lon look swapped." },
      ],
    });
    expect(problemSentences(problem)).toBe("lon must be a number. lat and lon look swapped.");
  });

  it("falls back on the detail, and then on nothing", () => {
    expect(problemSentences(toProblem(503, { title: "Loading", detail: "The city is still loading." }))).toBe(
      "The city is still loading.",
    );
    expect(problemSentences(toProblem(502, "<html>"))).toBeNull();
  });
});
