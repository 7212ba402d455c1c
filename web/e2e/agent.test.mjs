import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";

import { startServer } from "./server.mjs";
import { openBrowser, Visitor } from "./visitor.mjs";

describe("the agents' page", () => {
  let server;
  let browser;

  before(async () => {
    server = await startServer();
    browser = await openBrowser();
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const arrive = (path, options) => Visitor.arrive(browser, server.url, path, options);

  test("answers a position in either order, and copies the answer, with the keyboard alone", async () => {
    const visitor = await arrive("/agent");
    const { keyboard } = visitor.page;
    await keyboard.press("/");
    await keyboard.type("39.98 116.31");
    await keyboard.press("Enter");
    const heading = visitor.page.getByRole("heading", { level: 2, name: /海淀区/ });
    await heading.waitFor();
    const card = visitor.page.locator(".card");
    assert.match(await card.textContent(), /坐标 116\.31, 39\.98.*按本市范围判断/);
    assert.match(await card.locator(".acts").textContent(), /中关村街道.*依据/);
    const sentence = await card.locator(".sentence").textContent();
    await keyboard.press("c");
    await visitor.page.getByText("已复制").waitFor();
    assert.equal(await visitor.copied(), sentence);
    assert.match(visitor.page.url(), /text=39\.98\+116\.31/);
    await visitor.keepPicture("agent");

    await keyboard.press("Escape");
    await visitor.page.getByRole("heading", { name: "这是谁的辖区？" }).waitFor();
    assert.equal(await visitor.search.inputValue(), "");
    assert.ok(await visitor.search.evaluate((field) => field === document.activeElement));
    await visitor.leave();
  });

  test("asks what tells places of one name apart, and takes the one that is chosen by its number", async () => {
    const visitor = await arrive("/agent?text=%E5%8C%97%E5%A4%A7%E8%A1%97");
    const rows = visitor.page.locator(".rows .row");
    await rows.nth(1).waitFor();
    assert.match(await visitor.page.locator(".sentence").textContent(), /的还是.*的？/);
    await visitor.keepPicture("agent-candidates");
    const name = await rows.nth(1).locator(".row-name").textContent();
    await visitor.page.keyboard.press("2");
    await visitor.page.locator(".asked-for").waitFor();
    assert.equal(await visitor.page.locator(".asked-for").textContent(), name);
    assert.match(visitor.page.url(), /pick=/);
    await visitor.page.goBack();
    await rows.nth(1).waitFor();
    await visitor.leave();
  });

  test("says that another datum would change the answer, and takes it", async () => {
    const visitor = await arrive("/agent");
    const doubtful = await visitor.page.evaluate(async () => {
      for (let i = 0; i < 60; i += 1) {
        const lon = (116.2 + i * 0.002).toFixed(3);
        const answer = await (await fetch(`/v1/locate?lon=${lon}&lat=39.92`)).json();
        if (answer.hint !== null && answer.match !== "outside") return `${lon},39.92`;
      }
      return null;
    });
    assert.notEqual(doubtful, null);
    await visitor.search.fill(doubtful);
    await visitor.page.keyboard.press("Enter");
    const title = visitor.page.locator(".card h2");
    await visitor.page.getByRole("button", { name: "改按 GCJ-02" }).waitFor();
    const taken = await title.textContent();
    await visitor.keepPicture("agent-hint");
    await visitor.page.getByRole("button", { name: "改按 GCJ-02" }).click();
    await visitor.page.waitForURL(/crs=gcj02/);
    await visitor.page.getByRole("button", { name: "改按 GCJ-02" }).waitFor({ state: "detached" });
    await visitor.page.locator(".sentence").waitFor();
    assert.notEqual(await title.textContent(), taken);
    await visitor.leave();
  });

  test("asks about the place that is clicked, and about where its mark is dragged", async () => {
    const visitor = await arrive("/agent#15/39.98/116.31");
    await visitor.page.waitForLoadState("networkidle");
    await visitor.page.mouse.click(900, 330);
    await visitor.page.locator(".sentence").waitFor();
    const first = visitor.page.url();
    assert.match(first, /[?&]at=116\.3/);
    await visitor.page.locator('.map-canvas[data-drawn="true"]').waitFor();
    const { mouse } = visitor.page;
    await mouse.move(900, 330);
    await mouse.down();
    await mouse.move(950, 400, { steps: 5 });
    await mouse.up();
    await visitor.page.waitForFunction((url) => window.location.search !== new URL(url).search, first);
    const at = (url) => new URL(url).searchParams.get("at").split(",").map(Number);
    const [[x, y], [lon, lat]] = [at(first), at(visitor.page.url())];
    assert.ok(lon > x && lat < y, "to the right and down is to the east and south");
    await visitor.leave();
  });

  test("answers a file of positions, counts the broken rows, and gives the result", async () => {
    const visitor = await arrive("/agent");
    const rows = Array.from({ length: 3000 }, (_, i) => `${i},${i % 1000 === 7 ? "x" : "116.31"},39.98`);
    const buffer = Buffer.from(`编号,经度,纬度\n${rows.join("\n")}\n`);
    await visitor.page
      .locator('input[type="file"]')
      .setInputFiles({ name: "places.csv", mimeType: "text/csv", buffer });
    const link = visitor.page.getByRole("link", { name: /下载结果/ });
    await link.waitFor();
    assert.match(await visitor.page.locator(".batch-count").textContent(), /3,000 行.*3 行有误/);
    await visitor.keepPicture("agent-batch");
    const [download] = await Promise.all([visitor.page.waitForEvent("download"), link.click()]);
    assert.equal(download.suggestedFilename(), "places-located.csv");
    const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
    assert.equal(lines.length, 3001);
    assert.match(lines[1], /^0,\w+,110108,海淀区/);
    assert.match(lines[2008], /^2007,.*line 2009: lon is/);
    await visitor.leave();
  });

  test("says why a file is refused", async () => {
    const visitor = await arrive("/agent");
    await visitor.page
      .locator('input[type="file"]')
      .setInputFiles({ name: "wrong.ndjson", mimeType: "application/x-ndjson", buffer: Buffer.from("") });
    await visitor.page.getByText("文件是空的").waitFor();
    await visitor.leave();
  });

  test("shows which rule fires, and goes back to the answer", async () => {
    const visitor = await arrive("/agent?text=39.98,116.31&category=library");
    await visitor.page.getByRole("button", { name: "看规则" }).click();
    await visitor.page.locator(".rule.fires").waitFor();
    assert.match(visitor.page.url(), /\/agent\/rules\?/);
    assert.match(await visitor.page.locator(".rule.fires").textContent(), /属地管理/);
    assert.match(await visitor.page.locator(".rule.unreached").first().textContent(), /未轮到/);
    await visitor.keepPicture("agent-rules");
    await visitor.page.getByRole("button", { name: "返回" }).click();
    await visitor.page.locator(".sentence").waitFor();
    await visitor.leave();
  });

  test("fits a small phone, speaks English, and is dark where that is wished", async () => {
    const visitor = await arrive("/agent?lang=en&text=39.98,116.31", { phone: true, dark: true });
    await visitor.page.setViewportSize({ width: 360, height: 760 });
    await visitor.page.locator(".sentence").waitFor();
    const wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 360, `${wide}`);
    for (const part of [".top", ".sheet", ".terms", ".search-field"]) {
      const { x, width } = await visitor.page.locator(part).boundingBox();
      assert.ok(x >= 0 && x + width <= 360.5, part);
    }
    await visitor.keepPicture("agent-phone");
    await visitor.leave();
  });
});
