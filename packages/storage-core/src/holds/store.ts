import type { HoldRelease, LegalHold, NewLegalHold } from "./record.js";

/** The legal holds on a store. */
export interface HoldStore {
  /**
   * In force when it resolves: from then on no process deletes what it covers.
   * @throws `invalid_argument`, also without a reason or a name
   */
  place(hold: NewLegalHold): Promise<LegalHold>;
  /** @throws `not_found`; `conflict` when it was released before; `invalid_argument` */
  release(holdId: string, release: HoldRelease): Promise<LegalHold>;
  /**
   * By `placedAt`, oldest first, then by `holdId`.
   * @param options `released`: also those no longer in force; default false
   * @throws `invalid_argument`
   */
  list(options?: { readonly released?: boolean | undefined }): Promise<LegalHold[]>;
}
