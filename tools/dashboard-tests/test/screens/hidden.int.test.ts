import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { needing } from "@agent-assembly/test-services/needing";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectQuiet, goTo, openBrowser, rest, setHidden, watchPage } from "../support/browser.js";
import { startGateway, type TestGateway } from "../support/gateway.js";

const SCREENS = ["", "events", "agents", "policies", "approvals", "retention", "metrics", "evidence"];
/** The longest time after which a page that is seen asks again, in milliseconds. */
const ASKS_EVERY_MS = 30_000;
/** How long a hidden page follows new events, in milliseconds. */
const FOLLOWS_MS = 5 * 60_000;

describe(...needing("chromium", "a page that is hidden"), () => {
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

  const event = (agentId: string): NewAuditEvent => {
    return { ts: new Date(), agentId, action: "tool_call", decision: "allow" };
  };

  it("asks for nothing, on no screen, and asks again when it is seen", async () => {
    const watch = await watchPage(browser, gateway.url);
    const { page } = watch;
    await page.clock.install();
    await page.goto(gateway.url);
    for (const screen of SCREENS) {
      await goTo(watch, `#/${screen}`);
      await setHidden(page, true);
      const asked: string[] = [];
      const note = (request: { url(): string }): number => asked.push(request.url());
      page.on("request", note);
      await page.clock.runFor(2 * ASKS_EVERY_MS);
      expect(asked, screen).toEqual([]);
      await setHidden(page, false);
      await page.waitForRequest((request) => request.url().endsWith("/api/v1/doctor"));
      page.off("request", note);
    }
    await rest(watch);
    await expectQuiet(watch);
    await page.context().close();
  });

  it("follows new events by its one stream for five minutes, then ends that, and says later that some may be missing", async () => {
    const watch = await watchPage(browser, gateway.url);
    const { page } = watch;
    await page.clock.install();
    await page.goto(`${gateway.url}/#/events?live=1&range=30d`);
    await page.getByRole("button", { name: "Live", exact: true }).waitFor();
    await rest(watch);
    await setHidden(page, true);
    const asked: string[] = [];
    const note = (request: { url(): string }): number => asked.push(request.url());
    page.on("request", note);
    const ended = page.waitForEvent("requestfailed", (request) => request.url().includes("/events/tail"));
    let isEnded = false;
    void ended.then(() => {
      isEnded = true;
    });

    await page.clock.runFor(FOLLOWS_MS - 1000);
    await gateway.storage.audit.append([event("while-hidden")]);
    await page.getByRole("button", { name: "1 new event", exact: false }).waitFor({ state: "attached" });
    expect(isEnded).toBe(false);
    await page.clock.runFor(2000);
    await ended;
    await gateway.storage.audit.append([event("missed")]);
    await page.clock.runFor(FOLLOWS_MS);
    expect(asked).toEqual([]);
    page.off("request", note);

    await setHidden(page, false);
    await page.getByRole("button", { name: "Live", exact: true }).waitFor();
    await page.getByRole("button", { name: "Newer events may be missing" }).click();
    await page.locator(".row:not(.head) .c-agent", { hasText: "missed" }).first().waitFor();
    await page.getByRole("button", { name: "Newer events may be missing" }).waitFor({ state: "detached" });
    await rest(watch);
    await expectQuiet(watch);
    await page.context().close();
  });
});
