import { isStorageError } from "@agent-assembly/storage-core";
import { collect } from "../assert.js";
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
