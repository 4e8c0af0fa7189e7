import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { checkKeys, checkObject } from "../support/input.js";
import type { AuditDriver } from "./driver.js";
import type { NewAuditEvent } from "./event.js";
import { parseAppendLimits, type ResolvedAuditLimits } from "./limits.js";
import { EventRefusal, parseNewEvent } from "./parse.js";
import type { AuditEventRow } from "./row.js";
import type { AppendResult, AuditTimeLimits, Rejection } from "./store.js";

/** Validates the events of one `append` call, and stores those that are valid. */
export class Admission {
  readonly accepted: AuditEventRow[] = [];
  /** Positions of the accepted events in the caller's array; `undefined` while all events so far were accepted. */
  #positions: number[] | undefined;
  /** Allocated with the first rejection, because ten thousand small calls may be waiting at once. */
  #refused: Rejection[] | undefined;
  readonly #limits: ResolvedAuditLimits;

  /** @throws `invalid_argument` when `events` is not an array or an option is unknown */
  constructor(
    private readonly events: readonly NewAuditEvent[],
    options: { readonly limits?: AuditTimeLimits | undefined } | undefined,
    defaults: ResolvedAuditLimits,
  ) {
    if (!Array.isArray(events)) throw invalidArgument("events", `must be an array, got ${describeShape(events)}`);
    if (options !== undefined) {
      checkObject("options", options);
      checkKeys("options", options, ["limits"]);
    }
    this.#limits = parseAppendLimits(options?.limits, defaults);
  }

  /**
   * Validates the events at positions `[from, to)`. Call it in order, once per event.
   * @param now becomes `recordedAt`
   */
  admit(from: number, to: number, now: number): void {
    for (let index = from; index < to; index++) {
      const event = parseNewEvent(this.events[index], this.#limits, now);
      if (event instanceof EventRefusal) {
        this.#positions ??= this.accepted.map((_, position) => position);
        this.#refused ??= [];
        this.#refused.push({ index, code: event.code, reason: event.reason });
      } else {
        this.accepted.push(event);
        this.#positions?.push(index);
      }
    }
  }

  /** Stores the accepted events, if there are any. @returns the result of the call, with positions in the caller's array */
  store(driver: Pick<AuditDriver, "append">): Promise<AppendResult> {
    const refused = this.#refused;
    const positions = this.#positions;
    if (this.accepted.length === 0) return Promise.resolve({ inserted: 0, duplicates: 0, rejected: refused ?? [] });
    if (refused === undefined || positions === undefined) return driver.append(this.accepted);
    return driver.append(this.accepted).then((result) => {
      const rejected = result.rejected.map((one) => ({ ...one, index: positions[one.index] as number }));
      return { ...result, rejected: [...refused, ...rejected].sort((a, b) => a.index - b.index) };
    });
  }
}
