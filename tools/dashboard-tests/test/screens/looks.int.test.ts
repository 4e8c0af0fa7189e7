import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { needing } from "@agent-assembly/test-services/needing";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectQuiet, goTo, openBrowser, violationsOf, visit } from "../support/browser.js";
import { startGateway, type TestGateway } from "../support/gateway.js";

/** Where pictures of all screens are put for people to look at; none are taken without it. */
const PICTURES = process.env.AASM_SCREENSHOTS;

const PLACES = {
  overview: "#/?range=30d",
  events: "#/events?range=30d",
  session: "#/session?session=demo-session-1",
  agents: "#/agents?range=30d",
  agent: "#/agents?agent=support-bot&range=30d",
  policies: "#/policies",
  policy: "#/policies?name=demo-guardrails",
  approvals: "#/approvals",
  retention: "#/retention",
  metrics: "#/metrics?range=30d&by=agentId",
  evidence: "#/evidence",
} as const;

describe(...needing("chromium", "the screens"), () => {
  let browser: Browser;
  const gateways: Partial<Record<"demo" | "empty", TestGateway>> = {};

  beforeAll(async () => {
    browser = await openBrowser();
    gateways.demo = await startGateway({ content: "demo" });
    gateways.empty = await startGateway();
  });

  afterAll(async () => {
    await browser?.close();
    for (const gateway of Object.values(gateways)) await gateway[Symbol.asyncDispose]();
  });

  for (const content of ["demo", "empty"] as const) {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1440, 1024, 390]) {
        it(`fit ${width} pixels, are accessible and quiet: ${content}, ${colorScheme}`, async () => {
          const viewport = { width, height: width < 500 ? 844 : 900 };
          const { url } = gateways[content] as TestGateway;
          const watch = await visit(browser, url, PLACES.overview, { colorScheme, viewport });
          const found: string[] = [];
          for (const [name, place] of Object.entries(PLACES)) {
            // An empty store has no such agent, which the gateway says with 404, and the browser repeats in its console.
            if (content === "empty" && name === "agent") continue;
            await goTo(watch, place);
            found.push(...(await violationsOf(watch)).map((violation) => `${name}: ${violation}`));
            const tooWide = await watch.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            if (tooWide > 0) found.push(`${name}: ${tooWide} pixels too wide`);
            if (PICTURES !== undefined) {
              await mkdir(PICTURES, { recursive: true });
              await watch.page.screenshot({ path: join(PICTURES, `${content}-${name}-${width}-${colorScheme}.png`) });
            }
          }
          expect(found).toEqual([]);
          await expectQuiet(watch);
          await watch.page.context().close();
        });
      }
    }
  }
});
