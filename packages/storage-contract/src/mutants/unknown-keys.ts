import type { AuditFilter, StorageBackend } from "@agent-assembly/storage-core";
import { type Mutant, mutant, override } from "./mutant.js";

const FILTER_KEYS: readonly string[] = ["from", "to", "agentId", "eventId", "action", "decision", "teamId", "dryRun"];

function onlyKnownKeys(filter: AuditFilter | undefined): AuditFilter {
  return Object.fromEntries(Object.entries(filter ?? {}).filter(([key]) => FILTER_KEYS.includes(key)));
}

/** One defect per reading call: each call validates its own options. */
const LENIENT: Record<string, (sound: StorageBackend) => Partial<StorageBackend["audit"]>> = {
  query: ({ audit }) => ({ query: (filter, page) => audit.query(onlyKnownKeys(filter), page) }),
  count: ({ audit }) => ({ count: (filter) => audit.count(onlyKnownKeys(filter)) }),
  stream: ({ audit }) => ({ stream: (filter, options) => audit.stream(onlyKnownKeys(filter), options) }),
  summarize: ({ audit }) => ({ summarize: (filter, request) => audit.summarize(onlyKnownKeys(filter), request) }),
  tail: ({ audit }) => ({ tail: (filter, options) => audit.tail(onlyKnownKeys(filter), options) }),
};

/** Backends that overlook what they do not know, where a mistyped key would give wrong answers. */
export const unknownKeyMutants: readonly Mutant[] = [
  ...Object.entries(LENIENT).map(([method, members]) =>
    mutant(`ignores unknown filter keys of ${method}`, "audit.filter.unknown-key", (sound) =>
      override(sound, "audit", members(sound)),
    ),
  ),
  mutant("ignores unknown options of a partition's read", "partitions.read.unknown-option", (sound) =>
    override(sound, "partitions", {
      read: (partition, options) => sound.partitions.read(partition, { signal: options?.signal }),
    }),
  ),
];
