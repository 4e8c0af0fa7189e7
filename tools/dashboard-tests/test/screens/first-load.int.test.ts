import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { needing } from "@agent-assembly/test-services/needing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectQuiet, openBrowser, rest, type Watch, watchPage } from "../support/browser.js";
import { startGateway, type TestGateway } from "../support/gateway.js";

declare global {
  interface Window {
    __firstRail?: Element | null;
    __firstRows?: number;
  }
}

describe(...needing("chromium", "the first load"), () => {
  let browser: Browser;
  let gateway: TestGateway;
  const start = Date.now() - 3_600_000;

  beforeAll(async () => {
    browser = await openBrowser();
    gateway = await startGateway();
    const events = Array.from({ length: 300 }, (_, index): NewAuditEvent => {
      return { ts: new Date(start + index), agentId: `agent-${index % 7}`, action: "tool_call", decision: "allow" };
    });
    await gateway.storage.audit.append(events);
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.[Symbol.asyncDispose]();
  });

  /** A new profile; `prepare` comes before the page is opened. */
  async function load(
    place: string,
    prepare: (page: Page) => Promise<void>,
    use: (watch: Watch) => Promise<void>,
  ): Promise<void> {
    const watch = await watchPage(browser, gateway.url);
    try {
      await prepare(watch.page);
      await watch.page.goto(`${gateway.url}/${place}`);
      await use(watch);
      await rest(watch);
      await expectQuiet(watch);
    } finally {
      await watch.page.context().close();
    }
  }

  /** Resolves with the first request whose path begins so. */
  const asked = (page: Page, path: string): Promise<unknown> =>
    page.waitForRequest((request) => new URL(request.url()).pathname.startsWith(`/api/v1/${path}`));

  it("asks for the session, the screen and its rows at once, and for each once", async () => {
    const requests: string[] = [];
    await load(
      "#/events?decision=allow",
      async (page) => {
        page.on("request", (request) => requests.push(request.url()));
        const [whoami, rows, screen] = [
          asked(page, "whoami"),
          asked(page, "events"),
          page.waitForRequest((request) => /\/assets\/events-/.test(request.url())),
        ];
        // None is answered before all were asked for.
        await page.route(/\/api\/v1\/(whoami|events\?)|\/assets\/events-/, async (route) => {
          await Promise.all([whoami, rows, screen]);
          await route.continue();
        });
      },
      async ({ page }) => {
        await page.locator(".row:not(.head)").first().waitFor();
      },
    );
    for (const path of ["/api/v1/whoami", "/api/v1/events?"]) {
      expect(requests.filter((url) => url.includes(path))).toHaveLength(1);
    }
  });

  it("draws the screen together with its rows where these are there, rather than one after the other", async () => {
    await load(
      "#/events",
      async (page) => {
        const rows = page.waitForResponse((response) => response.url().includes("/api/v1/events?"));
        await page.route(/\/assets\/events-/, async (route) => {
          await (await rows).finished();
          await page.evaluate(() => new Promise((done) => setTimeout(() => requestAnimationFrame(done), 100)));
          await route.continue();
        });
        await page.addInitScript(() => {
          new MutationObserver((_changes, observer) => {
            if (document.querySelector("#events") === null) return;
            observer.disconnect();
            window.__firstRows = document.querySelectorAll(".row:not(.head) time").length;
          }).observe(document, { childList: true, subtree: true });
        });
      },
      async ({ page }) => {
        await page.locator(".row:not(.head)").first().waitFor();
        expect(await page.evaluate(() => window.__firstRows)).toBeGreaterThan(10);
      },
    );
  });

  it("names the style first and all scripts of the events in its head", async () => {
    const html = await (await fetch(`${gateway.url}/`)).text();
    const files = [...html.matchAll(/(?:href|src)="\.\/assets\/(\w+)-[^"]+\.(css|js)"/g)].map(
      ([, name, end]) => `${name}.${end}`,
    );
    expect(files).toEqual(["index.css", "index.js", "shared.js", "events.js"]);
  });

  it("counts only when the rows are there", async () => {
    const answered: string[] = [];
    await load(
      "#/events",
      async (page) => {
        await page.route("**/api/v1/events?*", async (route) => {
          // By then all that does not wait for the rows was asked for.
          await page.waitForResponse((response) => response.url().endsWith("/api/v1/doctor"));
          await page.evaluate(() => new Promise((done) => setTimeout(() => requestAnimationFrame(done), 100)));
          answered.push("rows");
          await route.continue();
        });
        page.on("request", (request) => {
          if (request.url().includes("/events/summary")) answered.push("counts");
        });
      },
      async ({ page }) => {
        await page.locator(".facet-value").first().waitFor();
      },
    );
    expect(answered[0]).toBe("rows");
    expect(answered).toContain("counts");
  });

  it("draws the rail by markup alone, and the script takes it over without drawing it anew", async () => {
    const html = await (await fetch(`${gateway.url}/`)).text();
    const drawn = /<nav class="rail".*<\/nav>/s.exec(html)?.[0];
    await load(
      "#/",
      async (page) => {
        await page.addInitScript(() => {
          new MutationObserver((_changes, observer) => {
            const rail = document.querySelector(".rail");
            if (rail === null) return;
            window.__firstRail = rail;
            observer.disconnect();
          }).observe(document, { childList: true, subtree: true });
        });
      },
      async ({ page }) => {
        await page.locator(".rail [aria-current]").waitFor();
        const rail = await page.evaluate(() => {
          const now = document.querySelector(".rail");
          const isFirst = now === window.__firstRail;
          now?.querySelector("[aria-current]")?.removeAttribute("aria-current");
          return { isFirst, markup: now?.outerHTML };
        });
        expect(rail).toEqual({ isFirst: true, markup: drawn });
      },
    );
  });

  it("without JavaScript says what is needed, where it is seen", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(gateway.url);
    const box = await page.locator("noscript p").boundingBox();
    expect(box?.y).toBeLessThan(400);
    await context.close();
  });
});
