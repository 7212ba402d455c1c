import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { startServer } from "./server.mjs";
import { openBrowser, Visitor } from "./visitor.mjs";

/** Tells this run from an earlier one against the same database. */
const RUN = Math.random().toString(36).slice(2, 8);
/** A place of its own: near it is little but what is filed here. */
const within = (from, to) => Number((from + Math.random() * (to - from)).toFixed(4));
const [LON, LAT] = [within(116.28, 116.34), within(39.95, 40.0)];
const PLACE = `text=${LAT},${LON}`;

describe("what was already reported, on the agents' page", () => {
  let server;
  let browser;

  const ask = async (path, how = {}) => {
    const headers = { authorization: `Bearer ${server.key}`, "content-type": "application/json" };
    const answer = await fetch(server.url + path, { ...how, headers });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return await answer.json();
  };

  /** Files a ticket so many metres to the north of the place. */
  const file = (id, metres, more) =>
    ask("/v1/tickets", {
      method: "POST",
      body: JSON.stringify({
        id: `${RUN}-${id}`,
        category: "heat_service",
        channel: "phone",
        lon: LON,
        lat: LAT + metres / 111_200,
        ...more,
      }),
    });

  const similar = (query = "") => ask(`/v1/tickets/similar?lon=${LON}&lat=${LAT}&limit=100&${query}`);

  /** How many there are, once they are so many: what is written shows a moment later. */
  const shown = async (wanted, query) => {
    const start = Date.now();
    for (;;) {
      const { total } = await similar(query);
      if (total >= wanted || Date.now() - start > 30_000) return total;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  before(async () => {
    server = await startServer({ tickets: 50 });
    browser = await openBrowser();
    await file("cold", 20, { description: "家里暖气不热", address: "样例路一号" });
    await file("pipe", 60, { description: "楼道里的暖气管漏水", source: "synthetic" });
    await file("lift", 40, { category: "old_building_lift", description: "电梯坏了" });
    assert.equal(await shown(3), 3);
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** An agent who has followed the link that the server says. */
  const arrive = async (path, options = {}) => {
    const visitor = await Visitor.arrive(browser, server.url, `/agent#key=${server.key}`, options);
    assert.ok(!visitor.page.url().includes("smk_"));
    await visitor.page.goto(server.url + path);
    await visitor.page.locator(".report").first().waitFor();
    return visitor;
  };

  const row = (visitor, text) => visitor.page.locator(".report", { hasText: text });
  const joinIn = (place) => place.getByRole("button", { name: "把此来电者加入" });

  test("asks for a key, says which does not hold, and keeps the one that does", async () => {
    const visitor = await Visitor.arrive(browser, server.url, `/agent?${PLACE}`, { refused: 401 });
    const { page } = visitor;
    const field = page.getByLabel("访问密钥");
    await field.fill("smk_wrong");
    await field.press("Enter");
    await page.getByText("此密钥无效").waitFor();
    await page.locator(".sentence").waitFor();
    await field.fill(server.key);
    await field.press("Enter");
    await row(visitor, "家里暖气不热").waitFor();
    assert.equal(await page.getByText("此密钥无效").count(), 0);
    await page.reload();
    await row(visitor, "家里暖气不热").waitFor();
    await page.getByRole("button", { name: "更换密钥" }).click();
    await field.waitFor();
    assert.equal(await page.locator(".report").count(), 0);
    await visitor.leave();
  });

  test("lists it with all that tells whether it is the same, and marks what is made up", async () => {
    const visitor = await arrive(`/agent?${PLACE}`);
    const { page } = visitor;
    const cold = await row(visitor, "家里暖气不热").textContent();
    assert.match(cold, /待派单.*样例路一号.*20米.*提出/);
    assert.ok(!cold.includes("合成数据"));
    assert.match(await row(visitor, "暖气管漏水").textContent(), /合成数据/);
    assert.match(await page.locator(".answer-buttons").textContent(), /已有诉求 \d+ 件/);

    // A matter is one choice for whoever must act and for what was reported.
    await page.getByLabel("反映什么").focus();
    await page.getByLabel("反映什么").selectOption("heat_service");
    await page.waitForURL(/category=heat_service/);
    await row(visitor, "电梯坏了").waitFor({ state: "detached" });
    assert.match(await row(visitor, "家里暖气不热").textContent(), /同类/);
    assert.equal(await page.getByLabel("事项").inputValue(), "heat_service");
    assert.ok(await page.getByLabel("反映什么").evaluate((field) => field === document.activeElement));
    await page.goBack();
    await row(visitor, "电梯坏了").waitFor();

    // The words of the caller put what is like them first.
    await page.getByLabel("来电内容").fill("电梯坏了，上不去楼");
    await page.locator(".report").first().getByText("说法相似").waitFor();
    assert.match(await page.locator(".report").first().textContent(), /电梯坏了/);
    assert.ok(!decodeURIComponent(page.url()).includes("电梯"));
    await visitor.leave();
  });

  test("goes there with the keyboard, and shows one on the map", async () => {
    const visitor = await arrive(`/agent?${PLACE}`);
    const { page } = visitor;
    const title = page.getByRole("heading", { name: "这里已有的诉求" });
    await page.locator(".card h2").focus();
    await page.keyboard.press("r");
    assert.ok(await title.evaluate((heading) => heading === document.activeElement));
    const [sheet, box] = [await page.locator(".card-head").boundingBox(), await title.boundingBox()];
    assert.ok(box.y >= sheet.y + sheet.height, "it is seen below the head of the card");
    await page.keyboard.press("1");
    await page.waitForURL(/#17/);
    await visitor.keepPicture("agent-reported");
    await visitor.leave();
  });

  test("adds the caller once, however often one clicks, and leaves nothing of them to the next", async () => {
    const visitor = await arrive(`/agent?${PLACE}&category=heat_service`);
    const { page } = visitor;
    const before = (await similar("category=heat_service")).total;
    await page.getByLabel("来电内容").fill("家里暖气也不热");
    await page.getByLabel("回访电话").fill("样例号码");
    const cold = row(visitor, "家里暖气不热");
    const sent = [];
    page.on("request", (request) => {
      if (request.method() === "POST") sent.push(request.postDataJSON());
    });
    await cold.getByText("说法相似").waitFor();
    // Two clicks before the page is drawn in between.
    await joinIn(cold).evaluate((button) => {
      button.click();
      button.click();
    });
    await cold.getByText(`已加入，编号 ${RUN}-cold+call-`).waitFor();
    assert.equal(sent.length, 1);
    assert.equal(await joinIn(cold).count(), 0);
    assert.match(await cold.textContent(), /2 人反映/);
    const address = decodeURIComponent(page.url());
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    for (const personal of ["暖气", "样例号码"])
      assert.ok(!address.includes(personal) && !stored.includes(personal), personal);

    // The same once more, as after an answer that was lost.
    const path = `/v1/tickets/${RUN}-cold/callers`;
    const again = await ask(path, { method: "POST", body: JSON.stringify(sent[0]) });
    assert.equal(again.changed, false);
    const { texts, channel } = (await ask(`/v1/tickets/${encodeURIComponent(again.id)}`)).properties;
    assert.deepEqual([texts.description, texts.phone, channel], ["家里暖气也不热", "样例号码", "phone"]);
    assert.equal(await shown(before + 1, "category=heat_service"), before + 1);

    await page.getByRole("button", { name: "下一位来电" }).click();
    await page.getByRole("heading", { name: "这是谁的辖区？" }).waitFor();
    await visitor.search.fill(`${LAT},${LON}`);
    await visitor.search.press("Enter");
    await joinIn(cold).waitFor();
    assert.match(await cold.textContent(), /2 人反映/);
    for (const label of ["来电内容", "来电人", "回访电话"])
      assert.equal(await page.getByLabel(label, { exact: true }).inputValue(), "");
    await visitor.leave();
  });

  test("says in words why a caller was not added, and adds them when one tries again", async () => {
    // Every refusal; a browser logs them all.
    const visitor = await arrive(`/agent?${PLACE}`, { refused: "" });
    const { page } = visitor;
    const lift = row(visitor, "电梯坏了");
    let refusal = null;
    await page.route("**/callers", (route) =>
      refusal === null
        ? route.continue()
        : route.fulfill({
            status: refusal,
            contentType: "application/problem+json",
            headers: { "retry-after": "9" },
            body: JSON.stringify({ title: "Refused", status: refusal, detail: "Because." }),
          }),
    );
    const words = [
      [400, "未加入：Because."],
      [404, "已不存在"],
      [409, "没有改动"],
      [410, "已被撤回"],
      [429, "9 秒后再试"],
      [503, "服务器正忙"],
      [507, "磁盘已满"],
      [500, "不会重复加入"],
      [403, "此密钥不是坐席的"],
      [401, "密钥无效"],
    ];
    for (const [status, text] of words) {
      refusal = status;
      await joinIn(lift).click();
      await lift.getByRole("alert").getByText(text).waitFor();
    }
    // What is listed stays beside the question for another key.
    await page.getByLabel("访问密钥").fill(server.key);
    refusal = null;
    await joinIn(lift).click();
    await lift.getByText("已加入，编号").waitFor();
    assert.equal(await lift.getByRole("alert").count(), 0);
    await visitor.leave();
  });

  test("fits a phone, speaks English, and is dark where that is wished", async () => {
    const visitor = await arrive(`/agent?lang=en&${PLACE}`, { phone: true, dark: true });
    const { page } = visitor;
    await page.getByRole("button", { name: /reported here/ }).click();
    await page.getByRole("button", { name: "Add this caller to" }).first().waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `${wide}`);
    const body = await page.locator(".card-body").boundingBox();
    for (const part of [".caller", ".reports", ".kind-of"]) {
      const { x, width } = await page.locator(part).boundingBox();
      assert.ok(x >= body.x && x + width <= body.x + body.width + 0.5, part);
    }
    await visitor.keepPicture("agent-reported-phone");
    await visitor.leave();
  });
});
