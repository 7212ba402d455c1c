import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { Plugin } from "vite";

const PACKAGE = "@fontsource-variable/noto-sans-sc";
const VIRTUAL = "virtual:map-fonts";

/**
 * The font's files, Latin first: where two files cover a character the map takes the earlier one,
 * and the Latin file is the smallest.
 */
export function fontFiles(unicode: Readonly<Record<string, string>>): { file: string; ranges: string[] }[] {
  return Object.entries(unicode)
    .map(([subset, ranges]) => ({
      file: `noto-sans-sc-${subset.replace(/[[\]]/g, "")}-wght-normal.woff2`,
      ranges: ranges.split(","),
    }))
    .reverse();
}

/**
 * The module `virtual:map-fonts`: the same font files the page's own text uses, in the shape of
 * the style specification's `font-faces`, so that a map label downloads only the files that cover
 * its characters, and a file that the page has already is not downloaded twice.
 */
export function mapFonts(): Plugin {
  const resolved = `\0${VIRTUAL}`;
  return {
    name: "servicemap:map-fonts",
    resolveId: (id) => (id === VIRTUAL ? resolved : undefined),
    load(id) {
      if (id !== resolved) return undefined;
      const require = createRequire(import.meta.url);
      const unicode = JSON.parse(readFileSync(require.resolve(`${PACKAGE}/unicode.json`), "utf8")) as Record<
        string,
        string
      >;
      const files = fontFiles(unicode);
      const imports = files.map(({ file }, i) => `import f${String(i)} from "${PACKAGE}/files/${file}?url";`);
      const faces = files.map(
        ({ ranges }, i) => `{ url: f${String(i)}, "unicode-range": ${JSON.stringify(ranges)} }`,
      );
      return `${imports.join("\n")}\nexport default [${faces.join(",\n")}];\n`;
    },
    /** `map-fonts.json`: the same list with the files' names in the build, for the server's styles. */
    generateBundle(_, bundle) {
      const require = createRequire(import.meta.url);
      const unicode = JSON.parse(readFileSync(require.resolve(`${PACKAGE}/unicode.json`), "utf8")) as Record<
        string,
        string
      >;
      const built = new Map(
        Object.values(bundle).flatMap((output) =>
          output.type === "asset" ? output.names.map((name) => [name, output.fileName]) : [],
        ),
      );
      const faces = fontFiles(unicode).map(({ file, ranges }) => {
        const url = built.get(file);
        if (url === undefined) throw new Error(`the build has no ${file}`);
        return { url, "unicode-range": ranges };
      });
      this.emitFile({ type: "asset", fileName: "map-fonts.json", source: JSON.stringify(faces) });
    },
  };
}
