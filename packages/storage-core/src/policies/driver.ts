import type { AuditEventRow } from "../audit/row.js";
import type { PolicySummary } from "./record.js";
import type { PolicyActivationRow, PolicyVersionInfoRow, PolicyVersionRow } from "./row.js";

/**
 * The activations that a change has to see. Declared before it starts, so that a backend can load everything at once.
 */
export type ActivationsWanted = "none" | "newest" | "all";

/** The state of one policy before a change. */
export interface PolicyState {
  readonly latest: PolicyVersionInfoRow;
  readonly active: number | null;
  /** Oldest first; at least the requested ones. */
  readonly activations: readonly PolicyActivationRow[];
}

/** The outcome of a change of one policy; nothing is stored without a new version or activation. */
export interface PolicyDecision<T> {
  readonly newVersion?: PolicyVersionRow;
  /** Its `to` becomes the active version. */
  readonly newActivation?: PolicyActivationRow;
  /** Records the change; stored in its transaction. */
  readonly event?: AuditEventRow;
  readonly result: T;
}

/** The operations that a backend provides for its policy store. */
export interface PolicyDriver {
  /**
   * Atomically applies the result of `decide` to the policy; a new version or activation is stored once this resolves.
   * If `decide` throws, nothing changes.
   * @param decide receives `undefined` for an unknown name; called again with the current state when the backend
   *   retries
   * @returns the `result` of the decision that was stored
   */
  change<T>(
    name: string,
    wanted: ActivationsWanted,
    decide: (state: PolicyState | undefined) => PolicyDecision<T>,
  ): Promise<T>;
  active(name: string): Promise<PolicyVersionRow | undefined>;
  version(name: string, version: number): Promise<PolicyVersionRow | undefined>;
  /** Newest first. */
  versions(name: string): Promise<readonly PolicyVersionInfoRow[]>;
  /** Newest first. */
  activations(name: string): Promise<readonly PolicyActivationRow[]>;
  /** By name in code-point order. */
  list(): Promise<PolicySummary[]>;
}
