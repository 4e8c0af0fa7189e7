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
