import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import type { Plugin } from "vite";

const FOLDER = join(dirname(createRequire(import.meta.url).resolve("@mapbox/maki/package.json")), "icons");

/**
 * Puts the Maki icons (CC0) into the build as `icons/<name>.svg`. The page uses them by that
 * path, and the server makes the map's sprite sheets of the same files.
 */
export function makiIcons(): Plugin {
  return {
    name: "servicemap:maki-icons",
    async generateBundle() {
      for (const file of await readdir(FOLDER)) {
        if (!file.endsWith(".svg")) continue;
        this.emitFile({
          type: "asset",
          fileName: `icons/${file}`,
          source: await readFile(join(FOLDER, file)),
        });
      }
    },
    configureServer(server) {
      server.middlewares.use("/icons/", (request, response, next) => {
        const name = /^\/([\w-]+\.svg)$/.exec(request.url ?? "")?.[1];
        if (name === undefined) {
          next();
          return;
        }
        readFile(join(FOLDER, name)).then(
          (svg) => response.setHeader("content-type", "image/svg+xml").end(svg),
          () => {
            next();
          },
        );
      });
    },
  };
}
