import type { AuditOrder } from "@agent-assembly/storage-core";
import { compareAuditKeys, type NormalizedEvent } from "@agent-assembly/storage-core/backend";

/** Events of one file in order. */
export interface EventSource {
  /** No event comes before this `ts` in the order asked for. */
  readonly bound: number;
  open(): AsyncGenerator<readonly NormalizedEvent[]>;
}

class Head {
  #position = 0;

  private constructor(
    private readonly batches: AsyncGenerator<readonly NormalizedEvent[]>,
    private batch: readonly NormalizedEvent[],
  ) {}

  /** `undefined` for a source without events. */
  static async of(source: EventSource): Promise<Head | undefined> {
    const batches = source.open();
    const first = await batches.next();
    return first.done ? undefined : new Head(batches, first.value);
  }

  get event(): NormalizedEvent {
    return this.batch[this.#position] as NormalizedEvent;
  }

  /** @returns false at the end */
  async advance(): Promise<boolean> {
    if (++this.#position < this.batch.length) return true;
    const next = await this.batches.next();
    if (next.done) return false;
    this.batch = next.value;
    this.#position = 0;
    return true;
  }

  async close(): Promise<void> {
    await this.batches.return(undefined);
  }
}

/**
 * Merges sources into one order; an event that several have comes once. A source is opened only when its turn may have
 * come, so what is held in memory grows with the files that overlap, not with their number.
 * @param sources sorted by `bound` in the order asked for
 */
export async function* mergeEvents(
  sources: readonly EventSource[],
  order: AuditOrder,
): AsyncGenerator<NormalizedEvent> {
  const direction = order === "newest" ? -1 : 1;
  let heads: Head[] = [];
  let next = 0;
  let last: NormalizedEvent | undefined;
  try {
    for (;;) {
      let head = firstOf(heads, direction);
      for (let source = sources[next]; source !== undefined && opens(source, head, direction); source = sources[next]) {
        next++;
        const opened = await Head.of(source);
        if (opened !== undefined) heads.push(opened);
        head = firstOf(heads, direction);
      }
      if (head === undefined) return;
      const { event } = head;
      if (last === undefined || compareAuditKeys(last, event) !== 0) yield event;
      last = event;
      if (!(await head.advance())) heads = heads.filter((other) => other !== head);
    }
  } finally {
    await Promise.all(heads.map((head) => head.close()));
  }
}

function firstOf(heads: readonly Head[], direction: number): Head | undefined {
  let first = heads[0];
  for (let i = 1; i < heads.length; i++) {
    const head = heads[i] as Head;
    if (first !== undefined && direction * compareAuditKeys(head.event, first.event) < 0) first = head;
  }
  return first;
}

function opens(source: EventSource, head: Head | undefined, direction: number): boolean {
  return head === undefined || direction * (source.bound - head.event.ts) <= 0;
}
