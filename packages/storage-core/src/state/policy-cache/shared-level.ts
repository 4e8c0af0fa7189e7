import type { PolicyVersion } from "../../policies/record.js";

/** What a look into the shared level comes to. */
export type SharedRead =
  | { readonly found: true; readonly policy: PolicyVersion | undefined; readonly ageMs: number }
  /** The token has to come along when what the store says is written. */
  | { readonly found: false; readonly token: string };

/** A level between the caches of several processes and the store. */
export interface SharedPolicyLevel {
  /** What answers from here have as their `source`. */
  readonly name: string;
  /** Never gives what is older than the TTL. @throws `unavailable`, `timeout` */
  read(name: string): Promise<SharedRead>;
  /**
   * Keeps what the store said, aged from the moment the token was given; does nothing when the policy was invalidated
   * since then.
   */
  write(name: string, policy: PolicyVersion | undefined, token: string): Promise<void>;
  invalidate(name: string): Promise<void>;
}
