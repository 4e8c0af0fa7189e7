import { AppendGroup, type PendingAppend } from "./append-group.js";

/** A statement takes further calls up to this many events; one call is never divided. */
const GROUP_EVENTS = 5000;
/** ... and up to this much payload, in UTF-16 code units. */
const GROUP_SIZE = 8 * 1024 * 1024;
/** Below this many events a group is not divided among idle connections. */
const SHARED_EVENTS = 1000;

/** Calls in order of arrival, and how they are grouped. */
export class AppendQueue {
  #calls: PendingAppend[] = [];
  #events = 0;
  #size = 0;

  get length(): number {
    return this.#calls.length;
  }

  /** Whether a call fits beside what waits already. A call that is too large by itself fits when nothing waits. */
  hasRoom(limits: { readonly events: number; readonly size: number }): boolean {
    return this.#calls.length === 0 || (this.#events < limits.events && this.#size < limits.size);
  }

  push(call: PendingAppend): void {
    this.#calls.push(call);
    this.#events += call.events.length;
    this.#size += call.size;
  }

  /** @param idle connections that could take a part of what waits */
  take(idle: number): AppendGroup {
    const share = Math.max(SHARED_EVENTS, Math.ceil(this.#events / idle));
    const most = Math.min(GROUP_EVENTS, share);
    let events = 0;
    let size = 0;
    let count = 0;
    for (const call of this.#calls) {
      const isFull = events + call.events.length > most || size + call.size > GROUP_SIZE;
      const isAlike = call.source === this.#calls[0]?.source && call.evidence === this.#calls[0]?.evidence;
      if (count > 0 && (isFull || !isAlike)) break;
      events += call.events.length;
      size += call.size;
      count++;
    }
    this.#events -= events;
    this.#size -= size;
    return new AppendGroup(this.#calls.splice(0, count));
  }
}
