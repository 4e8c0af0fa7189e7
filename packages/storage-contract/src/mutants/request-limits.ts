import type { AuditFilter, StorageBackend } from "@agent-assembly/storage-core";
import { REQUEST_LIMITS } from "@agent-assembly/storage-core/backend";
import { type Mutant, mutant, override } from "./mutant.js";

const { filterValues, payloadConditions, dimensions, selectionFilters, restoredEvents } = REQUEST_LIMITS;

/** A list up to a limit, as a backend would have it that answers a part of what was asked. */
function cut<T>(value: T, most: number): T {
  return Array.isArray(value) ? (value.slice(0, most) as T) : value;
}

function cutMembers<T extends object>(filter: T | undefined): T {
  return Object.fromEntries(Object.entries(filter ?? {}).map(([key, value]) => [key, cut(value, filterValues)])) as T;
}

function cutFilter(filter: AuditFilter | undefined): AuditFilter {
  const { payload, ...others } = cutMembers(filter);
  if (payload === undefined) return others;
  return { ...others, payload: Object.fromEntries(Object.entries(payload).slice(0, payloadConditions)) };
}

/** One defect per reading call: each call has to refuse by itself. */
const CUT: Record<string, (sound: StorageBackend) => Partial<StorageBackend["audit"]>> = {
  query: ({ audit }) => ({ query: (filter, page) => audit.query(cutFilter(filter), page) }),
  count: ({ audit }) => ({ count: (filter) => audit.count(cutFilter(filter)) }),
  stream: ({ audit }) => ({ stream: (filter, options) => audit.stream(cutFilter(filter), options) }),
  summarize: ({ audit }) => ({ summarize: (filter, request) => audit.summarize(cutFilter(filter), request) }),
  tail: ({ audit }) => ({ tail: (filter, options) => audit.tail(cutFilter(filter), options) }),
};

/** Backends that answer a part of what is too large, or halve what is allowed. */
export const requestLimitMutants: readonly Mutant[] = [
  ...Object.entries(CUT).map(([method, members]) =>
    mutant(`cuts long filters of ${method} off`, "audit.filter.too-large", (sound) =>
      override(sound, "audit", members(sound)),
    ),
  ),
  mutant("reads 500 values of a filter", "audit.filter.as-large-as-allowed", (sound) =>
    override(sound, "audit", {
      count: ({ agentId, ...filter } = {}) =>
        sound.audit.count(agentId === undefined ? filter : { ...filter, agentId: cut(agentId, 500) }),
    }),
  ),
  mutant("cuts dimensions of summaries off", "audit.summary.too-many-dimensions", (sound) =>
    override(sound, "audit", {
      summarize: (filter, request) =>
        sound.audit.summarize(filter, { ...request, groupBy: cut(request?.groupBy, dimensions) } as never),
    }),
  ),
  mutant("cuts long filters of agents off", "agents.list.too-large", (sound) =>
    override(sound, "agents", { list: (filter, page) => sound.agents.list(cutMembers(filter), page) }),
  ),
  mutant("cuts the agents of a metric query off", "metrics.query.too-large", (sound) =>
    override(sound, "metrics", { query: (query) => sound.metrics.query(cutMembers(query)) }),
  ),
  mutant("cuts the dimensions of a top list off", "metrics.query.too-large", (sound) =>
    override(sound, "metrics", {
      top: (request) => sound.metrics.top({ ...request, by: cut(request.by, dimensions) }),
    }),
  ),
  mutant("cuts selections off", "partitions.slices.too-large", (sound) =>
    override(sound, "partitions", {
      drop: (partition, { selection, ...options }) =>
        sound.partitions.drop(partition, {
          ...options,
          ...(selection && { selection: { ...selection, except: cut(selection.except, selectionFilters) } }),
        }),
    }),
  ),
  mutant("restores the first of too many events", "partitions.restore.too-large", (sound) =>
    override(sound, "partitions", { restore: (events) => sound.partitions.restore(cut(events, restoredEvents)) }),
  ),
  mutant("cuts sources off", "policies.save.too-large", (sound) =>
    override(sound, "policies", {
      save: (document, options) =>
        sound.policies.save({ ...document, source: document.source.slice(0, 512 * 1024) }, options),
    }),
  ),
  mutant("keeps YAML that it cannot expand as text", "policies.save.hostile-yaml", (sound) =>
    override(sound, "policies", {
      save: ({ name, source }, options) =>
        sound.policies
          .save({ name, source }, options)
          .catch(() => sound.policies.save({ name, source: JSON.stringify(String(source).slice(0, 100)) }, options)),
    }),
  ),
  mutant("drops metadata that is too large", "agents.metadata.too-large", (sound) =>
    override(sound, "agents", {
      update: (agentId, { metadata: _, ...changes }, options) => sound.agents.update(agentId, changes, options),
    }),
  ),
];
