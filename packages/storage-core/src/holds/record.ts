/** What a legal hold covers: rows that match all members given; everything when none is. */
export interface HoldScope {
  readonly agentId?: string | undefined;
  readonly teamId?: string | undefined;
  /** Inclusive; of `ts`. */
  readonly from?: Date | undefined;
  /** Exclusive; after `from`. */
  readonly to?: Date | undefined;
}

/** A legal hold to place. */
export interface NewLegalHold extends HoldScope {
  /** Why; 1 to 512 characters. */
  readonly reason: string;
  /** Who places it; 1 to 512 characters. */
  readonly actor: string;
}

/** Who releases a hold, and why; each 1 to 512 characters. */
export interface HoldRelease {
  readonly actor: string;
  readonly reason: string;
}

interface PlacedHold extends NewLegalHold {
  /** UUID, made by the store. */
  readonly holdId: string;
  readonly placedAt: Date;
}

/** A legal hold in force. */
export interface HoldInForce extends PlacedHold {
  readonly state: "in_force";
}

/** A legal hold that no longer applies. */
export interface ReleasedHold extends PlacedHold {
  readonly state: "released";
  readonly release: HoldRelease & { readonly releasedAt: Date };
}

/** Keeps audit events and metric samples from retention, whatever its rules say. Its record outlives its release. */
export type LegalHold = HoldInForce | ReleasedHold;
