import type { JsonValue, NewAuditEvent } from "@agent-assembly/storage-core";
import { needing } from "@agent-assembly/test-services/needing";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectQuiet, goTo, openBrowser, rest, visit, type Watch } from "../support/browser.js";
import { startGateway, type TestGateway } from "../support/gateway.js";
import { HOSTILE_TEXTS } from "../support/hostile-texts.js";

const HOUR = 3_600_000;

describe(...needing("chromium", "data that attacks the page"), () => {
  let browser: Browser;
  let gateway: TestGateway;
  /** Of each entity, how many were stored. */
  let stored: Readonly<Record<"events" | "agents" | "policies" | "approvals" | "holds" | "metrics", number>>;
  let watch: Watch;

  beforeAll(async () => {
    browser = await openBrowser();
    gateway = await startGateway();
    stored = {
      events: await storeEvents(gateway),
      agents: await storeEach(registerAgent),
      policies: await storeEach(savePolicy),
      approvals: await storeEach(submitApproval),
      holds: await storeEach(placeHold),
      metrics: await storeEach(recordMetric),
    };
    watch = await visit(browser, gateway.url, "#/events");
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.[Symbol.asyncDispose]();
  });

  /** @returns how many of the texts the store takes; what it refuses is no danger to the page */
  async function storeEach(store: (gateway: TestGateway, text: string) => Promise<unknown>): Promise<number> {
    const results = await Promise.allSettled(HOSTILE_TEXTS.map((text) => store(gateway, text)));
    return results.filter(({ status }) => status === "fulfilled").length;
  }

  /** Only the page's own elements are there: none was made of data. */
  async function expectNothingMade(): Promise<void> {
    const made = await watch.page.evaluate(() => ({
      elements: document.querySelectorAll(
        "img, iframe, object, embed, style, base, video, audio, marquee, math, portal",
      ).length,
      scripts: [...document.scripts].filter(({ src }) => !src.startsWith(`${location.origin}/assets/`)).length,
      links: [...document.querySelectorAll("a")].filter(
        (link) => new URL(link.getAttribute("href") ?? "", location.href).origin !== location.origin,
      ).length,
      handlers: document.querySelectorAll("[onerror], [onload], [onfocus], [onclick], [srcdoc]").length,
    }));
    expect(made).toEqual({ elements: 0, scripts: 0, links: 0, handlers: 0 });
    await expectQuiet(watch);
  }

  it("is stored for the most part", () => {
    expect(HOSTILE_TEXTS.length).toBeGreaterThanOrEqual(290);
    for (const [entity, count] of Object.entries(stored)) expect(count, entity).toBeGreaterThan(250);
  });

  it("is shown as its characters in the list and its facets", async () => {
    await goTo(
      watch,
      "#/events?tool=%3Cimg%20src%3Dx%20onerror%3D%22window.__pwned%3D1%22%3E&facets=decision,action,agentId,tool,teamId,matchedRuleId",
    );
    expect(await watch.page.locator(".row:not(.head) .c-tool").first().innerText()).toBe(
      '<img src=x onerror="window.__pwned=1">',
    );
    await expectNothingMade();
    await goTo(watch, "#/events?facets=decision,action,agentId,tool,teamId,matchedRuleId");
    const { page } = watch;
    for (const more of await page.locator(".facet .link").all()) await more.click();
    await page.locator("#events").focus();
    for (let i = 0; i < 12; i++) await page.keyboard.press("PageDown");
    await rest(watch);
    await expectNothingMade();
  });

  it("is shown as its characters in each opened event, as a tree and raw", async () => {
    await goTo(watch, "#/events");
    const { page } = watch;
    await page.locator("#events").focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    for (let i = 0; i < HOSTILE_TEXTS.length; i++) {
      await page.keyboard.press("ArrowDown");
      if (i % 50 !== 0) continue;
      await rest(watch);
      await page.getByRole("button", { name: /^(raw|tree)$/ }).click();
      await page.locator("#events").focus();
      await expectNothingMade();
    }
    await rest(watch);
    await expectNothingMade();
  });

  it("shows controls, directions and invisible characters as symbols", async () => {
    const text = encodeURIComponent("\u202egnp.exe\u202c");
    await goTo(watch, `#/events?agentId=${text}`);
    expect(await watch.page.locator(".row:not(.head) .c-agent").first().innerText()).toBe("⟨202E⟩gnp.exe⟨202C⟩");
    const hidden = await watch.page.evaluate(() =>
      ["\u202e", "\u2066", "\u200b", "\u001b"].some((hidden) => document.body.innerText.includes(hidden)),
    );
    expect(hidden).toBe(false);
  });

  it("does nothing on the other screens", async () => {
    const { page } = watch;
    for (const place of [
      "#/",
      "#/agents",
      "#/policies",
      "#/approvals",
      "#/retention",
      "#/metrics?by=agentId",
      "#/evidence",
    ]) {
      await goTo(watch, place);
      await expectNothingMade();
    }
    for (const text of HOSTILE_TEXTS.filter((_, index) => index % 12 === 0)) {
      const value = encodeURIComponent(text);
      for (const place of [`#/agents?agent=${value}`, `#/policies?name=${value}`, `#/session?session=${value}`]) {
        await goTo(watch, place);
        // What is not there is said by the gateway with 404, which the browser repeats in its console.
        watch.problems.splice(0, Number.POSITIVE_INFINITY, ...watch.problems.filter((one) => !one.includes("404")));
      }
      await expectNothingMade();
    }
    await goTo(watch, "#/approvals");
    await page.locator(".requests").focus();
    for (let i = 0; i < 40; i++) await page.keyboard.press("j");
    await page.keyboard.press("d");
    await page.getByRole("dialog").waitFor();
    await expectNothingMade();
    await page.keyboard.press("Escape");
  });

  it("that is large or deep is cut, not drawn whole", async () => {
    const at = new Date();
    const deep = Array.from({ length: 60 }).reduce<JsonValue>((inner) => ({ inner }), "end");
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`member ${i}`, i]));
    const long = "<b>".repeat(60_000);
    const sent = [deep, wide, long].map((payload, index) => ({
      ts: new Date(at.getTime() - index * 1000),
      agentId: "large",
      action: "tool_call",
      decision: "allow",
      payload,
    }));
    expect((await gateway.storage.audit.append(sent)).rejected).toEqual([]);
    await goTo(watch, "#/events?agentId=large");
    await watch.page.locator("#events").focus();
    await watch.page.keyboard.press("Home");
    for (const key of ["Enter", "ArrowDown", "ArrowDown"]) {
      await watch.page.keyboard.press(key);
      await rest(watch);
      expect(await watch.page.locator(".drawer *").count()).toBeLessThan(1500);
      expect((await watch.page.locator(".drawer").innerText()).length).toBeLessThan(20_000);
    }
    await expectNothingMade();
  });
});

/** Each text in every text of an event, and in names and values of its payload. */
async function storeEvents({ storage }: TestGateway): Promise<number> {
  const now = Date.now();
  const events = HOSTILE_TEXTS.map((text, index): NewAuditEvent => {
    const payload: Record<string, JsonValue> = {
      tool: text,
      arguments: { value: text, list: [text, [text]] },
      result: text,
    };
    // As own members, also the name that an object has already.
    Object.defineProperty(payload, text, { value: text, enumerable: true, configurable: true, writable: true });
    return {
      ts: new Date(now - HOUR - index * 1000),
      agentId: text,
      teamId: text,
      orgId: text,
      sessionId: text,
      traceId: text,
      action: text,
      decision: text,
      shadowDecision: text,
      matchedRuleId: text,
      payload,
    };
  });
  return (await storage.audit.append(events)).inserted;
}

function registerAgent({ storage }: TestGateway, text: string): Promise<unknown> {
  const metadata = JSON.parse(JSON.stringify({ [`${text} `]: text })) as Record<string, JsonValue>;
  return storage.agents.register({
    agentId: text,
    name: text,
    teamId: text,
    orgId: text,
    credential: text,
    metadata,
    enforcementMode: text,
  });
}

async function savePolicy({ storage }: TestGateway, text: string): Promise<unknown> {
  const source = JSON.stringify({ rule: text, [text]: text });
  const { version } = await storage.policies.save({ name: text, source, format: "json" }, { actor: text });
  return storage.policies.activate(text, version, { actor: text, reason: text });
}

function submitApproval({ storage }: TestGateway, text: string): Promise<unknown> {
  return storage.approvals.submit({ agentId: text, teamId: text, action: text, request: { tool: text, [text]: text } });
}

function placeHold({ storage }: TestGateway, text: string): Promise<unknown> {
  return storage.holds.place({ agentId: text, teamId: text, reason: text, actor: text });
}

async function recordMetric({ storage }: TestGateway, text: string): Promise<unknown> {
  const { rejected } = await storage.metrics.record([
    { metric: "cost", value: 1, ts: new Date(Date.now() - HOUR), agentId: text, teamId: text, labels: { tool: text } },
  ]);
  if (rejected.length > 0) throw new Error("rejected");
  return undefined;
}
