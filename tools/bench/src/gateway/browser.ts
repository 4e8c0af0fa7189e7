/// <reference lib="dom" />

import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const LOOK_EVERY_MS = 50;
/** For the window's own pages, such as the one behind the address bar: their scripts would run beside the page's. */
const WINDOW_STARTS_MS = 1500;

declare global {
  interface Window {
    /** Milliseconds since navigation until the first rows of the list, with their events, were painted. */
    rowsPaintedAt?: number;
    /** Milliseconds of the longest task since it was set to 0. */
    longestTask?: number;
    /** Resolves when what is in the document now is painted. */
    painted?: () => Promise<void>;
  }
}

/** A page in a profile of its own, so that nothing is in a cache. */
export interface OpenedPage extends AsyncDisposable {
  readonly page: Page;
  readonly cdp: CDPSession;
  /** Goes to a place, and waits until its rows are painted. */
  goToRows(url: string): Promise<void>;
  /** Goes to a place, and waits until an expression has a value there. */
  goTo(url: string, expression: string): Promise<void>;
  /** The value of an expression, `NaN` where it is no number. */
  valueOf(expression: string): Promise<number>;
}

/** A browser; without one it is said, and the result is `undefined`. */
export async function openBrowser(): Promise<Browser | undefined> {
  if (existsSync(CHROMIUM)) return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  console.log(`not measured: the page of the gateway, since there is no ${CHROMIUM}; apt-get install chromium`);
  return undefined;
}

export async function openPage(browser: Browser): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(observe);
  const cdp = await context.newCDPSession(page);
  await sleep(WINDOW_STARTS_MS);
  const goTo = async (url: string, expression: string): Promise<void> => {
    await cdp.send("Page.navigate", { url });
    // Playwright's own ways of waiting load a script of theirs into the page, which takes longer than the page's.
    while ((await valueIn(cdp, expression)) === undefined) await sleep(LOOK_EVERY_MS);
  };
  return {
    page,
    cdp,
    goTo,
    goToRows: (url) => goTo(url, "window.rowsPaintedAt"),
    valueOf: async (expression) => Number(await valueIn(cdp, expression)),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** Runs in the page, before its own script. */
function observe(): void {
  window.longestTask = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longestTask = Math.max(window.longestTask ?? 0, duration);
  }).observe({ type: "longtask" });
  // The first message after a frame's callbacks is handled when the frame is painted.
  window.painted = () =>
    new Promise((done) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done();
        port2.postMessage(undefined);
      });
    });
  new MutationObserver((_changes, observer) => {
    if (!document.querySelector(".row:not(.head) time")?.textContent) return;
    observer.disconnect();
    void window.painted?.().then(() => {
      window.rowsPaintedAt = performance.now();
    });
  }).observe(document, { childList: true, subtree: true });
}

async function valueIn(cdp: CDPSession, expression: string): Promise<unknown> {
  return (await cdp.send("Runtime.evaluate", { expression })).result.value;
}

/** Bytes, without what is garbage. */
export async function heapOf(cdp: CDPSession): Promise<number> {
  await cdp.send("HeapProfiler.collectGarbage");
  return (await cdp.send("Runtime.getHeapUsage")).usedSize;
}

/** Tasks below 50 ms are not reported, and count as 0. */
export function longestTask(page: Page): Promise<number> {
  return page.evaluate(() => window.longestTask ?? Number.NaN);
}
