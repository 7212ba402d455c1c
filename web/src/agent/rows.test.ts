import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { RowCutter, type Piece } from "./rows.ts";

function cut(text: string, quoted: boolean, size: number, bites: number[] = [text.length]): Piece[] {
  const cutter = new RowCutter(quoted, size);
  const pieces: Piece[] = [];
  let at = 0;
  for (const bite of [...bites, text.length]) {
    pieces.push(...cutter.push(text.slice(at, at + bite)));
    at += bite;
  }
  return [...pieces, ...cutter.finish()];
}

describe("a file in pieces", () => {
  it("is the same file, however it came, and every piece but the last ends a row", () => {
    const texts = fc
      .array(fc.constantFrom("a", '"', ",", "\n", "\r\n", "中"), { maxLength: 80 })
      .map((list) => list.join(""));
    fc.assert(
      fc.property(
        texts,
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.nat(9)),
        (text, quoted, size, bites) => {
          const pieces = cut(text, quoted, size, bites);
          expect(pieces.map((piece) => piece.text).join("")).toBe(text);
          expect(pieces).toEqual(cut(text, quoted, size));
          for (const piece of pieces.slice(0, -1)) expect(piece.text.endsWith("\n")).toBe(true);
        },
      ),
    );
  });

  it("is not cut between quotation marks", () => {
    const pieces = cut('1,"a\nb"\n2,"c ""\n"" d"\n3,x"y\n', true, 1);
    expect(pieces.map((piece) => piece.text)).toEqual(['1,"a\nb"\n', '2,"c ""\n"" d"\n', '3,x"y\n']);
    expect(pieces.map((piece) => piece.before)).toEqual([0, 1, 2]);
  });

  it("does not grow with a row that has no end", () => {
    const pieces = cut(`"${"x".repeat(100_000)}\n1,2\n`, true, 1);
    expect(pieces).toHaveLength(2);
    expect(pieces[0]?.text.length).toBeLessThan(21_000);
    expect(pieces[1]).toEqual({ text: "1,2\n", before: 1 });
  });
});
