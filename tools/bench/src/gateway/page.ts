/// <reference lib="dom" />

import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import { countedOnSqlite } from "../counts/counted.js";
import { type BenchResult, median, withinBudget } from "../result.js";
import { sampleEvents } from "../sample.js";
import { withStores } from "../sqlite/store.js";
import { startGateway } from "./gateway-process.js";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
/** As an old laptop. */
const SLOW_DOWN = 4;
const LOADS = 5;
const WHEELS = 300;
const WHEEL_PX = 600;
const EVENTS_PER_SECOND = 500;
const SLICES_PER_SECOND = 10;
const BATCH = 1000;
const MB = 1e6;
const DAY_MS = 86_400_000;

declare global {
  interface Window {
    /** Milliseconds since navigation until the first row of the list was in the document. */
    firstRowAt?: number;
    /** Milliseconds of the longest task since it was set to 0. */
    longestTask?: number;
  }
}

/** What a person at the page waits for, in Chromium, with a million events in the store. */
export async function page(quick: boolean): Promise<BenchResult[]> {
  if (!existsSync(CHROMIUM)) {
    console.log(`not measured: the page of the gateway, since there is no ${CHROMIUM}; apt-get install chromium`);
    return [];
  }
  const count = quick ? 100_000 : 1_000_000;
  return withStores(async (storage, _raw, { ours: path }) => {
    const start = Date.now() - DAY_MS / 2;
    for (let n = 0; n < count; n += BATCH) await storage.audit.append(sampleEvents(BATCH, start + n));
    await countedOnSqlite(path);
    await using gateway = await startGateway(path);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    try {
      const name = `page over ${count} events`;
      const results = await firstLoad(browser, gateway.url, name);
      results.push(...(await scrolling(browser, gateway.url, name)));
      results.push(...(await following(browser, gateway.url, name, { storage, seconds: quick ? 10 : 60 })));
      return results;
    } finally {
      await browser.close();
    }
  });
}

/** Each load with a profile of its own, so that nothing is in a cache. */
async function firstLoad(browser: Browser, url: string, name: string): Promise<BenchResult[]> {
  const paints: number[] = [];
  const rows: number[] = [];
  for (let n = 0; n < LOADS; n++) {
    await using opened = await open(browser);
    await opened.cdp.send("Emulation.setCPUThrottlingRate", { rate: SLOW_DOWN });
    await opened.page.goto(`${url}/#/events`);
    await opened.page.waitForFunction(() => window.firstRowAt !== undefined);
    const times = await opened.page.evaluate(() => [
      performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
      window.firstRowAt,
    ]);
    paints.push(times[0] ?? Number.NaN);
    rows.push(times[1] ?? Number.NaN);
  }
  return [
    withinBudget(`${name}, first paint, ${SLOW_DOWN} x slower`, "ms", median(paints), 300),
    withinBudget(`${name}, first rows, ${SLOW_DOWN} x slower`, "ms", median(rows), 800),
  ];
}

/** Down the list by the wheel: 300 times 600 pixels, which is more than 6,000 rows. */
async function scrolling(browser: Browser, url: string, name: string): Promise<BenchResult[]> {
  await using opened = await open(browser);
  const { page } = opened;
  await page.goto(`${url}/#/events`);
  await page.waitForFunction(() => window.firstRowAt !== undefined);
  await page.mouse.move(700, 500);
  const before = await heapOf(opened.cdp);
  await page.evaluate(() => {
    window.longestTask = 0;
  });
  for (let n = 0; n < WHEELS; n++) {
    await page.mouse.wheel(0, WHEEL_PX);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }
  const longest = await longestTask(page);
  const grown = (await heapOf(opened.cdp)) - before;
  return [
    withinBudget(`${name}, longest task while scrolling`, "ms", longest, 50),
    withinBudget(`${name}, heap grown by scrolling`, "MB", Math.max(0, grown) / MB, 30),
  ];
}

/** The live tail, with 500 new events each second. */
async function following(
  browser: Browser,
  url: string,
  name: string,
  { storage, seconds }: { readonly storage: StorageBackend; readonly seconds: number },
): Promise<BenchResult[]> {
  await using opened = await open(browser);
  const { page } = opened;
  await page.goto(`${url}/#/events?live=1`);
  await page.waitForFunction(() => window.firstRowAt !== undefined);
  const before = await heapOf(opened.cdp);
  await page.evaluate(() => {
    window.longestTask = 0;
  });
  const slice = EVENTS_PER_SECOND / SLICES_PER_SECOND;
  for (let n = 0; n < seconds * SLICES_PER_SECOND; n++) {
    await storage.audit.append(sampleEvents(slice, Date.now()));
    await sleep(1000 / SLICES_PER_SECOND);
  }
  await page.getByRole("button", { name: /new events/ }).waitFor();
  const longest = await longestTask(page);
  const grown = (await heapOf(opened.cdp)) - before;
  const what = `${name}, live tail of ${EVENTS_PER_SECOND} events/s for ${seconds} s`;
  return [
    withinBudget(`${what}, longest task`, "ms", longest, 100),
    withinBudget(`${what}, heap grown`, "MB", Math.max(0, grown) / MB, 20),
  ];
}

interface Opened extends AsyncDisposable {
  readonly page: Page;
  readonly cdp: CDPSession;
}

async function open(browser: Browser): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.longestTask = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longestTask = Math.max(window.longestTask ?? 0, duration);
    }).observe({ type: "longtask" });
    new MutationObserver((_changes, observer) => {
      if (document.querySelector(".row:not(.head)") === null) return;
      window.firstRowAt = performance.now();
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  });
  const cdp = await context.newCDPSession(page);
  return { page, cdp, [Symbol.asyncDispose]: () => context.close() };
}

/** Bytes, without what is garbage. */
async function heapOf(cdp: CDPSession): Promise<number> {
  await cdp.send("HeapProfiler.collectGarbage");
  return (await cdp.send("Runtime.getHeapUsage")).usedSize;
}

/** Tasks below 50 ms are not reported, and count as 0. */
function longestTask(page: Page): Promise<number> {
  return page.evaluate(() => window.longestTask ?? Number.NaN);
}
