import { needing } from "@agent-assembly/test-services/needing";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectQuiet, openBrowser, rest, visit } from "../support/browser.js";
import { startGateway, type TestGateway } from "../support/gateway.js";

describe(...needing("chromium", "metrics"), () => {
  let browser: Browser;
  let gateway: TestGateway;

  beforeAll(async () => {
    browser = await openBrowser();
    gateway = await startGateway({ content: "demo" });
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.[Symbol.asyncDispose]();
  });

  it("a range that is drawn over one chart zooms all, and out again", async () => {
    const watch = await visit(browser, gateway.url, "#/metrics?range=30d");
    const { page } = watch;
    const chart = page.locator(".u-over").first();
    const box = await chart.boundingBox();
    if (box === null) throw new Error("the chart is not drawn");
    await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 40, { steps: 5 });
    await page.mouse.up();
    await page.getByRole("button", { name: "Zoom out" }).waitFor();
    await rest(watch);
    const range = await page.evaluate(() => {
      const params = new URLSearchParams(location.hash.split("?")[1]);
      return Date.parse(params.get("to") ?? "") - Date.parse(params.get("from") ?? "");
    });
    expect(range).toBeGreaterThan(0);
    expect(range).toBeLessThan(15 * 86_400_000);
    await page.getByRole("button", { name: "Zoom out" }).click();
    await page.getByText("Draw over a chart to zoom all.").waitFor();
    await expectQuiet(watch);
    await page.context().close();
  });

  it("samples that were recorded have charts of their own, and a table that is saved as CSV", async () => {
    await gateway.storage.metrics.define({ name: "tokens", kind: "delta", unit: "tokens" });
    await gateway.storage.metrics.record([
      { metric: "tokens", value: 1200, ts: new Date(Date.now() - 60_000), agentId: '=cmd|"x"' },
      { metric: "tokens", value: 800, ts: new Date(Date.now() - 60_000), agentId: "support-bot" },
    ]);
    const watch = await visit(browser, gateway.url, "#/metrics?range=1h&by=agentId");
    const chart = watch.page.getByRole("region", { name: "tokens, tokens" });
    await chart.getByText("Table").click();
    const [download] = await Promise.all([
      watch.page.waitForEvent("download"),
      chart.getByRole("button", { name: "Save as CSV" }).click(),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString().split("\r\n");
    expect(lines[0]).toBe("time,agentId,tokens");
    expect(lines.filter((line) => line.endsWith(",1200"))).toEqual([expect.stringContaining(`,"'=cmd|""x""",1200`)]);
    expect(lines.filter((line) => line.endsWith(",support-bot,800"))).toHaveLength(1);
    await watch.page.context().close();
  });
});
