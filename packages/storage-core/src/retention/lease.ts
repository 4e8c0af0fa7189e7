/** A time-limited lock among all processes that share the store. */
export interface Lease extends AsyncDisposable {
  readonly name: string;
  readonly expiresAt: Date;
  /** False when another owner has taken the lease since. */
  renew(): Promise<boolean>;
  /** Idempotent. */
  release(): Promise<void>;
}
