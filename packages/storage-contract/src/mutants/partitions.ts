import { isStorageError, type Partition, type RetentionRun, StorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";
import { collect } from "../support/assert.js";
import { type Mutant, mutant, override } from "./mutant.js";

/** Defects of partitions and of closing. */
export const partitionMutants: readonly Mutant[] = [
  mutant("drops whatever the expectation", "partitions.drop.wrong-expectation", (sound) =>
    override(sound, "partitions", {
      async drop(partition) {
        const rows = (await collect(sound.partitions.read(partition))).length;
        return sound.partitions.drop(partition, { expect: { rows } });
      },
    }),
  ),
  mutant("forgets the counts of what is dropped", "audit.dropped-counts.stay", (sound) =>
    override(sound, "partitions", {
      drop: (partition, options) => sound.partitions.drop(partition, { ...options, keepCounts: false }),
    }),
  ),
  mutant("keeps counts that are to go", "audit.dropped-counts.not-kept", (sound) =>
    override(sound, "partitions", {
      drop: (partition, { keepCounts, ...options }) =>
        sound.partitions.drop(partition, { ...options, ...(typeof keepCounts === "string" && { keepCounts }) }),
    }),
  ),
  mutant("restores events as recorded now", "partitions.restore.restores", (sound) =>
    override(sound, "partitions", {
      restore: (events) => sound.partitions.restore(events.map((event) => ({ ...event, recordedAt: new Date(0) }))),
    }),
  ),
  mutant("keeps the good events of a restore with a bad one", "partitions.restore.bad-events", (sound) =>
    override(sound, "partitions", {
      async restore(events) {
        const total = { inserted: 0, duplicates: 0, conflicts: 0 };
        for (const [index, event] of events.entries()) {
          const one = await sound.partitions.restore([event]).catch((error: unknown) => {
            if (!isStorageError(error)) throw error;
            throw new StorageError({
              ...errorInit(error),
              option: error.option?.replace("events[0]", `events[${index}]`),
            });
          });
          for (const key of ["inserted", "duplicates", "conflicts"] as const) total[key] += one[key];
        }
        return total;
      },
    }),
  ),
  mutant("leaves out what cannot be restored", "partitions.restore.bad-events", (sound) =>
    override(sound, "partitions", {
      restore: (events) =>
        sound.partitions.restore(
          events.filter((event) => typeof event === "object" && event?.recordedAt instanceof Date),
        ),
    }),
  ),
  mutant("reads rows that a slice leaves out", "retention.read-rows.as-read", (sound) =>
    override(sound, "retentionSupport", {
      readRows: (partition, { selection: _, ...options } = {}) => sound.retentionSupport.readRows(partition, options),
    }),
  ),
  mutant("measures many partitions without what selects their rows", "retention.measure-all.as-measure", (sound) =>
    override(sound, "retentionSupport", {
      measureAll: (requests) =>
        sound.retentionSupport.measureAll(requests.map((request) => ({ ...request, selection: undefined }))),
    }),
  ),
  mutant("measures many partitions in an order of its own", "retention.measure-all.as-measure", (sound) =>
    override(sound, "retentionSupport", {
      measureAll: (requests) => sound.retentionSupport.measureAll(requests.toReversed()),
    }),
  ),
  mutant("measures any number of partitions", "retention.measure-all.refusals", (sound) =>
    override(sound, "retentionSupport", {
      async measureAll(requests) {
        if (!Array.isArray(requests)) return sound.retentionSupport.measureAll(requests);
        const first = await sound.retentionSupport.measureAll(requests.slice(0, 1000));
        return [...first, ...(await sound.retentionSupport.measureAll(requests.slice(1000)))];
      },
    }),
  ),
  mutant("measures partitions in characters", "partitions.list.bytes", (sound) =>
    override(sound, "partitions", {
      async list(dataset) {
        const bytesOf = async (partition: Partition): Promise<number> => {
          const events = await collect(sound.partitions.read(partition));
          return events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
        };
        const partitions = await sound.partitions.list(dataset);
        return Promise.all(partitions.map(async (partition) => ({ ...partition, bytes: await bytesOf(partition) })));
      },
    }),
  ),
  mutant("claims to have dropped what had vanished", "partitions.list.vanished", (sound) =>
    override(sound, "partitions", {
      async drop(partition, options) {
        const listed = await sound.partitions.list(partition.dataset);
        if (listed.some(({ id }) => id === partition.id)) return sound.partitions.drop(partition, options);
        return { rows: options.expect.rows };
      },
    }),
  ),
  mutant("orders runs of one instant by UTF-16 code unit", "retention.runs.ties", (sound) =>
    override(sound, "retentionSupport", {
      async runs(options) {
        const runs = await sound.retentionSupport.runs(options);
        const newest = (a: RetentionRun, b: RetentionRun): number => b.startedAt.getTime() - a.startedAt.getTime();
        return runs.toSorted((a, b) => newest(a, b) || (a.runId < b.runId ? 1 : -1));
      },
    }),
  ),
  mutant("leaves runs of one instant in the order they were recorded", "retention.runs.ties", (sound) => {
    const recorded: string[] = [];
    return override(sound, "retentionSupport", {
      async recordRun(run) {
        await sound.retentionSupport.recordRun(run);
        recorded.push(run.runId);
      },
      async runs(options) {
        const runs = await sound.retentionSupport.runs(options);
        const later = (run: RetentionRun): number => recorded.indexOf(run.runId);
        return runs.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime() || later(b) - later(a));
      },
    });
  }),
  mutant("leaves the last event of a partition out", "partitions.read.exactly-the-partition", (sound) =>
    override(sound, "partitions", {
      async *read(partition, options) {
        const events = await collect(sound.partitions.read(partition, options));
        yield* events.slice(0, -1);
      },
    }),
  ),
  mutant("always grants a lease", "retention.lease.exclusive", (sound) =>
    override(sound, "retentionSupport", {
      async lease(name, ttlMs) {
        const lease = await sound.retentionSupport.lease(name, ttlMs);
        return lease ?? sound.retentionSupport.lease(`${name} again`, ttlMs);
      },
    }),
  ),
  mutant("replaces a recorded run", "retention.runs.refusals", (sound) =>
    override(sound, "retentionSupport", {
      async recordRun(run) {
        try {
          await sound.retentionSupport.recordRun(run);
        } catch (error) {
          if (!isStorageError(error, "conflict")) throw error;
        }
      },
    }),
  ),
  mutant("allows use after close", "lifecycle.close.refuses-every-operation", (sound) => ({
    ...override(sound, "audit", {}),
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  })),
];
