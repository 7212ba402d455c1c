import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("..", import.meta.url));
const START_MS = 120_000;

const CITY = ["--city", "../data/beijing"];

/**
 * Starts the server on a free port and gives its address. `SERVICEMAP_BIN` names another binary;
 * with `SERVICEMAP_URL` a server that runs already is used, with the key in `SERVICEMAP_KEY`. With
 * `tickets` it has a database with so many made-up tickets, and gives the key that a newcomer is told.
 *
 * @returns {Promise<{ url: string, key: string | null, stop: () => Promise<void> }>}
 */
export async function startServer({ tickets = 0 } = {}) {
  const running = process.env.SERVICEMAP_URL;
  if (running !== undefined)
    return { url: running.replace(/\/$/, ""), key: process.env.SERVICEMAP_KEY ?? null, stop: async () => {} };

  const binary = process.env.SERVICEMAP_BIN ?? "../target/debug/servicemap";
  const folder = mkdtempSync(`${tmpdir()}/servicemap-e2e-`);
  const kept = tickets > 0 ? ["--database", `${folder}/city.gpkg`] : [];
  const made = ["--count", String(tickets), "--until", "2026-10-31"];
  if (tickets > 0)
    execFileSync(binary, ["generate", "tickets", ...CITY, ...kept, ...made], { cwd: web, stdio: "ignore" });
  const child = spawn(binary, ["serve", "--listen", "127.0.0.1:0", ...CITY, ...kept], {
    cwd: web,
    stdio: ["ignore", "pipe", "pipe"],
  });

  let said = "";
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server did not start in time:\n${said}`)), START_MS);
    const listen = (chunk) => {
      said += chunk;
      const address = /listening on (http:\/\/[\d.]+:\d+)/.exec(said)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    };
    child.stdout.setEncoding("utf8").on("data", listen);
    child.stderr.setEncoding("utf8").on("data", listen);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${said}`)));
  });

  // It listens before the city is read, and says then how to stop it.
  const start = Date.now();
  while (!(await fetch(`${url}/health/ready`)).ok || !said.includes("Ctrl-C")) {
    if (Date.now() - start > START_MS) throw new Error("the city is not ready in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  const stop = async () => {
    await new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill("SIGTERM");
    });
    rmSync(folder, { recursive: true });
  };
  return { url, key: /#key=(\S+)/.exec(said)?.[1] ?? null, stop };
}
