/**
 * Checks the map styles: each is valid as it stands and as it is served, all of them have the
 * layers that the page works with, and their texts can be read.
 */
import { readFileSync, readdirSync } from "node:fs";

import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";

const folder = new URL("../../styles/", import.meta.url);
const TOKENS = { base: "http://127.0.0.1:12345", attribution: '© "Somebody"' };
/** Least contrast of a text with its halo; WCAG asks 4.5:1, and 7:1 of what is made for weak eyes. */
const CONTRAST = { "high-contrast.json": 7, "agent.json": 4.5, "analyst.json": 4.5, "print.json": 4.5 };
const faults = [];
let layers = null;

const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
for (const file of files) {
  const text = readFileSync(new URL(file, folder), "utf8");
  const unknown = [...text.matchAll(/"[^"]*\{(\w+)\}[^"]*"/g)]
    .map(([, token]) => token)
    .filter((token) => !(token in TOKENS));
  for (const token of unknown) faults.push(`${file}: the server has no token {${token}}`);

  const served = text.replace(/\{(\w+)\}/g, (whole, token) =>
    token in TOKENS ? JSON.stringify(TOKENS[token]).slice(1, -1) : whole,
  );
  for (const [state, json] of [
    ["as kept", text],
    ["as served", served],
  ]) {
    for (const { message } of validateStyleMin(JSON.parse(json)))
      faults.push(`${file}, ${state}: ${message}`);
  }

  const least = CONTRAST[file] ?? 3;
  for (const { id, paint } of JSON.parse(text).layers) {
    if (paint?.["text-halo-color"] === undefined) continue;
    const ratio = contrast(paint["text-color"], paint["text-halo-color"]);
    if (ratio < least) faults.push(`${file}: the text of ${id} has ${ratio.toFixed(1)}:1, not ${least}:1`);
  }

  const ids = JSON.parse(text)
    .layers.map(({ id }) => id)
    .join(" ");
  layers ??= ids;
  if (ids !== layers) faults.push(`${file}: its layers are not those of ${files[0]}`);
}

/** The contrast of two colours by WCAG 2.2. */
function contrast(...colours) {
  const [light, dark] = colours
    .map((colour) => {
      const [r, g, b] = [1, 3, 5]
        .map((i) => parseInt(colour.slice(i, i + 2), 16) / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    })
    .sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

if (files.length === 0) faults.push("no styles found");
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
console.log(`${files.length} styles are valid`);
