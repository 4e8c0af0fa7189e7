import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { checkKeys, checkObject } from "../support/input.js";
import type { NewAuditEvent } from "./event.js";
import { type ResolvedAuditLimits, resolveAuditLimits } from "./limits.js";
import { EventRefusal, type NormalizedEvent, normalizeNewEvent } from "./parse.js";
import type { AppendResult, AuditTimeLimits, Rejection } from "./store.js";

/** What the door says of the events of one append call. */
export class Admission {
  readonly accepted: NormalizedEvent[] = [];
  /** Positions of the accepted ones in the caller's array, once they differ from their order. */
  indexes: number[] | undefined;
  /** Made when the first one is refused: ten thousand small calls may wait at once. */
  #refused: Rejection[] | undefined;
  readonly #limits: ResolvedAuditLimits;

  /** @throws `invalid_argument` when `events` is no array or the options are unknown */
  constructor(
    private readonly events: readonly NewAuditEvent[],
    options: { readonly limits?: AuditTimeLimits | undefined } | undefined,
    defaults: ResolvedAuditLimits,
  ) {
    if (!Array.isArray(events)) throw invalidArgument(`events must be an array, got ${describeShape(events)}`);
    if (options !== undefined) {
      checkObject("options", options);
      checkKeys("options", options, ["limits"]);
    }
    this.#limits = resolveAuditLimits(options?.limits, defaults);
  }

  /** Checks the events of the positions `[from, to)`; in order, each once. @param now becomes `recordedAt` */
  admit(from: number, to: number, now: number): void {
    for (let index = from; index < to; index++) {
      const event = normalizeNewEvent(this.events[index], this.#limits, now);
      if (event instanceof EventRefusal) {
        this.indexes ??= this.accepted.map((_, position) => position);
        this.#refused ??= [];
        this.#refused.push({ index, code: event.code, reason: event.reason });
      } else {
        this.accepted.push(event);
        this.indexes?.push(index);
      }
    }
  }

  /** The answer to the call. @param write stores the accepted events; not called without any */
  answer(write: () => Promise<AppendResult>): Promise<AppendResult> {
    const refused = this.#refused;
    if (this.accepted.length === 0) return Promise.resolve({ inserted: 0, duplicates: 0, rejected: refused ?? [] });
    if (refused === undefined) return write();
    return write().then((result) => ({
      ...result,
      rejected: [...refused, ...result.rejected].sort((a, b) => a.index - b.index),
    }));
  }
}
