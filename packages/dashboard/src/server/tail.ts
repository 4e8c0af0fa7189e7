import { signal } from "@preact/signals";
import { apiUrl, type Query } from "./client.js";
import type { EventRow } from "./wire.js";

/** Rows that wait to be shown; beyond that the list is loaded anew. */
export const MOST_WAITING = 2000;
/** How long a hidden page stays connected, in milliseconds. */
const HIDDEN_FOR = 5 * 60_000;

/** Follows new events by server-sent events. */
export class Tail {
  /** Newest first; at most {@link MOST_WAITING}. */
  readonly waiting = signal<readonly EventRow[]>([]);
  /** All that came since the last {@link take}. */
  readonly count = signal(0);
  readonly state = signal<"off" | "connecting" | "live">("off");
  /** Whether events may have come while the page was hidden for too long to follow them. */
  readonly missed = signal(false);
  #source: EventSource | undefined;
  #query: Query = {};
  #arrived: EventRow[] = [];
  #drawing = 0;
  #hidden: ReturnType<typeof setTimeout> | undefined;

  start(query: Query): void {
    this.stop();
    this.#query = query;
    this.#connect();
    document.addEventListener("visibilitychange", this.#onVisibility);
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.#onVisibility);
    clearTimeout(this.#hidden);
    this.#disconnect();
    this.take();
  }

  /** The rows that wait, newest first; they wait no longer. */
  take(): readonly EventRow[] {
    const taken = this.waiting.value;
    this.waiting.value = [];
    this.count.value = 0;
    this.missed.value = false;
    this.#arrived = [];
    return taken;
  }

  #connect(): void {
    this.state.value = "connecting";
    // The browser connects again by itself, with the position of the last event.
    const source = new EventSource(apiUrl("events/tail", this.#query));
    this.#source = source;
    source.onopen = () => {
      this.state.value = "live";
    };
    source.onerror = () => {
      this.state.value = source.readyState === EventSource.CLOSED ? "off" : "connecting";
    };
    source.addEventListener("audit", (message) => this.#receive(JSON.parse(message.data as string) as EventRow));
    // The gateway stops, or the place to go on from is lost; connecting again by itself would not help.
    for (const last of ["end", "problem"]) source.addEventListener(last, () => this.#disconnect());
  }

  #disconnect(): void {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = 0;
    this.#source?.close();
    this.#source = undefined;
    this.state.value = "off";
  }

  // Many may come between two frames; they are shown at once.
  #receive(row: EventRow): void {
    this.#arrived.push(row);
    if (this.#arrived.length > 2 * MOST_WAITING) this.#arrived = this.#arrived.slice(-MOST_WAITING);
    if (this.#drawing !== 0) return;
    this.#drawing = requestAnimationFrame(() => {
      this.#drawing = 0;
      const fresh = this.#arrived.reverse();
      this.#arrived = [];
      this.count.value += fresh.length;
      this.waiting.value = [...fresh, ...this.waiting.value].slice(0, MOST_WAITING);
    });
  }

  #onVisibility = (): void => {
    clearTimeout(this.#hidden);
    if (document.hidden) {
      this.#hidden = setTimeout(() => {
        this.#disconnect();
        this.missed.value = true;
      }, HIDDEN_FOR);
    } else if (this.#source === undefined) this.#connect();
  };
}
