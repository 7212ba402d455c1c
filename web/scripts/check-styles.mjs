/**
 * Checks the map styles: each is valid as it stands and as it is served, and all of them have the
 * layers that the page works with.
 */
import { readFileSync, readdirSync } from "node:fs";

import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";

const folder = new URL("../../styles/", import.meta.url);
const TOKENS = { base: "http://127.0.0.1:12345", attribution: '© "Somebody"' };
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

  const ids = JSON.parse(text)
    .layers.map(({ id }) => id)
    .join(" ");
  layers ??= ids;
  if (ids !== layers) faults.push(`${file}: its layers are not those of ${files[0]}`);
}

if (files.length === 0) faults.push("no styles found");
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
console.log(`${files.length} styles are valid`);
