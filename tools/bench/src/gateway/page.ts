/// <reference lib="dom" />

import { setTimeout as sleep } from "node:timers/promises";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { Browser } from "playwright-core";
import { countedOnSqlite } from "../counts/counted.js";
import { type BenchResult, withinBudget } from "../result.js";
import { sampleEvents } from "../sample.js";
import { withStores } from "../sqlite/store.js";
import { heapOf, longestTask, openBrowser, openPage } from "./browser.js";
import { startGateway } from "./gateway-process.js";
import { filtering, firstLoad, typing } from "./page-waits.js";

const WHEELS = 300;
const WHEEL_PX = 600;
const EVENTS_PER_SECOND = 500;
const SLICES_PER_SECOND = 10;
const BATCH = 1000;
const MB = 1e6;
const DAY_MS = 86_400_000;

/** What a person at the page waits for, in Chromium, with a million events in the store. */
export async function page(quick: boolean): Promise<BenchResult[]> {
  const browser = await openBrowser();
  if (browser === undefined) return [];
  try {
    return await measured(browser, quick);
  } finally {
    await browser.close();
  }
}

function measured(browser: Browser, quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 100_000 : 1_000_000;
  return withStores(async (storage, _raw, { ours: path }) => {
    const start = Date.now() - DAY_MS / 2;
    for (let n = 0; n < count; n += BATCH) await storage.audit.append(sampleEvents(BATCH, start + n));
    await countedOnSqlite(path);
    await using gateway = await startGateway(path);
    const name = `page over ${count} events`;
    return [
      ...(await firstLoad(browser, gateway.url, name)),
      ...(await filtering(browser, gateway.url, name)),
      ...(await typing(browser, gateway.url, name)),
      ...(await scrolling(browser, gateway.url, name)),
      ...(await following(browser, gateway.url, name, { storage, seconds: quick ? 10 : 60 })),
    ];
  });
}

/** Down the list by the wheel: 300 times 600 pixels, which is more than 6,000 rows. */
async function scrolling(browser: Browser, url: string, name: string): Promise<BenchResult[]> {
  await using opened = await openPage(browser);
  const { page } = opened;
  await opened.goToRows(`${url}/#/events`);
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
  await using opened = await openPage(browser);
  const { page } = opened;
  await opened.goToRows(`${url}/#/events?live=1`);
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
