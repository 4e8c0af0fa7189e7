import { isStorageError, type Partition, type RetentionRun } from "@agent-assembly/storage-core";
import { invalidArgument } from "@agent-assembly/storage-core/backend";
import { collect } from "../support/assert.js";
import { type Mutant, mutant, override } from "./mutant.js";

/** Defects of the tiers and of closing. */
export const tierMutants: readonly Mutant[] = [
  mutant("drops whatever the expectation", "tiers.drop.wrong-expectation", (sound) =>
    override(sound, "tiers", {
      async drop(partition) {
        const rows = (await collect(sound.tiers.read(partition))).length;
        return sound.tiers.drop(partition, { expect: { rows } });
      },
    }),
  ),
  mutant("restores events as recorded now", "tiers.insert.restores", (sound) =>
    override(sound, "tiers", {
      insert: (events) => sound.tiers.insert(events.map((event) => ({ ...event, recordedAt: new Date(0) }))),
    }),
  ),
  mutant("keeps the good events of a restore with a bad one", "tiers.insert.bad-events", (sound) =>
    override(sound, "tiers", {
      async insert(events) {
        const total = { inserted: 0, duplicates: 0, conflicts: 0 };
        for (const [index, event] of events.entries()) {
          const one = await sound.tiers.insert([event]).catch((error: unknown) => {
            if (!isStorageError(error)) throw error;
            throw invalidArgument(error.message.replace("events[0]", `events[${index}]`));
          });
          for (const key of ["inserted", "duplicates", "conflicts"] as const) total[key] += one[key];
        }
        return total;
      },
    }),
  ),
  mutant("leaves out what cannot be restored", "tiers.insert.bad-events", (sound) =>
    override(sound, "tiers", {
      insert: (events) =>
        sound.tiers.insert(events.filter((event) => typeof event === "object" && event?.recordedAt instanceof Date)),
    }),
  ),
  mutant("measures partitions in characters", "tiers.partitions.bytes", (sound) =>
    override(sound, "tiers", {
      async partitions(dataset) {
        const bytesOf = async (partition: Partition): Promise<number> => {
          const events = await collect(sound.tiers.read(partition));
          return events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
        };
        const partitions = await sound.tiers.partitions(dataset);
        return Promise.all(partitions.map(async (partition) => ({ ...partition, bytes: await bytesOf(partition) })));
      },
    }),
  ),
  mutant("claims to have dropped what had vanished", "tiers.partitions.vanished", (sound) =>
    override(sound, "tiers", {
      async drop(partition, options) {
        const listed = await sound.tiers.partitions(partition.dataset);
        if (listed.some(({ id }) => id === partition.id)) return sound.tiers.drop(partition, options);
        return { rows: options.expect.rows };
      },
    }),
  ),
  mutant("orders runs of one instant by UTF-16 code unit", "tiers.runs.ties", (sound) =>
    override(sound, "tiers", {
      async runs(options) {
        const runs = await sound.tiers.runs(options);
        const newest = (a: RetentionRun, b: RetentionRun): number => b.startedAt.getTime() - a.startedAt.getTime();
        return runs.toSorted((a, b) => newest(a, b) || (a.runId < b.runId ? 1 : -1));
      },
    }),
  ),
  mutant("leaves runs of one instant in the order they were recorded", "tiers.runs.ties", (sound) => {
    const recorded: string[] = [];
    return override(sound, "tiers", {
      async recordRun(run) {
        await sound.tiers.recordRun(run);
        recorded.push(run.runId);
      },
      async runs(options) {
        const runs = await sound.tiers.runs(options);
        const later = (run: RetentionRun): number => recorded.indexOf(run.runId);
        return runs.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime() || later(b) - later(a));
      },
    });
  }),
  mutant("leaves the last event of a partition out", "tiers.read.exactly-the-partition", (sound) =>
    override(sound, "tiers", {
      async *read(partition, options) {
        const events = await collect(sound.tiers.read(partition, options));
        yield* events.slice(0, -1);
      },
    }),
  ),
  mutant("always grants a lease", "tiers.lease.exclusive", (sound) =>
    override(sound, "tiers", {
      async lease(name, ttlMs) {
        const lease = await sound.tiers.lease(name, ttlMs);
        return lease ?? sound.tiers.lease(`${name} again`, ttlMs);
      },
    }),
  ),
  mutant("replaces a recorded run", "tiers.runs.refusals", (sound) =>
    override(sound, "tiers", {
      async recordRun(run) {
        try {
          await sound.tiers.recordRun(run);
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
