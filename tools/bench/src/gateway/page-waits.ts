/// <reference lib="dom" />

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, CDPSession } from "playwright-core";
import { type BenchResult, median, withinBudget } from "../result.js";
import { openPage } from "./browser.js";

/** As an old laptop. */
const SLOW_DOWN = 4;
const LOADS = 7;
const FILTERS = 9;
const TYPED = "tool=search_the_web";
const TYPE_EVERY_MS = 60;
/** Of the longest key of each, the median counts: what else the machine does falls on one key or another. */
const TYPED_ROUNDS = 5;
/** Shorter ones are not reported. */
const LEAST_REPORTED_MS = 16;

/** Milliseconds from the navigation until something was painted. */
const FIRST_PAINT = 'performance.getEntriesByName("first-contentful-paint")[0]?.startTime';

declare global {
  interface Window {
    /** Milliseconds from each key to the paint after it. */
    keyLatencies?: number[];
  }
}

const slowDown = (cdp: CDPSession, rate: number): Promise<unknown> =>
  cdp.send("Emulation.setCPUThrottlingRate", { rate });

/** The first load: a new profile, so that no file is in a cache and no code is compiled. The server has been asked before. */
export async function firstLoad(browser: Browser, url: string, name: string): Promise<BenchResult[]> {
  const paints: number[] = [];
  const rows: number[] = [];
  const wordPaints: number[] = [];
  await using word = await serveWord(url);
  for (let n = 0; n <= LOADS; n++) {
    await using opened = await openPage(browser);
    await slowDown(opened.cdp, SLOW_DOWN);
    await opened.goToRows(`${url}/#/events`);
    const painted = await opened.valueOf(FIRST_PAINT);
    const rowsPainted = await opened.valueOf("window.rowsPaintedAt");
    await using other = await openPage(browser);
    await slowDown(other.cdp, SLOW_DOWN);
    await other.goTo(word.url, FIRST_PAINT);
    // The first one warms the server up, and the browser's own files.
    if (n === 0) continue;
    paints.push(painted);
    rows.push(rowsPainted);
    wordPaints.push(await other.valueOf(FIRST_PAINT));
  }
  // Beside it, for the reader: what the browser needs on this machine for one word, sent with the same headers.
  const floor = median(wordPaints);
  return [
    { ...withinBudget(`${name}, first paint, ${SLOW_DOWN} x slower`, "ms", median(paints), 300), floor },
    withinBudget(`${name}, first rows painted, ${SLOW_DOWN} x slower`, "ms", median(rows), 800),
  ];
}

/** A page of one word, sent with the headers of ours: for some of them the browser starts a process. */
async function serveWord(url: string): Promise<AsyncDisposable & { readonly url: string }> {
  const headers = new Headers((await fetch(url)).headers);
  for (const own of [
    "content-length",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "date",
    "etag",
  ]) {
    headers.delete(own);
  }
  const server = createServer((_request, response) => {
    response.setHeaders(headers).end("<!doctype html><title>Word</title><p>word");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** From another filter, by an indexed member, to its rows. */
export async function filtering(browser: Browser, url: string, name: string): Promise<BenchResult[]> {
  await using opened = await openPage(browser);
  await opened.goToRows(`${url}/#/events`);
  const times: number[] = [];
  for (let n = 0; n < FILTERS; n++) {
    times.push(
      await opened.page.evaluate(async (agent) => {
        const start = performance.now();
        location.hash = `#/events?agentId=${agent}`;
        const isThere = (): boolean => {
          const agents = [...document.querySelectorAll(".row:not(.head) .c-agent")];
          return agents.length > 0 && agents.every(({ textContent }) => textContent === agent);
        };
        await new Promise<void>((done) => {
          const observer = new MutationObserver(() => {
            if (!isThere()) return;
            observer.disconnect();
            done();
          });
          observer.observe(document.body, { childList: true, subtree: true, characterData: true });
        });
        await window.painted?.();
        return performance.now() - start;
      }, `agent-${n}`),
    );
  }
  return [withinBudget(`${name}, filter by agent to rows painted`, "ms", median(times), 300)];
}

/** Keys typed into the filter: at rest on a slow machine, and while a list loads. */
export async function typing(browser: Browser, url: string, name: string): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [what, rate, hash] of [
    [`${SLOW_DOWN} x slower`, SLOW_DOWN, undefined],
    ["while a list loads", 1, "#/events?agentId=agent-7"],
  ] as const) {
    const longest: number[] = [];
    for (let n = 0; n < TYPED_ROUNDS; n++) longest.push(await longestKey(browser, url, rate, hash));
    results.push(withinBudget(`${name}, longest key to paint, ${what}`, "ms", median(longest), 50));
  }
  return results;
}

/**
 * @param rate how many times slower the browser's processor is
 * @param hash the list that begins to load when the first key is typed; absent: none
 * @returns milliseconds from a key to the paint after it, of the key that took longest
 */
async function longestKey(browser: Browser, url: string, rate: number, hash: string | undefined): Promise<number> {
  await using opened = await openPage(browser);
  const { page, cdp } = opened;
  await opened.goToRows(`${url}/#/events`);
  // The counts are the last that is drawn.
  for (const selector of [".timeline", ".facet >> nth=3"]) await page.locator(selector).waitFor();
  await page.evaluate(() => window.painted?.());
  await page.focus("#filter");
  await page.evaluate((leastMs) => {
    const latencies: number[] = [];
    window.keyLatencies = latencies;
    new PerformanceObserver((list) => {
      for (const { name, duration } of list.getEntries()) if (/^key|^input$/.test(name)) latencies.push(duration);
    }).observe({ type: "event", durationThreshold: leastMs } as PerformanceObserverInit);
  }, LEAST_REPORTED_MS);
  await slowDown(cdp, rate);
  if (hash !== undefined) {
    await page.evaluate((place) => {
      location.hash = place;
    }, hash);
  }
  await page.keyboard.type(TYPED, { delay: TYPE_EVERY_MS });
  const typed = await page.evaluate(async () => {
    await window.painted?.();
    return {
      value: document.querySelector<HTMLInputElement>("#filter")?.value,
      latencies: window.keyLatencies ?? [],
    };
  });
  if (typed.value !== TYPED) throw new Error(`typed ${TYPED}, but the box has ${typed.value}`);
  return Math.max(LEAST_REPORTED_MS, ...typed.latencies);
}
