import type { PolicyActivation, PolicyDocument, PolicySummary, PolicyVersion, PolicyVersionInfo } from "./record.js";

/** Options of {@link PolicyStore.save}. */
export interface SavePolicyOptions {
  readonly actor: string;
  /** Recorded with the change; 1 to 512 characters. */
  readonly reason?: string | undefined;
  /** Refuse with `conflict` unless this is the latest version (0: the name is new); default: any. */
  readonly expectedLatest?: number | undefined;
}

/** Options of {@link PolicyStore.activate}. */
export interface ActivatePolicyOptions {
  /** Who does it. */
  readonly actor: string;
  /** Recorded with the change; 1 to 512 characters. */
  readonly reason?: string | undefined;
  /** Refuse with `conflict` unless this version is active (`null`: none); default: any. */
  readonly expectedActive?: number | null | undefined;
}

/**
 * Versioned policies; at most one active version per name. Linearizable across processes. What is saved, activated or rolled back
 * is recorded as an audit event of action `governance`.
 */
export interface PolicyStore {
  /**
   * Stores a new version. Saving the very bytes and format of the latest version returns that version unchanged.
   * @throws `invalid_argument` when the source does not parse; `conflict` for a stale `expectedLatest`
   */
  save(document: PolicyDocument, options: SavePolicyOptions): Promise<PolicyVersion>;
  /**
   * Makes a version the active one. Activating the active version records nothing and returns the activation that
   * made it so.
   * @throws `not_found`, `conflict`
   */
  activate(name: string, version: number, options: ActivatePolicyOptions): Promise<PolicyActivation>;
  /**
   * Returns to the version that was active before, one step further back each time.
   * @throws `not_found` when the name is unknown; `conflict` when there is nothing to go back to, or on a stale
   *   `expectedActive`
   */
  rollback(name: string, options: ActivatePolicyOptions): Promise<PolicyActivation>;
  active(name: string): Promise<PolicyVersion | undefined>;
  get(name: string, version: number): Promise<PolicyVersion | undefined>;
  /** Newest first. */
  versions(name: string): Promise<PolicyVersionInfo[]>;
  /** Newest first. */
  activations(name: string): Promise<PolicyActivation[]>;
  /** All names, by code point. */
  list(): Promise<PolicySummary[]>;
}
