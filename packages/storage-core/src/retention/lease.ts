/** A time-limited, exclusive right among all processes that share the store. */
export interface Lease extends AsyncDisposable {
  readonly name: string;
  readonly expiresAt: Date;
  /** False when the lease was lost to somebody else meanwhile. */
  renew(): Promise<boolean>;
  /** Idempotent. */
  release(): Promise<void>;
}
