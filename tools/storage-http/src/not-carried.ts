import { type Capabilities, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { OPERATIONS, unsupported } from "@agent-assembly/storage-core/backend";

const REASON = "the REST API of a gateway does not carry it";

/** What the API does not carry, declared. */
export const NOT_CARRIED = {
  metricsPersistence: unsupported(REASON),
  partitions: unsupported(REASON),
  compression: unsupported(REASON),
  continuousRollups: unsupported(REASON),
  evidence: unsupported(REASON),
  erasure: unsupported(REASON),
  apiTokens: unsupported(REASON),
} as const satisfies Partial<Capabilities>;

/** A role, or an operation of the backend itself, whose calls are all refused. */
export function notCarried<Role extends "metrics" | "partitions" | "holds" | "retentionSupport">(
  role: Role,
): StorageBackend[Role] {
  const methods = Object.entries(OPERATIONS).filter(([name]) => name.startsWith(`${role}.`));
  return Object.fromEntries(
    methods.map(([name, { shape }]) => [name.slice(role.length + 1), shape === "call" ? refuse : refusedItems]),
  ) as unknown as StorageBackend[Role];
}

/** A call that the API does not carry. */
export async function refuse(): Promise<never> {
  throw new StorageError({ code: "unsupported", message: REASON });
}

async function* refusedItems(): AsyncGenerator<never> {
  yield await refuse();
}
