import { isStorageError, type RetentionRun, type Segment } from "@agent-assembly/storage-core";
import { invalidArgument } from "@agent-assembly/storage-core/backend";
import { collect } from "../support/assert.js";
import { type Mutant, mutant, override } from "./mutant.js";

/** Defects of the tiers and of closing. */
export const tierMutants: readonly Mutant[] = [
  mutant("drops whatever the expectation", "tiers.drop.wrong-expectation", (sound) =>
    override(sound, "tiers", {
      async drop(segment) {
        const rows = (await collect(sound.tiers.read(segment))).length;
        return sound.tiers.drop(segment, { expect: { rows } });
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
  mutant("measures segments in characters", "tiers.segments.bytes", (sound) =>
    override(sound, "tiers", {
      async segments(dataset) {
        const bytesOf = async (segment: Segment): Promise<number> => {
          const events = await collect(sound.tiers.read(segment));
          return events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
        };
        const segments = await sound.tiers.segments(dataset);
        return Promise.all(segments.map(async (segment) => ({ ...segment, bytes: await bytesOf(segment) })));
      },
    }),
  ),
  mutant("claims to have dropped what had vanished", "tiers.segments.vanished", (sound) =>
    override(sound, "tiers", {
      async drop(segment, options) {
        const listed = await sound.tiers.segments(segment.dataset);
        if (listed.some(({ id }) => id === segment.id)) return sound.tiers.drop(segment, options);
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
  mutant("leaves the last event of a segment out", "tiers.read.exactly-the-segment", (sound) =>
    override(sound, "tiers", {
      async *read(segment, options) {
        const events = await collect(sound.tiers.read(segment, options));
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
