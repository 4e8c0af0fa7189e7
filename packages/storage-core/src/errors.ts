/**
 * The closed list of failure codes a storage call can end with.
 *
 * | code | meaning |
 * |---|---|
 * | `invalid_argument` | the caller passed something that can never work; fix the call |
 * | `not_found` | the record a change refers to does not exist |
 * | `conflict` | a stale revision, a taken key, or a lost race |
 * | `unavailable` | the database cannot be reached |
 * | `timeout` | the database did not answer in time |
 * | `busy` | another writer holds the lock longer than the configured wait |
 * | `full` | no space left for the write |
 * | `permission_denied` | the file system or the database refuses access |
 * | `schema_outdated` | the database needs migrations first |
 * | `schema_newer` | the database was written by a newer version of this software |
 * | `migration_failed` | a migration could not be applied or does not match the recorded one |
 * | `retention_failed` | a retention step could not be completed |
 * | `unsupported` | this backend cannot do it; see its capabilities |
 * | `corrupt` | the stored data is damaged or is not ours |
 * | `closed` | the backend was closed before the call |
 * | `internal` | a defect in this software |
 */
export const STORAGE_ERROR_CODES = [
  "invalid_argument",
  "not_found",
  "conflict",
  "unavailable",
  "timeout",
  "busy",
  "full",
  "permission_denied",
  "schema_outdated",
  "schema_newer",
  "migration_failed",
  "retention_failed",
  "unsupported",
  "corrupt",
  "closed",
  "internal",
] as const;

/** One of {@link STORAGE_ERROR_CODES}. */
export type StorageErrorCode = (typeof STORAGE_ERROR_CODES)[number];

/** Codes after which repeating the same call can succeed without changing anything else. */
const RETRYABLE: ReadonlySet<StorageErrorCode> = new Set(["unavailable", "timeout", "busy"]);

const BRAND = Symbol.for("@agent-assembly/storage-error");

/** What a {@link StorageError} is made from. */
export interface StorageErrorInit {
  readonly code: StorageErrorCode;
  /** What happened, to what, and what to do; never holds stored values or statement parameters. */
  readonly message: string;
  /** The interface method, e.g. `audit.append`. */
  readonly operation?: string | undefined;
  /** The backend's `name`. */
  readonly backend?: string | undefined;
  /** Overrides the default for the code (`unavailable`, `timeout` and `busy` are retryable). */
  readonly retryable?: boolean | undefined;
  readonly cause?: unknown;
}

/** The only error class this library throws on purpose. Recognise it with {@link isStorageError}. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  readonly retryable: boolean;
  readonly operation: string | undefined;
  readonly backend: string | undefined;

  constructor(init: StorageErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = "StorageError";
    this.code = init.code;
    this.retryable = init.retryable ?? RETRYABLE.has(init.code);
    this.operation = init.operation;
    this.backend = init.backend;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** True for a {@link StorageError} of any installed copy of this package (`instanceof` is not). */
export function isStorageError(value: unknown, code?: StorageErrorCode): value is StorageError {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Record<symbol, unknown>)[BRAND] === true &&
    (code === undefined || (value as StorageError).code === code)
  );
}

/** Shorthand for the most common refusal. */
export function invalidArgument(message: string, operation?: string): StorageError {
  return new StorageError({ code: "invalid_argument", message, operation });
}

/**
 * The same error with `operation` and `backend` filled in where they are missing; anything that is no
 * StorageError passes through `classify`, the backend's own table from driver errors to codes.
 */
export function withContext(
  error: unknown,
  context: { readonly operation: string; readonly backend: string },
  classify?: (error: unknown) => StorageError,
): StorageError {
  const known = isStorageError(error) ? error : classify?.(error);
  if (known === undefined) {
    return new StorageError({
      code: "internal",
      message: `${context.operation} failed unexpectedly: ${error instanceof Error ? error.name : typeof error}`,
      ...context,
      cause: error,
    });
  }
  if (known.operation !== undefined && known.backend !== undefined) return known;
  return new StorageError({
    code: known.code,
    message: known.message,
    retryable: known.retryable,
    operation: known.operation ?? context.operation,
    backend: known.backend ?? context.backend,
    cause: known.cause,
  });
}
