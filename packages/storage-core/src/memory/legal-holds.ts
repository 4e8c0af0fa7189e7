import { holdErrors } from "../holds/errors.js";
import { checkHoldsOptions, type HoldRow, holdCovers, parseHold, parseRelease, toLegalHold } from "../holds/parse.js";
import type { HoldRelease, LegalHold, NewLegalHold } from "../holds/record.js";
import type { HoldStore } from "../holds/store.js";
import { compareText } from "../support/text.js";
import type { Clock } from "../time/clock.js";

export class MemoryLegalHolds implements HoldStore {
  readonly #holds = new Map<string, HoldRow>();

  constructor(private readonly clock: Clock) {}

  async place(hold: NewLegalHold): Promise<LegalHold> {
    const placed = parseHold(hold, this.clock());
    this.#holds.set(placed.holdId, placed);
    return toLegalHold(placed);
  }

  async release(holdId: string, release: HoldRelease): Promise<LegalHold> {
    const { holdId: id, actor, reason } = parseRelease(holdId, release);
    const hold = this.#holds.get(id);
    if (hold === undefined) throw holdErrors.unknown();
    if (hold.releasedAt !== null) throw holdErrors.released();
    const released = { ...hold, releasedAt: this.clock(), releaseActor: actor, releaseReason: reason };
    this.#holds.set(id, released);
    return toLegalHold(released);
  }

  async list(options?: { readonly released?: boolean | undefined }): Promise<LegalHold[]> {
    const released = checkHoldsOptions(options);
    return [...this.#holds.values()]
      .filter((hold) => released || hold.releasedAt === null)
      .sort((a, b) => a.placedAt - b.placedAt || compareText(a.holdId, b.holdId))
      .map(toLegalHold);
  }

  /** How many holds cover some of the rows, and how many rows they cover. */
  covering(rows: readonly Parameters<typeof holdCovers>[1][]): { readonly holds: number; readonly rows: number } {
    const all = [...this.#holds.values()];
    return {
      holds: all.filter((hold) => rows.some((row) => holdCovers(hold, row))).length,
      rows: rows.filter((row) => all.some((hold) => holdCovers(hold, row))).length,
    };
  }
}
