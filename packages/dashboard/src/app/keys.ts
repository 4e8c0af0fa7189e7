import { signal } from "@preact/signals";
import { go, linkTo, linkWith, param, screen } from "../url/location.js";
import { refreshNow } from "../url/range.js";
import { SCREEN_LIST } from "./screens.js";

/** What lies over the page. */
export const overlay = signal<"help" | "palette" | undefined>(undefined);

/** One key that works everywhere, or on one screen. */
export interface Shortcut {
  readonly keys: string;
  readonly does: string;
}

export const SHORTCUTS: readonly { readonly title: string; readonly list: readonly Shortcut[] }[] = [
  {
    title: "Everywhere",
    list: [
      { keys: "Ctrl K", does: "command palette" },
      { keys: "?", does: "these keys" },
      { keys: "u", does: "UTC or local time" },
      { keys: ".", does: "move on to now" },
      { keys: "Esc", does: "close what is open" },
    ],
  },
  {
    title: "Go to",
    list: SCREEN_LIST.filter(({ icon }) => icon !== undefined).map(({ key, label }) => ({
      keys: `g ${key}`,
      does: label.toLowerCase(),
    })),
  },
  {
    title: "Events",
    list: [
      { keys: "/", does: "filter" },
      { keys: "l", does: "live tail" },
      { keys: "j k ↓ ↑", does: "next, previous" },
      { keys: "Enter", does: "open" },
      { keys: "Home End", does: "first, last of the loaded" },
    ],
  },
  {
    title: "Approvals",
    list: [
      { keys: "j k", does: "next, previous" },
      { keys: "a d", does: "approve, deny: asks first" },
      { keys: "c", does: "claim" },
    ],
  },
];

/** How long `g` waits for the key after it, in milliseconds. */
const CHORD_MS = 1500;
let chordUntil = 0;

/** Starts listening; keys that a screen has handled itself do not arrive here. */
export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      overlay.value = overlay.value === "palette" ? undefined : "palette";
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || overlay.value !== undefined) return;
    if (event.target instanceof Element && event.target.closest("input, textarea, select, dialog") !== null) {
      if (event.key === "Escape" && event.target instanceof HTMLInputElement) event.target.blur();
      return;
    }
    if (act(event.key)) event.preventDefault();
  });
}

function act(key: string): boolean {
  if (Date.now() < chordUntil) {
    chordUntil = 0;
    const target = SCREEN_LIST.find((one) => one.key === key);
    if (target !== undefined) {
      go(linkTo(target.name));
      return true;
    }
  }
  return ACTIONS[key]?.() === true;
}

/** What a key does; false where it has no use at the moment. */
const ACTIONS: Readonly<Record<string, () => boolean>> = {
  g: () => {
    chordUntil = Date.now() + CHORD_MS;
    return true;
  },
  "?": () => {
    overlay.value = "help";
    return true;
  },
  u: () => {
    toggleZone();
    return true;
  },
  ".": () => {
    refreshNow();
    return true;
  },
  "/": () => {
    const box = document.getElementById("filter");
    box?.focus();
    return box !== null;
  },
  l: () => {
    if (screen.value !== "events") return false;
    go(linkWith({ live: param("live") === "1" ? undefined : "1" }), "replace");
    return true;
  },
  Escape: () => {
    if (param("event") === "" || screen.value !== "events") return false;
    go(linkWith({ event: undefined }));
    document.getElementById("events")?.focus();
    return true;
  },
};

/** Shows times in UTC, or in the browser's time zone. */
export function toggleZone(): void {
  go(linkWith({ tz: param("tz") === "utc" ? undefined : "utc" }), "replace");
}
