import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import {
  type BackendModule,
  describeShape,
  guardBackend,
  OPTIONAL_ROLES,
  ROLES,
} from "@agent-assembly/storage-core/backend";
import { observable, type RetryOptions, retrying } from "@agent-assembly/storage-core/wrappers";

/**
 * The store that a module of another publisher has opened, guarded as ours are: calls after `close` are rejected, and
 * every error is a `StorageError` that names operation and backend.
 * @throws `unsupported` when it is no store; what can be closed of it is closed
 */
export async function checkOpened(backend: StorageBackend, module: BackendModule): Promise<StorageBackend> {
  const members = (backend ?? {}) as unknown as Record<string, unknown>;
  const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
  const missing = [
    ...["capabilities", ...ROLES.filter((role) => !OPTIONAL_ROLES.includes(role))].filter(
      (role) => !isObject(members[role]),
    ),
    ...["health", "close"].filter((method) => typeof members[method] !== "function"),
    ...(typeof members.name === "string" ? [] : ["name"]),
  ];
  if (missing.length === 0) return guardBackend(backend);
  if (typeof members.close === "function") await backend.close();
  throw new StorageError({
    code: "unsupported",
    message: `the backend ${module.name} opened ${describeShape(backend)} without ${missing.join(", ")}, which is no StorageBackend`,
    remedy:
      "Update its package. If the package is yours, return every role: what the backend cannot do is declared in capabilities and rejects with unsupported.",
    operation: "open",
  });
}

/** What `openStorage` puts around a store. */
export interface WrapperOptions {
  /**
   * Reports every operation through the OpenTelemetry API: a span, a counter and a duration. Retries of one operation
   * are in one span.
   * @default false
   */
  readonly instrumentation?: boolean | undefined;
  /**
   * Repeats reads and idempotent writes that failed with a retryable error; `true` stands for the defaults.
   * @default false
   */
  readonly retry?: boolean | RetryOptions | undefined;
}

/** A store as `instrumentation` and `retry` of `openStorage` ask for it; retries of one operation are in one span. */
export function wrap(
  backend: StorageBackend,
  { instrumentation = false, retry = false }: WrapperOptions,
): StorageBackend {
  const retried = retry === false ? backend : retrying(backend, retry === true ? {} : retry);
  return instrumentation ? observable(retried) : retried;
}
