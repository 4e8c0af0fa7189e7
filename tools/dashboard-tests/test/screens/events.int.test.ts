import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { needing } from "@agent-assembly/test-services/needing";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectQuiet, goTo, openBrowser, rest, visit, type Watch } from "../support/browser.js";
import { startGateway, type TestGateway } from "../support/gateway.js";

/** More than the page holds at a time. */
const MANY = 6000;
/** The most rows that the page may have in its document. */
const MOST_DRAWN = 120;

declare global {
  interface Window {
    __rows?: Set<Element>;
    __changes?: number;
  }
}

describe(...needing("chromium", "the list of events"), () => {
  let browser: Browser;
  let gateway: TestGateway;
  const start = Date.now() - 20 * 3_600_000;

  const event = (index: number): NewAuditEvent => ({
    // Three share each instant, so that pages begin in the middle of one.
    ts: new Date(start + Math.floor(index / 3) * 1000),
    agentId: `agent-${index % 7}`,
    action: "tool_call",
    decision: index % 10 === 0 ? "deny" : "allow",
    payload: { tool: `tool-${index % 5}`, arguments: { index } },
  });

  beforeAll(async () => {
    browser = await openBrowser();
    gateway = await startGateway();
    await gateway.storage.audit.append(Array.from({ length: MANY }, (_, index) => event(index)));
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.[Symbol.asyncDispose]();
  });

  const shown = ({ page }: Watch): Promise<string[]> =>
    page.locator(".row:not(.head)").evaluateAll((rows) => rows.map(({ id }) => id.replace("row-", "")));

  it("is scrolled from end to end and back, each event once and in order, with few rows drawn", async () => {
    const watch = await visit(browser, gateway.url, "#/events");
    const expected: string[] = [];
    for await (const { eventId } of gateway.storage.audit.stream({}, { order: "newest" })) expected.push(eventId);
    const place = new Map(expected.map((id, index) => [id, index]));
    const seen = new Set<string>();
    const look = async (): Promise<number> => {
      const ids = await shown(watch);
      expect(ids.length).toBeLessThanOrEqual(MOST_DRAWN);
      const indexes = ids.map((id) => place.get(id) ?? -1);
      expect(indexes).toEqual(indexes.map((_, i) => (indexes[0] as number) + i));
      for (const id of ids) seen.add(id);
      return indexes.at(-1) as number;
    };
    await watch.page.mouse.move(700, 500);
    for (let last = await look(); last < MANY - 1; last = await look()) {
      await watch.page.mouse.wheel(0, 600);
      await rest(watch);
    }
    expect(seen.size).toBe(MANY);
    seen.clear();
    await look();
    for (let ids = await shown(watch); ids[0] !== expected[0]; ids = await shown(watch)) {
      await watch.page.mouse.wheel(0, -600);
      await rest(watch);
      await look();
    }
    expect(seen.size).toBe(MANY);
    await expectQuiet(watch);
    await watch.page.context().close();
  });

  it("uses the elements of its rows again, and begins at the newest after another filter", async () => {
    const watch = await visit(browser, gateway.url, "#/events");
    const { page } = watch;
    await page.evaluate(() => {
      const made = new Set<Element>();
      window.__rows = made;
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes) {
          for (const node of addedNodes) if (node instanceof Element && node.matches(".row")) made.add(node);
        }
      }).observe(document.body, { childList: true, subtree: true });
    });
    await page.mouse.move(700, 500);
    const first = await shown(watch);
    // Further than the page holds rows, so that the newest are let go.
    for (let n = 0; n < 30; n++) {
      await page.locator("#events").evaluate((grid) => grid.scrollTo(0, grid.scrollHeight));
      await rest(watch);
    }
    expect(await shown(watch)).not.toContain(first[0]);
    expect(await page.evaluate(() => window.__rows?.size)).toBeLessThanOrEqual(MOST_DRAWN);
    await goTo(watch, "#/events?decision=deny");
    const [newest] = (await gateway.storage.audit.query({ decision: "deny" }, { limit: 1 })).items;
    expect((await shown(watch))[0]).toBe(newest?.eventId);
    expect(await page.locator("#events").evaluate((grid) => grid.scrollTop)).toBe(0);
    await expectQuiet(watch);
    await page.context().close();
  });

  it("changes nothing but the box while a key is handled", async () => {
    const watch = await visit(browser, gateway.url, "#/events");
    const { page } = watch;
    await page.focus("#filter");
    const changes = await page.evaluate(async () => {
      const box = document.querySelector<HTMLInputElement>("#filter");
      window.__changes = 0;
      new MutationObserver((list) => {
        // The values that are offered for the box come a moment later.
        const others = list.filter(({ target }) => !(target instanceof Element && target.id === "filter-values"));
        window.__changes = (window.__changes ?? 0) + others.length;
      }).observe(document.body, { attributes: true, characterData: true, childList: true, subtree: true });
      document.execCommand("insertText", false, "tool-3");
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return { value: box?.value, changes: window.__changes };
    });
    expect(changes).toEqual({ value: "tool-3", changes: 0 });
    await page.locator('#filter-values option[value="tool=tool-3"]').waitFor({ state: "attached" });
    await expectQuiet(watch);
    await page.context().close();
  });

  it("stays still while new events arrive, says how many, and shows them when asked", async () => {
    const watch = await visit(browser, gateway.url, "#/events?live=1");
    const { page } = watch;
    await page.getByRole("button", { name: "Live", exact: true }).waitFor();
    const before = await shown(watch);
    const now = Date.now();
    const fresh = Array.from({ length: 37 }, (_, i) => ({ ...event(i), ts: new Date(now + i), agentId: "newcomer" }));
    await gateway.storage.audit.append(fresh);
    const button = page.getByRole("button", { name: "37 new events" });
    await button.waitFor();
    expect(await shown(watch)).toEqual(before);
    await button.click();
    await page.locator(".row:not(.head) .c-agent", { hasText: "newcomer" }).first().waitFor();
    const agents = await page.locator(".row:not(.head) .c-agent").allInnerTexts();
    expect(agents.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "newcomer"));
    await expectQuiet(watch);
    await page.context().close();
  });

  it("is the same by the copied link in a fresh profile, and by the copied aasm command", async () => {
    const permissions = ["clipboard-read", "clipboard-write"];
    const watch = await visit(browser, gateway.url, "#/events?decision=deny&tool=tool-0&payload=/arguments/index=300", {
      permissions,
    });
    const copied = async (what: string): Promise<string> => {
      await watch.page.getByRole("button", { name: "Copy as" }).click();
      await watch.page.getByRole("menuitem", { name: `Copy as ${what}` }).click();
      await watch.page.getByText("copied").waitFor();
      return watch.page.evaluate(() => navigator.clipboard.readText());
    };
    const ids = await shown(watch);
    expect(ids).toHaveLength(1);
    const link = await copied("link");
    const other = await visit(browser, gateway.url, new URL(link).hash);
    expect(await shown(other)).toEqual(ids);
    const command = await copied("aasm");
    const printed = await gateway.aasm(...wordsOf(command), "--json");
    expect((JSON.parse(printed) as { items: { eventId: string }[] }).items.map(({ eventId }) => eventId)).toEqual(ids);
    expect(await copied("curl")).toContain(`${gateway.url}/api/v1/events?`);
    await other.page.context().close();
    await watch.page.context().close();
  });

  it("is typed into while its rows load, with suggestions from the old ones, and asks for nothing meanwhile", async () => {
    const watch = await visit(browser, gateway.url, "#/events");
    const { page } = watch;
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    await page.route("**/api/v1/events?*", async (route) => {
      await held;
      await route.continue();
    });
    const loads = page.waitForRequest((request) => request.url().includes("/api/v1/events?"));
    await page.evaluate(() => {
      location.hash = "#/events?decision=deny";
    });
    await loads;
    const box = page.getByRole("combobox", { name: /Filter/ });
    await box.focus();
    await page.locator(".facet-value[aria-pressed=true]").waitFor();
    await page.waitForFunction(() => document.querySelector(".grid-area.stale") !== null);
    for (let quiet = 0; quiet < 3; quiet = watch.pending.size === 1 ? quiet + 1 : 0) {
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    }
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.keyboard.type("tool=tool-3");
    expect(await box.inputValue()).toBe("tool=tool-3");
    // On a slow machine those of what was typed so far come first.
    const offered = () =>
      page.locator("#filter-values option").evaluateAll((all) => all.map((one) => one.getAttribute("value")));
    await expect.poll(offered).toEqual(["tool=tool-3"]);
    expect(asked).toEqual([]);
    release();
    await page.locator(".row:not(.head) .decision.deny").first().waitFor();
    await rest(watch);
    expect(await box.inputValue()).toBe("tool=tool-3");
    await expectQuiet(watch);
    await page.context().close();
  });

  it("keeps what was typed when suggestions change, and says what cannot be filtered by", async () => {
    const watch = await visit(browser, gateway.url, "#/events");
    const box = watch.page.getByRole("combobox", { name: /Filter/ });
    await box.fill("colour=red");
    await box.press("Enter");
    await watch.page.getByText("Write member=value").waitFor();
    expect(await box.inputValue()).toBe("colour=red");
    await goTo(watch, "#/events?decision=nothing");
    await watch.page.getByText("No event matches in this time.").waitFor();
    await expectQuiet(watch);
    await watch.page.context().close();
  });
});

/** The words of a shell command that quotes with single quotes only, without the program's name. */
function wordsOf(command: string): string[] {
  const words = [...command.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ""));
  return words.slice(1);
}
