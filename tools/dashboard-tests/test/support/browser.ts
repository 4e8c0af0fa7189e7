import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page, type Request } from "playwright-core";
import { expect } from "vitest";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A new browser with a folder of its own. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** What a page did that it must not. */
export interface Watch {
  readonly page: Page;
  /** Requests that have no answer yet, but for streams. */
  readonly pending: Set<Request>;
  /** Messages of the console, errors, dialogs, requests to other origins, in order. */
  readonly problems: string[];
}

declare global {
  interface Window {
    __pwned?: unknown;
    __violations?: string[];
  }
}

/** Opens the page at a place, such as `#/events?range=30d`, in a fresh profile, and waits until it rests. */
export async function visit(
  browser: Browser,
  url: string,
  place: string,
  options: BrowserContextOptions = {},
): Promise<Watch> {
  const watch = await watchPage(browser, url, options);
  await watch.page.goto(`${url}/${place}`);
  await rest(watch);
  return watch;
}

/** A fresh profile with an empty page, and what will be seen of it once it is at `url`. */
export async function watchPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Watch> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const problems: string[] = [];
  page.on("console", (message) => problems.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && protocol !== "blob:" && origin !== url) problems.push(`request to ${origin}`);
  });
  await page.addInitScript(axe.source);
  await page.addInitScript(() => {
    window.__violations = [];
    addEventListener("securitypolicyviolation", (event) => {
      window.__violations?.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  const pending = new Set<Request>();
  page.on("request", (request) => {
    if (request.resourceType() !== "eventsource") pending.add(request);
  });
  page.on("requestfinished", (request) => pending.delete(request));
  page.on("requestfailed", (request) => pending.delete(request));
  return { page, pending, problems };
}

/** Hides the page, or shows it, as far as its script can tell: a browser without windows has no page that is hidden. */
export async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      get: () => (value ? "hidden" : "visible"),
    });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

/** Goes to another place of the same page. */
export async function goTo(watch: Watch, place: string): Promise<void> {
  await watch.page.evaluate((hash) => {
    location.hash = hash;
  }, place);
  await rest(watch);
}

/** Waits until nothing loads any longer, and what was loaded is drawn. */
export async function rest({ page, pending }: Watch): Promise<void> {
  await page.locator("h1").first().waitFor({ state: "attached" });
  for (let quiet = 0; quiet < 3; quiet = pending.size === 0 ? quiet + 1 : 0) {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  }
}

/** Nothing was said, asked for elsewhere, or refused by the content security policy. */
export async function expectQuiet({ page, problems }: Watch): Promise<void> {
  expect(problems).toEqual([]);
  expect(await page.evaluate(() => window.__violations)).toEqual([]);
  expect(await page.evaluate(() => window.__pwned)).toBeUndefined();
}

/** What axe-core finds, one line for each element. */
export async function violationsOf({ page }: Watch): Promise<string[]> {
  return page.evaluate(async () => {
    const found = await (window as unknown as { axe: typeof axe }).axe.run(document);
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${failureSummary}`),
    );
  });
}
