import { computed, signal } from "@preact/signals";

// The page's whole state is its URL's fragment, `#/events?decision=deny`: no server is asked for a page of the page, filters stay
// out of servers' logs, and the page works wherever it is mounted.

export const SCREENS = [
  "overview",
  "events",
  "session",
  "agents",
  "policies",
  "approvals",
  "retention",
  "metrics",
  "evidence",
] as const;

export type Screen = (typeof SCREENS)[number];

/** Where the page is. */
export interface Place {
  readonly screen: Screen;
  readonly params: URLSearchParams;
}

function read(): Place {
  const [path = "", query = ""] = splitOnce(location.hash.replace(/^#\/?/, ""), "?");
  const name = path === "" ? "overview" : path;
  const screen = SCREENS.find((known) => known === name);
  return { screen: screen ?? "overview", params: new URLSearchParams(query) };
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** The current place; changes with the browser's history. */
export const place = signal<Place>(read());
addEventListener("hashchange", () => {
  place.value = read();
});

export const screen = computed(() => place.value.screen);
export const params = computed(() => place.value.params);

/** What stays when one screen leads to another. */
const LASTING = ["range", "from", "to", "tz"];

/** Parameters to set; `undefined` and an empty list remove one. */
export type Changes = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The link to a screen with the time range of the current one. */
export function linkTo(target: Screen, changes: Changes = {}): string {
  const kept = new URLSearchParams([...params.value].filter(([key]) => LASTING.includes(key)));
  return hashOf(target, changed(kept, changes));
}

/** The link to the current screen with some parameters changed. */
export function linkWith(changes: Changes): string {
  return hashOf(screen.value, changed(params.value, changes));
}

/** Goes to a link; `replace` makes no entry in the history, for what is typed or dragged. */
export function go(link: string, how: "push" | "replace" = "push"): void {
  if (link === location.hash) return;
  history[how === "push" ? "pushState" : "replaceState"](null, "", link);
  place.value = read();
}

/** Changes parameters of the current screen. */
export function setParams(changes: Changes, how: "push" | "replace" = "push"): void {
  go(linkWith(changes), how);
}

/** One parameter, or a default. */
export function param(key: string, otherwise = ""): string {
  return params.value.get(key) ?? otherwise;
}

function changed(base: URLSearchParams, changes: Changes): URLSearchParams {
  const result = new URLSearchParams(base);
  for (const [key, value] of Object.entries(changes)) {
    result.delete(key);
    if (value === undefined) continue;
    for (const one of typeof value === "string" ? [value] : value) result.append(key, one);
  }
  return result;
}

function hashOf(target: Screen, query: URLSearchParams): string {
  const text = query.toString().replaceAll("%2F", "/").replaceAll("%3A", ":");
  return `#/${target === "overview" ? "" : target}${text === "" ? "" : `?${text}`}`;
}
