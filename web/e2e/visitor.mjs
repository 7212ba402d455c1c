import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const artefacts = fileURLToPath(new URL("../../tests/artefacts/", import.meta.url));

const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // The map needs WebGL 2; without a graphics card it is computed.
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  // Nothing but this machine exists: a page that asks for anything else fails the test.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

export const openBrowser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGS });

/** Somebody who opens the page in a window of their own, and notices everything that goes wrong. */
export class Visitor {
  #context;
  #base;
  #faults = [];
  #mayLeave = false;

  static async arrive(browser, base, path = "/", { phone = false, dark = false, refused = null } = {}) {
    const visitor = new Visitor();
    visitor.#base = base;
    visitor.#context = await browser.newContext({
      locale: "zh-CN",
      colorScheme: dark ? "dark" : "light",
      reducedMotion: "reduce",
      ...(phone
        ? { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true }
        : { viewport: { width: 1280, height: 800 } }),
    });
    visitor.#context.setDefaultTimeout(30_000);
    visitor.#context.on("request", (request) => visitor.#watch(request));
    await visitor.#context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const page = await visitor.#context.newPage();
    page.on("console", (message) => {
      // Browsers log every refusal; one that is meant to come is none of the page's faults.
      if (refused !== null && message.text().includes(`status of ${refused}`)) return;
      if (message.type() === "error") visitor.#faults.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => visitor.#faults.push(`error: ${error.message}`));
    visitor.page = page;
    await page.goto(base + path);
    await page.locator('.map[data-state="ready"]').waitFor();
    return visitor;
  }

  #watch(request) {
    const url = new URL(request.url());
    if (!url.protocol.startsWith("http") || url.origin === this.#base) return;
    if (this.#mayLeave && request.isNavigationRequest()) return;
    this.#faults.push(`request to another origin: ${url.href}`);
  }

  /** What was copied last; the page may write to the clipboard as a person's browser lets it. */
  async copied() {
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  get search() {
    return this.page.locator("#search");
  }

  /** Types as a person does, letter by letter, and waits for the suggestions. */
  async type(text) {
    await this.search.pressSequentially(text, { delay: 40 });
    await this.page.getByRole("option").first().waitFor();
  }

  /** Follows a link that leaves the page, as far as this machine: to where the server sends one. */
  async follow(link) {
    this.#mayLeave = true;
    const sent = this.#context.waitForEvent("response", (response) => response.status() === 303);
    await link.click();
    return new URL((await sent).headers().location);
  }

  async keepPicture(name) {
    await mkdir(artefacts, { recursive: true });
    await this.page.waitForLoadState("networkidle");
    await this.page.locator('.map-canvas[data-drawn="true"]').waitFor();
    await this.page.screenshot({ path: `${artefacts}${name}.png` });
  }

  async leave() {
    await this.#context.close();
    assert.deepEqual(this.#faults, []);
  }
}
