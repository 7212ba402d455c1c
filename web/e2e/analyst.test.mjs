import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { startServer } from "./server.mjs";
import { openBrowser, Visitor } from "./visitor.mjs";

const TICKETS = 3000;

describe("the analysts' page", () => {
  let server;
  let browser;

  before(async () => {
    server = await startServer({ tickets: TICKETS });
    browser = await openBrowser();
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Somebody who has followed the link that the server says. */
  const arrive = async (path = "/analyst", options = {}) => {
    const visitor = await Visitor.arrive(browser, server.url, `/analyst#key=${server.key}`, options);
    if (path !== "/analyst") await visitor.page.goto(server.url + path);
    await seen(visitor);
    return visitor;
  };

  /** Waits until what is wanted can be seen, and gives the total. */
  const seen = async ({ page }) => {
    await page.locator('.total-count[data-settled="true"]').waitFor();
    return Number((await page.locator(".total-count").textContent()).replaceAll(",", ""));
  };

  const counted = async (query) => {
    const headers = { authorization: `Bearer ${server.key}` };
    const answer = await fetch(`${server.url}/v1/density?zoom=0&grid=5&${query}`, { headers });
    assert.equal(answer.status, 200);
    return await answer.json();
  };

  /** The parameters of the page's address that are part of the filter. */
  const filterOf = (visitor) => {
    const query = new URL(visitor.page.url()).searchParams;
    for (const name of ["lang", "layer", "grid", "step", "speed", "loop", "frame"]) query.delete(name);
    return query.toString();
  };

  /** Waits for a tile of the map that was asked for with this in its address. */
  const tile = (visitor, part) =>
    visitor.page.waitForResponse(
      (response) => response.url().includes("/tiles/density/") && response.url().includes(part),
    );

  test("takes the key out of the address, and shows the total that the server counts", async () => {
    const visitor = await arrive();
    assert.ok(!visitor.page.url().includes("smk_"));
    assert.equal(await seen(visitor), TICKETS);
    const { total, unplaced } = await counted("");
    assert.equal(total, TICKETS);
    const placed = await visitor.page.locator(".total-placed").textContent();
    assert.ok(placed.includes((total - unplaced).toLocaleString("en")), placed);
    assert.ok(placed.includes(unplaced.toLocaleString("en")), placed);
    for (const place of [".total .synthetic", ".legend .synthetic"])
      assert.equal(await visitor.page.locator(place).textContent(), "合成数据");
    await visitor.page.getByText("噪声扰民").waitFor();
    await visitor.keepPicture("analyst");
    await visitor.leave();
  });

  test("chooses a time by dragging, and map and total are of that time", async () => {
    const visitor = await arrive();
    const { x, y, width, height } = await visitor.page.locator(".track").boundingBox();
    const { mouse } = visitor.page;
    await mouse.move(x + width * 0.25, y + height / 2);
    await mouse.down();
    await mouse.move(x + width * 0.4, y + height / 2, { steps: 6 });
    await mouse.up();
    await visitor.page.waitForURL(/from=20\d\d-\d\d-\d\d.*to=20\d\d-\d\d-\d\d/);
    const total = await seen(visitor);
    assert.ok(total > 0 && total < TICKETS, `${total}`);
    assert.equal(total, (await counted(filterOf(visitor))).total);

    // The same with the keys: a bar more at the end.
    const before = new URL(visitor.page.url()).searchParams.get("to");
    const asked = visitor.page.waitForResponse((response) => {
      const url = new URL(response.url());
      return url.pathname.startsWith("/tiles/density/") && url.searchParams.get("to") > before;
    });
    await visitor.page.getByRole("slider", { name: "结束日期" }).press("ArrowRight");
    await asked;
    await visitor.page.waitForFunction(
      (to) => new URL(window.location.href).searchParams.get("to") > to,
      before,
    );
    const more = await seen(visitor);
    assert.ok(more >= total);
    assert.equal(more, (await counted(filterOf(visitor))).total);
    await visitor.keepPicture("analyst-brushed");
    await visitor.page.getByRole("button", { name: "全部时间" }).click();
    await visitor.page.waitForURL((url) => !url.searchParams.has("from"));
    assert.equal(await seen(visitor), TICKETS);
    await visitor.leave();
  });

  test("plays month by month, each with its own total, and stays where it is paused", async () => {
    const visitor = await arrive("/analyst?from=2026-01-01&to=2026-04-01&speed=4");
    const [january] = await Promise.all([
      counted("from=2026-01-01&to=2026-02-01"),
      tile(visitor, "from=2026-02-01&to=2026-03-01"),
      visitor.page.getByRole("button", { name: "播放" }).click(),
    ]);
    // It goes round, so that every month comes again.
    const shown = visitor.page.locator(".shown-time");
    await visitor.page.locator(".shown-time", { hasText: "2026年1月31日" }).waitFor();
    await visitor.page.locator(".shown-time", { hasText: "2026年3月31日" }).waitFor();
    await visitor.page.locator(".shown-time", { hasText: "2026年2月28日" }).waitFor();
    await visitor.page.getByRole("button", { name: "暂停" }).click();
    const total = await seen(visitor);
    const frame = new URL(visitor.page.url()).searchParams.get("frame");
    const months = ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"];
    const at = months.indexOf(frame);
    assert.ok(at >= 0 && at < 3, frame);
    assert.equal(total, (await counted(`from=${frame}&to=${months[at + 1]}`)).total);
    const name = `2026年${at + 1}月`;
    assert.ok((await shown.textContent()).includes(name), name);

    await visitor.page.getByRole("slider", { name: "播放位置" }).press("Home");
    await visitor.page.waitForURL(/frame=2026-01-01/);
    assert.equal(await seen(visitor), january.total);
    await visitor.page.getByRole("button", { name: "整段" }).click();
    await visitor.page.waitForURL((url) => !url.searchParams.has("frame"));
    assert.equal(await seen(visitor), (await counted("from=2026-01-01&to=2026-04-01")).total);
    await visitor.leave();
  });

  test("narrows by category, state and hour, and counts each without its own choice", async () => {
    const visitor = await arrive();
    const row = (name) => visitor.page.locator(".choice", { hasText: name });
    const all = await row("停车管理").locator(".choice-count").textContent();
    await Promise.all([tile(visitor, "category=noise"), row("噪声扰民").click()]);
    await visitor.page.waitForURL(/category=noise/);
    const noise = await seen(visitor);
    assert.equal(noise, (await counted("category=noise")).total);
    assert.ok(noise > 0 && noise < TICKETS);
    assert.equal(await row("停车管理").locator(".choice-count").textContent(), all);

    await row("已办结").click();
    await visitor.page.waitForURL(/status=closed/);
    const closed = await seen(visitor);
    assert.equal(closed, (await counted("category=noise&status=closed")).total);
    await visitor.page.getByRole("button", { name: "18–24 时" }).click();
    await visitor.page.waitForURL(/hour=18-23/);
    const evening = await seen(visitor);
    assert.equal(evening, (await counted("category=noise&status=closed&hour=18-23")).total);
    assert.ok(evening < closed && closed < noise);

    await visitor.page.goBack();
    assert.equal(await seen(visitor), closed);
    await visitor.page.getByRole("button", { name: "清除筛选" }).click();
    await visitor.page.waitForURL((url) => !url.searchParams.has("category"));
    assert.equal(await seen(visitor), TICKETS);
    await visitor.leave();
  });

  test("shows the same to whoever opens its address", async () => {
    const path =
      "/analyst?lang=en&from=2025-01-01&to=2026-01-01&category=heating,waste&channel=phone&weekday=1-5&layer=cell&grid=6#11/39.9/116.4";
    const visitor = await arrive(path, { dark: true });
    const total = await seen(visitor);
    assert.equal(total, (await counted(filterOf(visitor))).total);
    assert.ok(total > 0);
    const pressed = (name) =>
      visitor.page.getByRole("button", { name, exact: true }).getAttribute("aria-pressed");
    assert.equal(await pressed("Cells"), "true");
    assert.equal(await pressed("We"), "true");
    assert.equal(await pressed("Sa"), "false");
    assert.ok(await visitor.page.locator(".choice", { hasText: "Heating" }).locator("input").isChecked());
    assert.ok(!(await visitor.page.locator(".choice", { hasText: "Noise" }).locator("input").isChecked()));
    await visitor.page.locator(".legend-classes li").first().waitFor();
    await visitor.keepPicture("analyst-cells");
    assert.match(visitor.page.url(), /#11\/39\.9/);
    await visitor.leave();
  });

  test("asks for a key, and says what is wrong with one", async () => {
    const visitor = await Visitor.arrive(browser, server.url, "/analyst", { refused: 401 });
    const field = visitor.page.getByLabel("访问密钥");
    await field.fill("smk_000000000000_00");
    await visitor.page.keyboard.press("Enter");
    await visitor.page.getByText("此密钥无效，或已被撤销。").waitFor();
    assert.equal(await visitor.page.locator(".total-count").count(), 0);
    await field.fill(server.key);
    await visitor.page.keyboard.press("Enter");
    assert.equal(await seen(visitor), TICKETS);
    // It holds for this window, and until one wants another.
    await visitor.page.reload();
    assert.equal(await seen(visitor), TICKETS);
    await visitor.page.getByRole("button", { name: "更换密钥" }).click();
    await field.waitFor();
    await visitor.leave();
  });

  test("fits a small phone", async () => {
    const visitor = await arrive("/analyst?lang=en", { phone: true });
    await visitor.page.setViewportSize({ width: 360, height: 760 });
    const wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 360, `${wide}`);
    for (const part of [".top", ".sheet", ".dock", ".track", ".legend", ".player-terms", ".chosen-time"]) {
      const { x, width } = await visitor.page.locator(part).boundingBox();
      assert.ok(x >= 0 && x + width <= 360.5, part);
    }
    await visitor.keepPicture("analyst-phone");
    await visitor.leave();
  });
});
