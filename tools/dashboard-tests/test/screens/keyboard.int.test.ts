import { needing } from "@agent-assembly/test-services/needing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectQuiet, openBrowser, rest, visit, type Watch } from "../support/browser.js";
import { startGateway, type TestGateway } from "../support/gateway.js";

describe(...needing("chromium", "by keyboard only"), () => {
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

  /** Opens a place, uses it, and finds the page quiet afterwards. */
  async function at(place: string, use: (page: Page, watch: Watch) => Promise<void>): Promise<void> {
    const watch = await visit(browser, gateway.url, place);
    try {
      await use(watch.page, watch);
      await expectQuiet(watch);
    } finally {
      await watch.page.context().close();
    }
  }

  async function press(page: Page, ...keys: readonly string[]): Promise<void> {
    for (const key of keys) await page.keyboard.press(key);
  }

  /** Moves on by Tab until the element has the focus. */
  async function tabTo(page: Page, selector: string): Promise<void> {
    for (let i = 0; i < 200; i++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector)) return;
    }
    throw new Error(`Tab does not reach ${selector}`);
  }

  it("each screen is reached by g and a letter", async () => {
    await at("#/", async (page, watch) => {
      const keys = {
        e: "Events",
        a: "Agents",
        p: "Policies",
        v: "Approvals",
        r: "Retention",
        m: "Metrics",
        d: "Evidence",
      };
      for (const [key, title] of Object.entries({ ...keys, s: "Session", o: "Overview" })) {
        await press(page, "Escape");
        await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
        await press(page, "g", key);
        await page.locator("h1", { hasText: title }).waitFor({ state: "attached" });
        await rest(watch);
      }
    });
  });

  it("a figure of the overview leads to the events that it counts", async () => {
    await at("#/?range=30d", async (page) => {
      await tabTo(page, 'a.figure[href*="decision=deny"]');
      const shown = Number(
        (await page.locator('a.figure[href*="decision=deny"] .figure-value').innerText()).replace(",", ""),
      );
      await press(page, "Enter");
      await page.getByRole("grid").waitFor();
      await page.locator(".total", { hasText: `${shown} events` }).waitFor();
      expect(shown).toBeGreaterThan(0);
    });
  });

  it("events are walked, opened, stepped through and closed", async () => {
    await at("#/events?range=30d", async (page, watch) => {
      await tabTo(page, "#events");
      await press(page, "j", "j", "Enter");
      await rest(watch);
      const open = () => page.evaluate(() => new URLSearchParams(location.hash.split("?")[1]).get("event"));
      const rows = (await gateway.storage.audit.query({}, { limit: 3 })).items;
      const keyOf = (index: number) => `${rows[index]?.ts.toISOString()}~${rows[index]?.eventId}`;
      expect(await open()).toBe(keyOf(1));
      await press(page, "j");
      expect(await open()).toBe(keyOf(2));
      await page.getByRole("complementary", { name: "Event" }).getByText("Payload").waitFor();
      await press(page, "Escape");
      expect(await open()).toBeNull();
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("events");
    });
  });

  it("a typed filter and a payload filter narrow the list, and a chip takes one away", async () => {
    await at("#/events?range=30d", async (page, watch) => {
      await press(page, "/");
      await page.keyboard.type("tool=issue_refund");
      await press(page, "Enter");
      await rest(watch);
      const tools = new Set(await page.locator(".row:not(.head) .c-tool").allInnerTexts());
      expect([...tools]).toEqual(["issue_refund"]);
      await page.keyboard.type("/arguments/amount=320");
      await press(page, "Enter");
      await rest(watch);
      const wanted = await gateway.storage.audit.count({ tool: "issue_refund", payload: { "/arguments/amount": 320 } });
      expect(wanted).toBeGreaterThan(0);
      await page.locator(".total", { hasText: new RegExp(`^${wanted} event`) }).waitFor();
      await tabTo(page, ".chip");
      await press(page, "Enter");
      await rest(watch);
      expect(await page.locator(".chip").count()).toBe(1);
    });
  });

  it("the timeline is moved along with arrow keys", async () => {
    await at("#/events?range=30d", async (page, watch) => {
      await tabTo(page, ".timeline-slider");
      await press(page, "PageDown", "PageDown");
      await rest(watch);
      const before = await page.evaluate(() => new URLSearchParams(location.hash.split("?")[1]).get("at"));
      expect(Date.parse(before ?? "")).not.toBeNaN();
      const { first, above } = await page.locator("#events").evaluate((grid) => {
        const top = grid.querySelector(".row.head")?.getBoundingClientRect().bottom ?? 0;
        const rows = [...grid.querySelectorAll(".row:not(.head)")];
        const inView = rows.find((row) => row.getBoundingClientRect().top >= top - 1);
        return { first: inView?.querySelector("time")?.dateTime, above: grid.scrollTop };
      });
      expect(Date.parse(first ?? "")).toBeLessThan(Date.parse(before ?? ""));
      // Newer rows are there to be scrolled to.
      expect(above).toBeGreaterThan(0);
    });
  });

  it("a session is reached from an event and stepped through", async () => {
    await at("#/events?range=30d&decision=deny", async (page, watch) => {
      await tabTo(page, "#events");
      await press(page, "j", "Enter");
      await rest(watch);
      await tabTo(page, '.related a[href*="session"]');
      await press(page, "Enter");
      await page.getByRole("listbox", { name: "Steps, oldest first" }).waitFor();
      await rest(watch);
      await press(page, "Home");
      expect(await page.locator(".step").first().getAttribute("aria-selected")).toBe("true");
      await press(page, "j");
      expect(await page.locator(".step").nth(1).getAttribute("aria-selected")).toBe("true");
    });
  });

  it("an agent is found and opened", async () => {
    await at("#/agents?range=30d", async (page, watch) => {
      await press(page, "/");
      await page.keyboard.type("support");
      await tabTo(page, 'td a[href*="agent=support-bot"]');
      await press(page, "Enter");
      await page.getByRole("heading", { name: "Customer support" }).waitFor();
      await rest(watch);
    });
  });

  it("a version of a policy is activated with a reason and rolled back", async () => {
    const { policies } = gateway.storage;
    await policies.save({ name: "demo-guardrails", source: "version: 1\ndefault: deny\n" }, { actor: "ann" });
    await at("#/policies?name=demo-guardrails", async (page, watch) => {
      await tabTo(page, 'button[aria-label="activate version 2"]');
      await press(page, "Enter");
      await page.locator("dialog textarea:focus").waitFor();
      await page.keyboard.type("stricter");
      await tabTo(page, "dialog .primary");
      await press(page, "Enter");
      await page.getByText("version 2 active").waitFor();
      await rest(watch);
      expect((await policies.active("demo-guardrails"))?.version).toBe(2);
      await page.locator(".diff-text.removed", { hasText: "default: allow" }).waitFor();
      await page.getByRole("button", { name: "Roll back" }).focus();
      await press(page, "Enter");
      await tabTo(page, "dialog .primary");
      await press(page, "Enter");
      await page.getByText("version 1 active").waitFor();
      const [newest] = await policies.activations("demo-guardrails");
      expect(newest).toMatchObject({ kind: "rollback", actor: "loopback", to: 1 });
    });
  });

  it("a waiting request is approved after a dialog, never by one key", async () => {
    const { approvals } = gateway.storage;
    const request = { tool: "refund", arguments: { order: "o-7", amount: "40.00" } };
    const { requestId } = await approvals.submit({ agentId: "support-bot", action: "tool_call", request });
    await at(`#/approvals?request=${requestId}`, async (page) => {
      await page.getByText("matches the request shown").waitFor();
      await press(page, "a");
      await page.getByRole("dialog").waitFor();
      expect((await approvals.get(requestId))?.state).toBe("pending");
      await page.locator("dialog textarea:focus").waitFor();
      await page.keyboard.type("checked with the customer");
      await tabTo(page, "dialog .primary");
      await press(page, "Enter");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      expect(await approvals.get(requestId)).toMatchObject({
        state: "approved",
        decision: { approver: "loopback", reason: "checked with the customer" },
      });
    });
  });

  it("a hold is placed and released", async () => {
    const { holds } = gateway.storage;
    await at("#/retention", async (page, watch) => {
      await tabTo(page, ".panel-action");
      await press(page, "Enter");
      await page.locator("dialog input:focus").waitFor();
      await page.keyboard.type("support-bot");
      await tabTo(page, "dialog textarea");
      await page.keyboard.type("case 17");
      await press(page, "Tab", "Tab", "Enter");
      await page.getByRole("cell", { name: "agent support-bot" }).waitFor();
      expect(await holds.list()).toMatchObject([{ agentId: "support-bot", reason: "case 17", actor: "loopback" }]);
      await rest(watch);
      await page.getByRole("button", { name: "release" }).focus();
      await press(page, "Enter");
      await page.locator("dialog textarea:focus").waitFor();
      await page.keyboard.type("closed");
      await press(page, "Tab", "Tab", "Enter");
      await page.getByText("released", { exact: true }).waitFor();
      expect(await holds.list()).toEqual([]);
    });
  });

  it("metrics have a table for each chart", async () => {
    await at("#/metrics?range=30d&by=agentId", async (page, watch) => {
      await page.locator(".line-chart canvas").first().waitFor();
      await tabTo(page, "summary");
      await press(page, "Enter");
      await rest(watch);
      expect(await page.locator(".chart details[open] tbody tr").count()).toBeGreaterThan(10);
    });
  });

  it("the sealed log is shown, and its checkpoint is copied", async () => {
    await at("#/evidence", async (page) => {
      const { size } = (await (await fetch(`${gateway.url}/api/v1/evidence/status`)).json()) as { size: number };
      await page.locator(".figure", { hasText: "sealed" }).getByText(size.toLocaleString("en-US")).first().waitFor();
      await page.locator("pre.raw", { hasText: "—" }).waitFor();
    });
  });

  it("the keys are listed by ?, and the palette finds screens, agents and pasted ids", async () => {
    await at("#/", async (page) => {
      await press(page, "?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
      await press(page, "Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await press(page, "Control+k");
      await page.locator("dialog input:focus").waitFor();
      await page.keyboard.type("metr");
      await press(page, "Enter");
      await page.locator("h1", { hasText: "Metrics" }).waitFor({ state: "attached" });
      await press(page, "Control+k");
      await page.locator("dialog input:focus").waitFor();
      await page.keyboard.type("demo-session-1");
      await press(page, "Enter");
      await page.getByRole("listbox", { name: "Steps, oldest first" }).waitFor();
    });
  });
});
