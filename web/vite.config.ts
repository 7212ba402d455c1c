import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { makiIcons } from "./vite/maki-icons.ts";
import { mapFonts } from "./vite/map-fonts.ts";

/** Where `npm run dev` finds a running server; the page itself only ever asks its own origin. */
const server = process.env.SERVICEMAP_URL ?? "http://127.0.0.1:12345";

export default defineConfig({
  plugins: [react(), makiIcons(), mapFonts()],
  build: {
    target: "es2023",
    // Every asset stays a file of its own: the page works under a content security policy
    // without `data:` in `font-src` and `script-src`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The licences of everything that is built in, served at /licences.md.
    license: { fileName: "licences.md" },
    // The map library alone is 1 MB; the limit warns about what we add to it.
    chunkSizeWarningLimit: 1300,
    rolldownOptions: {
      input: ["index.html", "agent.html", "analyst.html"],
      output: {
        // The libraries change more rarely than the page, so they are cached apart from it.
        codeSplitting: {
          groups: [
            { name: "maplibre", test: /node_modules\/(maplibre-gl|@maplibre|@mapbox)\// },
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
          ],
        },
      },
    },
  },
  worker: { format: "es" },
  server: {
    proxy: Object.fromEntries(
      ["/v1", "/tiles", "/styles", "/sprites", "/openapi.json", "/docs"].map((path) => [path, server]),
    ),
  },
  test: { include: ["src/**/*.test.ts", "vite/**/*.test.ts"], environment: "node" },
});
