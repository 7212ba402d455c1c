import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { startServer } from "./server.mjs";
import { openBrowser, Visitor } from "./visitor.mjs";

const OFFICE = /海淀区人民政府/;

describe("the page", () => {
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

  test("finds an office by its everyday name and opens its card", async () => {
    const visitor = await arrive("/");
    await visitor.type("海淀区政府");
    await visitor.keepPicture("suggestions");
    const first = visitor.page.getByRole("option").first();
    assert.match(await first.textContent(), OFFICE);
    await first.click();

    await visitor.page.getByRole("heading", { level: 2, name: OFFICE }).waitFor();
    const card = visitor.page.locator(".card");
    assert.match(await card.textContent(), /海淀区/);
    assert.match(await card.textContent(), /数据来源/);
    assert.match(visitor.page.url(), /[?&]point=/);
    await visitor.keepPicture("card");
    await visitor.leave();
  });

  test("says where a booking link leads, and the server sends one exactly there", async () => {
    const visitor = await arrive("/");
    await visitor.type("海淀区政府");
    await visitor.page.getByRole("option").first().click();
    const link = visitor.page.locator('a.booking-link[href*="/reserve"]').first();
    const said = await link.locator(".host").textContent();
    const target = await visitor.follow(link);
    assert.equal(target.protocol, "https:");
    assert.equal(target.host, said);
    await visitor.leave();
  });

  test("finds an office by the initials of its name, with the keyboard alone", async () => {
    const visitor = await arrive("/");
    await visitor.page.keyboard.press("/");
    await visitor.type("hdqzf");
    await visitor.page.getByRole("option", { name: OFFICE }).first().waitFor();
    assert.match(await visitor.page.getByRole("option").first().textContent(), OFFICE);
    await visitor.page.keyboard.press("ArrowDown");
    assert.equal(await visitor.page.getByRole("option").first().getAttribute("aria-selected"), "true");
    await visitor.page.keyboard.press("Enter");
    await visitor.page.getByRole("heading", { level: 2, name: OFFICE }).waitFor();
    await visitor.leave();
  });

  test("says whose a place is that is clicked on the map", async () => {
    const visitor = await arrive("/#16/39.98/116.31");
    await visitor.page.waitForLoadState("networkidle");
    await visitor.page.mouse.click(900, 330);
    await visitor.page.locator(".sentence").waitFor();
    assert.match(await visitor.page.locator(".sentence").textContent(), /海淀区/);
    assert.match(await visitor.page.locator(".levels").textContent(), /海淀区/);
    assert.match(visitor.page.url(), /[?&]at=116\.3/);
    await visitor.keepPicture("jurisdiction");
    await visitor.leave();
  });

  test("lists the offices of a category that are in view, and opens one", async () => {
    const visitor = await arrive("/#11/39.95/116.35");
    await visitor.page.getByRole("navigation").getByRole("button").first().click();
    const rows = visitor.page.locator(".rows .row");
    await rows.first().waitFor();
    await visitor.keepPicture("category");
    const name = await rows.first().locator(".row-name").textContent();
    await rows.first().click();
    await visitor.page.getByRole("heading", { level: 2, name, exact: true }).waitFor();
    await visitor.page.goBack();
    await rows.first().waitFor();
    await visitor.leave();
  });

  test("speaks English when asked to, and keeps what is open", async () => {
    const visitor = await arrive("/?at=116.31000,39.98000");
    await visitor.page.getByRole("heading", { name: "这里归谁管" }).waitFor();
    await visitor.page.getByRole("button", { name: "English" }).click();
    await visitor.page.getByRole("heading", { name: "Who is responsible here" }).waitFor();
    assert.equal(await visitor.page.locator("html").getAttribute("lang"), "en");
    assert.match(visitor.page.url(), /lang=en/);
    await visitor.page.locator(".sentence").waitFor();
    await visitor.keepPicture("english");
    await visitor.leave();
  });

  test("says so in a page of its own where there is nothing", async () => {
    const response = await fetch(`${server.url}/no-such-page`, { headers: { accept: "text/html" } });
    assert.equal(response.status, 404);
    assert.match(await response.text(), /没有这一页/);
  });

  test("names its sources on a phone's screen too", async () => {
    const visitor = await arrive("/", { phone: true });
    const { x, y, width, height } = await visitor.page.locator(".attribution").boundingBox();
    assert.ok(x >= 0 && x + width <= 390 && y + height <= 845, "the attribution is on the screen");
    assert.match(await visitor.page.locator(".attribution").textContent(), /OpenStreetMap/);
    await visitor.keepPicture("phone");
    await visitor.leave();
  });
});
