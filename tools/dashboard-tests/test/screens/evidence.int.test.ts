import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { needing } from "@agent-assembly/test-services/needing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectQuiet, openBrowser, rest, violationsOf, visit, type Watch } from "../support/browser.js";
import { startGateway, type TestGateway } from "../support/gateway.js";

const CHECKER = fileURLToPath(new URL("../../../../packages/evidence/bin/evidence.js", import.meta.url));
const LIST = "**/api/v1/evidence/verifications";
const HOSTILE = '<img src=x onerror="window.__pwned=1">';

/** A verification as the gateway would tell of it. */
const TOLD = {
  id: "019ad4c2-7f00-7000-8000-000000000001",
  actor: HOSTILE,
  startedAt: "2026-11-30T12:00:00.000Z",
  origin: "example.com/audit",
  findings: [],
  findingCount: 0,
  unchecked: [],
  keysFromLog: true,
  notAsked: [],
};

describe(...needing("chromium", "evidence on the page"), () => {
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

  /** Opens a place, uses it, and finds the page quiet and accessible afterwards. */
  async function at(url: string, place: string, use: (page: Page, watch: Watch) => Promise<void>): Promise<void> {
    const watch = await visit(browser, url, place);
    try {
      await use(watch.page, watch);
      expect(await violationsOf(watch)).toEqual([]);
      await expectQuiet(watch);
    } finally {
      await watch.page.context().close();
    }
  }

  /** Moves on by Tab until the element has the focus. */
  async function tabTo(page: Page, selector: string): Promise<void> {
    for (let i = 0; i < 200; i++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector)) return;
    }
    throw new Error(`Tab does not reach ${selector}`);
  }

  async function vkey(): Promise<string> {
    const answer = await fetch(`${gateway.url}/api/v1/evidence/status`);
    return ((await answer.json()) as { keys: { vkey: string }[] }).keys[0]?.vkey ?? "";
  }

  it("an event says that it is sealed, and its proof is downloaded by keyboard and holds", async () => {
    const [event] = (await gateway.storage.audit.query({ action: "tool_call" }, { limit: 1 })).items;
    const key = `${event?.ts.toISOString()}~${event?.eventId}`;
    await at(gateway.url, `#/events?range=30d&event=${key}`, async (page) => {
      const part = page.getByRole("region", { name: "Evidence of the event" });
      await part.getByText("sealed and signed", { exact: true }).waitFor();
      const downloading = page.waitForEvent("download");
      await tabTo(page, "a[download]");
      await page.keyboard.press("Enter");
      const download = await downloading;
      expect(download.suggestedFilename()).toBe(`${event?.eventId}.tlog-proof`);
      const args = [CHECKER, "proof", await download.path(), "--key", await vkey()];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      expect(stdout).toContain(`is event ${event?.eventId} of`);
      expect(await part.getByRole("definition").nth(1).innerText()).toMatch(/^[\d,]+$/);
    });
  });

  it("an event that is not sealed yet has no proof", async () => {
    const ts = new Date();
    const eventId = "019ad4c2-7f00-7000-8000-00000000b001";
    await gateway.storage.audit.append([{ ts, eventId, agentId: "late", action: "tool_call", decision: "allow" }]);
    await at(gateway.url, `#/events?range=30d&event=${ts.toISOString()}~${eventId}`, async (page, watch) => {
      await page.getByText("not sealed yet", { exact: true }).waitFor();
      expect(await page.getByRole("link", { name: "Download proof" }).count()).toBe(0);
      // The one beneath is sealed: what is said is of the event that is shown.
      await page.locator("#events").focus();
      await page.keyboard.press("j");
      await rest(watch);
      await page.getByText("sealed and signed", { exact: true }).waitFor();
      expect(await page.getByText("not sealed yet", { exact: true }).count()).toBe(0);
    });
  });

  it("the range is verified by keyboard, and so is all of it", async () => {
    await at(gateway.url, "#/evidence?range=30d", async (page) => {
      const panel = page.getByRole("region", { name: "Verify" });
      await panel.getByText("Nothing was verified yet").waitFor();
      await tabTo(page, ".verify-actions button");
      await page.keyboard.press("Enter");
      await panel.locator(".verdict.clean").first().waitFor();
      await page.getByRole("status").getByText("Verification ended: clean").waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await panel.getByText("Earlier ones").waitFor();
      await panel.locator(".verdict.clean").first().waitFor();
      await panel.getByRole("definition").getByText("all", { exact: true }).waitFor();
    });
    const answer = await fetch(`${gateway.url}/api/v1/evidence/verifications`);
    const { items } = (await answer.json()) as { items: { verdict: string; from?: string; keysFromLog: boolean }[] };
    expect(items).toMatchObject([{ verdict: "clean" }, { verdict: "clean", from: expect.any(String) }]);
    expect(items[0]?.from).toBeUndefined();
  });

  it("findings, and what could not be checked, are text beside their verdict", async () => {
    const findings = [
      { code: "edited", leaf: 4711, eventId: "019ad4c2-7f00-7000-8000-00000000c001", detail: HOSTILE },
      { code: "checkpoint_forged", detail: "the store's checkpoint of size 5" },
    ];
    const ended = { state: "ended", endedAt: "2026-11-30T12:00:05.000Z", progress: { leaves: 9, of: 9 } };
    const items = [
      { ...TOLD, ...ended, verdict: "findings", findings, findingCount: 1234 },
      { ...TOLD, ...ended, id: `${TOLD.id.slice(0, -1)}2`, verdict: "unchecked", unchecked: [HOSTILE] },
    ];
    const watch = await visit(browser, gateway.url, "#/overview");
    await watch.page.route(LIST, (route) => route.fulfill({ json: { items } }));
    await watch.page.evaluate(() => {
      location.hash = "#/evidence";
    });
    const panel = watch.page.getByRole("region", { name: "Verify" });
    await panel.getByText("1,234 findings").waitFor();
    await panel.getByRole("cell", { name: HOSTILE }).waitFor();
    await panel.getByRole("cell", { name: "4,711" }).waitFor();
    await panel.getByText("Earlier ones").click();
    await panel.getByText("could not be checked").waitFor();
    expect(await panel.locator(".verdict.clean").count()).toBe(0);
    expect(await violationsOf(watch)).toEqual([]);
    await expectQuiet(watch);
    await watch.page.context().close();
  });

  it("progress is shown while it runs, and it is cancelled by keyboard", async () => {
    const running = { ...TOLD, state: "running", verdict: null, progress: { leaves: 12_300, of: 50_000 } };
    const watch = await visit(browser, gateway.url, "#/overview");
    const { page } = watch;
    let items: object[] = [running];
    await page.route(LIST, (route) => route.fulfill({ json: { items } }));
    const asked: string[] = [];
    await page.route(`${LIST}/*`, (route) => {
      asked.push(route.request().method());
      items = [
        { ...running, state: "cancelled", verdict: "unchecked", unchecked: ["cancelled"], endedAt: TOLD.startedAt },
      ];
      return route.fulfill({ json: items[0] });
    });
    await page.evaluate(() => {
      location.hash = "#/evidence";
    });
    const bar = page.getByRole("progressbar", { name: "Verification" });
    await bar.waitFor();
    expect(await bar.evaluate((element) => (element as HTMLProgressElement).position)).toBeCloseTo(0.246);
    await page.getByText("12,300 of 50,000 leaves").waitFor();
    expect(await violationsOf(watch)).toEqual([]);
    await tabTo(page, ".verify-progress button");
    await page.keyboard.press("Enter");
    await page.getByRole("definition").getByText("cancelled, not checked").waitFor();
    expect(asked).toEqual(["DELETE"]);
    await expectQuiet(watch);
    await page.context().close();
  });

  it("who may only read sees verdicts, and begins nothing", async () => {
    await using readers = await startGateway({ content: "demo", anonymous: ["read"] });
    await at(readers.url, "#/evidence", async (page) => {
      await page.getByText("Nothing was verified yet").waitFor();
      expect(await page.getByRole("button", { name: /^Verify/ }).count()).toBe(0);
    });
  });
});
