import { signal } from "@preact/signals";
import { readAhead } from "../server/ahead.js";
import { type ApiError, apiUrl, get, type Query } from "../server/client.js";
import { asApiError } from "../server/resource.js";
import type { EventRow, PageOf } from "../server/wire.js";
import { firstPage, PAGE } from "./first-page.js";

/** Rows that are held around the place that is looked at. */
const MOST_ROWS = 2000;

export type Direction = "newer" | "older";

/** Pages that follow one another. */
interface Chain {
  readonly query: Query;
  readonly cursor: string | undefined;
}

/**
 * The rows of a list of any length around one moment, newest first: pages come at both ends, and what is far away goes. Pages are
 * found by keyset, so that the hundred-thousandth row costs what the first one does.
 */
export class EventWindow {
  readonly rows = signal<readonly EventRow[]>([]);
  /** What the first row's index would be had nothing come or gone before it; moves by what is added or removed there. */
  readonly offset = signal(0);
  readonly loading = signal<Direction | "start" | undefined>(undefined);
  readonly error = signal<ApiError | undefined>(undefined);
  readonly ended = signal<Readonly<Record<Direction, boolean>>>({ newer: true, older: true });
  /** Whether an answer came since the filter changed. */
  readonly ready = signal(false);
  #query: Query = {};
  /** How the pages at each end go on; none where rows of that end were let go, or none were loaded yet. */
  #chains: Partial<Record<Direction, Chain>> = {};
  #request: AbortController | undefined;

  /**
   * Begins anew. The old rows stay until the new ones are there.
   * @param query the filter with its time range
   * @param before begins with the newest event before this time, ISO 8601; default the newest of all
   */
  async start(query: Query, before?: string): Promise<void> {
    this.#query = query;
    this.ready.value = false;
    const { limit, ...older } = firstPage(query, before);
    // What is here already is drawn with the screen, not after it.
    const here = readAhead(apiUrl("events", { ...older, limit })) as PageOf<EventRow> | undefined;
    const page = here ?? (await this.#load("start", { ...older, limit }));
    if (page === undefined) return;
    this.rows.value = page.items;
    this.offset.value = 0;
    this.#chains = page.next === undefined ? {} : { older: { query: older, cursor: page.next } };
    this.ended.value = { newer: before === undefined, older: page.next === undefined };
    this.ready.value = true;
  }

  stop(): void {
    this.#request?.abort();
  }

  /** Loads the next page at one end, unless one is under way. */
  async more(direction: Direction): Promise<void> {
    const rows = this.rows.value;
    if (this.loading.value !== undefined || this.ended.value[direction] || rows.length === 0) return;
    const chain = this.#chains[direction] ?? { query: this.#beyond(direction), cursor: undefined };
    const page = await this.#load(direction, { ...chain.query, cursor: chain.cursor, limit: PAGE });
    if (page === undefined) return;
    this.#setChain(direction, page.next === undefined ? undefined : { query: chain.query, cursor: page.next });
    this.ended.value = { ...this.ended.value, [direction]: page.next === undefined };
    if (direction === "older") this.#append(page.items);
    else this.prepend(page.items.toReversed());
  }

  /** Puts newer rows, newest first, before the others; those that are there already are left out. */
  prepend(newer: readonly EventRow[]): void {
    const known = new Set(this.rows.value.map(({ eventId }) => eventId));
    const fresh = newer.filter(({ eventId }) => !known.has(eventId));
    const all = [...fresh, ...this.rows.value];
    if (all.length > MOST_ROWS) {
      all.length = MOST_ROWS;
      this.#letGo("older");
    }
    this.offset.value -= fresh.length;
    this.rows.value = all;
  }

  // A chain begins at the instant of the row at its end, and may repeat the rows of that instant.
  #append(older: readonly EventRow[]): void {
    const known = new Set(this.rows.value.map(({ eventId }) => eventId));
    const all = [...this.rows.value, ...older.filter(({ eventId }) => !known.has(eventId))];
    const extra = Math.max(0, all.length - MOST_ROWS);
    if (extra > 0) this.#letGo("newer");
    this.offset.value += extra;
    this.rows.value = all.slice(extra);
  }

  #letGo(direction: Direction): void {
    this.#setChain(direction, undefined);
    this.ended.value = { ...this.ended.value, [direction]: false };
  }

  #setChain(direction: Direction, chain: Chain | undefined): void {
    const { [direction]: _, ...others } = this.#chains;
    this.#chains = chain === undefined ? others : { ...others, [direction]: chain };
  }

  /** What lies beyond the row at one end, its own instant included. */
  #beyond(direction: Direction): Query {
    const rows = this.rows.value;
    if (direction === "newer") return { ...this.#query, from: (rows[0] as EventRow).ts, order: "oldest" };
    const last = Date.parse((rows.at(-1) as EventRow).ts);
    return { ...this.#query, to: new Date(last + 1).toISOString(), order: "newest" };
  }

  async #load(what: Direction | "start", query: Query): Promise<PageOf<EventRow> | undefined> {
    this.#request?.abort();
    const own = new AbortController();
    this.#request = own;
    this.loading.value = what;
    try {
      const page = await get<PageOf<EventRow>>("events", query, own.signal);
      if (own.signal.aborted) return undefined;
      this.error.value = undefined;
      this.loading.value = undefined;
      return page;
    } catch (problem) {
      if (own.signal.aborted) return undefined;
      this.loading.value = undefined;
      this.error.value = asApiError(problem);
      return undefined;
    }
  }
}
