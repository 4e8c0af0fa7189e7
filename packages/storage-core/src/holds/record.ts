/** What a legal hold covers: rows that match all members given; everything when none is. */
export interface HoldScope {
  readonly agentId?: string | undefined;
  readonly teamId?: string | undefined;
  /** Inclusive; of `ts`. */
  readonly from?: Date | undefined;
  /** Exclusive; after `from`. */
  readonly to?: Date | undefined;
}

export interface NewLegalHold extends HoldScope {
  /** Why; 1 to 512 characters. */
  readonly reason: string;
  /** Who; 1 to 512 characters. */
  readonly placedBy: string;
}

/** Keeps audit events and metric samples from retention, whatever its rules say. Its record outlives its release. */
export interface LegalHold extends NewLegalHold {
  /** UUID, made by the store. */
  readonly holdId: string;
  readonly placedAt: Date;
  /** These three: absent while it is in force. */
  readonly releasedAt?: Date | undefined;
  readonly releasedBy?: string | undefined;
  readonly releaseReason?: string | undefined;
}

/** Who ends a hold and why; each 1 to 512 characters. */
export interface HoldRelease {
  readonly releasedBy: string;
  readonly reason: string;
}

/** The legal holds on a store. */
export interface HoldRegister {
  /**
   * In force when it resolves: no `drop` deletes what it covers from then on, in whichever process.
   * @throws `invalid_argument`, for one without a reason or without a name too
   */
  placeHold(hold: NewLegalHold): Promise<LegalHold>;
  /** @throws `not_found`; `conflict` when it was released before; `invalid_argument` */
  releaseHold(holdId: string, release: HoldRelease): Promise<LegalHold>;
  /**
   * By `placedAt`, oldest first, then by `holdId`.
   * @param options `released`: also those no longer in force; default false
   * @throws `invalid_argument`
   */
  holds(options?: { readonly released?: boolean | undefined }): Promise<LegalHold[]>;
}
