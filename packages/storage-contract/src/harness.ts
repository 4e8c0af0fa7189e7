import type { AuditLimits, Clock, SchemaAdmin, StorageBackend } from "@agent-assembly/storage-core";
import type { AuditEventRow } from "@agent-assembly/storage-core/backend";

/** Options that a harness passes to the backend that it creates. */
export interface CreateOptions {
  readonly limits?: AuditLimits | undefined;
  /** Milliseconds since the epoch; the backend must take its "now" from here. */
  readonly clock?: Clock | undefined;
  /** Signs tokens; as `OpenOptions.tokenKey`. */
  readonly tokenKey?: string | readonly string[] | undefined;
  /** As `OpenOptions.governanceEvents`. */
  readonly governanceEvents?: boolean | undefined;
}

/** What a backend brings to be tested. Every hook is duty-bound as its comment says. */
export interface StorageHarness {
  /** Names the profile in reports: `sqlite`, `postgres-timescale`, ... */
  readonly name: string;
  /** A fresh, empty, migrated store for one case alone. */
  create(options?: CreateOptions): Promise<StorageBackend>;
  /** Closes the store and opens the same data again. Required where the capability `durability` is supported. */
  reopen?(backend: StorageBackend, options?: CreateOptions): Promise<StorageBackend>;
  /**
   * Another handle on the same data, as another process would have. Required where `multiProcess` is supported.
   * The harness closes it in `destroy` of the first.
   */
  second?(backend: StorageBackend, options?: CreateOptions): Promise<StorageBackend>;
  /** Manages the schema of a store. Required where `health()` reports a `schemaVersion`. */
  schema?(backend: StorageBackend): SchemaAdmin;
  /** Closes what is still open and deletes the data. */
  destroy(backend: StorageBackend): Promise<void>;
  /** Ends what the harness itself keeps between stores, such as connections. Called when the last store is destroyed. */
  close?(): Promise<void>;
  /** What is stored, ordered by `(ts, eventId)`, read without the audit store under test (for instance by raw SQL). */
  readStoredEvents(backend: StorageBackend): Promise<readonly AuditEventRow[]>;
}
