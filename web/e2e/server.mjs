import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("..", import.meta.url));
const START_MS = 120_000;

/**
 * Starts the server on a free port and gives its address. `SERVICEMAP_BIN` names another binary;
 * with `SERVICEMAP_URL` a server that runs already is used.
 *
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function startServer() {
  const running = process.env.SERVICEMAP_URL;
  if (running !== undefined) return { url: running.replace(/\/$/, ""), stop: async () => {} };

  const binary = process.env.SERVICEMAP_BIN ?? "../target/debug/servicemap";
  const child = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--city", "../data/beijing"], {
    cwd: web,
    stdio: ["ignore", "pipe", "pipe"],
  });

  const url = await new Promise((resolve, reject) => {
    let said = "";
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

  // It listens before the city is read, and says until then that it is not ready.
  const start = Date.now();
  while (!(await fetch(`${url}/health/ready`)).ok) {
    if (Date.now() - start > START_MS) throw new Error("the city is not ready in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  const stop = () =>
    new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill("SIGTERM");
    });
  return { url, stop };
}
