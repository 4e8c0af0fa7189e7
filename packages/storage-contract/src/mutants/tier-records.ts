import { isStorageError, type LegalHold } from "@agent-assembly/storage-core";
import { type Mutant, mutant, override } from "./mutant.js";

const RELEASE = { releasedBy: "mutant", reason: "in the way" };

/** Defects of runs, legal holds and the catalog of archives. */
export const tierRecordMutants: readonly Mutant[] = [
  mutant("drops what is under a legal hold", "tiers.holds.scopes", (sound) =>
    override(sound, "tiers", {
      async drop(partition, options) {
        for (const { holdId } of await sound.tiers.holds()) await sound.tiers.releaseHold(holdId, RELEASE);
        return sound.tiers.drop(partition, options);
      },
    }),
  ),
  mutant("knows holds by agent only", "tiers.holds.scopes", (sound) =>
    override(sound, "tiers", {
      placeHold: ({ agentId, reason, placedBy }) => sound.tiers.placeHold({ agentId, reason, placedBy }),
    }),
  ),
  mutant("takes the end of a hold as inclusive", "tiers.holds.scopes", (sound) =>
    override(sound, "tiers", {
      placeHold: ({ to, ...hold }) => sound.tiers.placeHold({ ...hold, to: to && new Date(to.getTime() + 1) }),
    }),
  ),
  mutant("counts a row once for each hold", "tiers.holds.several", (sound) =>
    override(sound, "tiers", {
      async drop(partition, options) {
        try {
          return await sound.tiers.drop(partition, options);
        } catch (error) {
          if (isStorageError(error, "conflict")) error.message = error.message.replace("cover 3", "cover 4");
          throw error;
        }
      },
    }),
  ),
  mutant("releases all holds with one", "tiers.holds.released", (sound) =>
    override(sound, "tiers", {
      async releaseHold(holdId, release) {
        const released = await sound.tiers.releaseHold(holdId, release);
        for (const other of await sound.tiers.holds()) await sound.tiers.releaseHold(other.holdId, release);
        return released;
      },
    }),
  ),
  mutant("forgets holds that were released", "tiers.holds.register", (sound) =>
    override(sound, "tiers", { holds: () => sound.tiers.holds() }),
  ),
  mutant("lists released holds as if in force", "tiers.holds.register", (sound) =>
    override(sound, "tiers", { holds: () => sound.tiers.holds({ released: true }) }),
  ),
  mutant("releases a hold again", "tiers.holds.refusals", (sound) => {
    const released = new Map<string, LegalHold>();
    return override(sound, "tiers", {
      async releaseHold(holdId, release) {
        const before = released.get(holdId);
        if (before !== undefined) return before;
        const hold = await sound.tiers.releaseHold(holdId, release);
        released.set(holdId, hold);
        return hold;
      },
    });
  }),
  mutant("takes a hold without a reason", "tiers.holds.refusals", (sound) =>
    override(sound, "tiers", {
      placeHold: (hold) =>
        sound.tiers.placeHold(
          typeof hold === "object" && hold !== null ? { ...hold, reason: hold.reason ?? "-" } : hold,
        ),
    }),
  ),
  mutant("lists holds of one instant newest first", "tiers.holds.ties", (sound) =>
    override(sound, "tiers", { holds: async (options) => (await sound.tiers.holds(options)).toReversed() }),
  ),
  mutant("takes a run's outcome again and again", "tiers.runs.running", (sound) =>
    override(sound, "tiers", {
      recordRun: (run) =>
        sound.tiers.recordRun(run).catch((error: unknown) => {
          if (!isStorageError(error, "conflict")) throw error;
        }),
    }),
  ),
  mutant("forgets what a run was scheduled for", "tiers.runs.running", (sound) =>
    override(sound, "tiers", { recordRun: ({ scheduledFor: _, ...run }) => sound.tiers.recordRun(run) }),
  ),
  mutant("takes an archive's step whatever its state", "tiers.archives.conflicts", (sound) =>
    override(sound, "tiers", {
      recordArchive: (record, options) =>
        sound.tiers.recordArchive(record, options).catch((error: unknown) => {
          if (!isStorageError(error, "conflict")) throw error;
        }),
    }),
  ),
  mutant("forgets the selection of an archive", "tiers.archives.selections", (sound) =>
    override(sound, "tiers", {
      recordArchive: ({ selection: _, ...record }, options) => sound.tiers.recordArchive(record, options),
    }),
  ),
  mutant("lists archives of any state", "tiers.archives.states", (sound) =>
    override(sound, "tiers", { archives: () => sound.tiers.archives() }),
  ),
  mutant("lists archives newest first", "tiers.archives.order", (sound) =>
    override(sound, "tiers", { archives: async (options) => (await sound.tiers.archives(options)).toReversed() }),
  ),
  mutant("keeps what was to be forgotten", "tiers.archives.forget", (sound) =>
    override(sound, "tiers", { forgetArchive: async () => undefined }),
  ),
  mutant("takes steps that are none", "tiers.archives.bad-input", (sound) =>
    override(sound, "tiers", {
      recordArchive: (record, options) =>
        sound.tiers.recordArchive(record, options?.from === record.state ? {} : options),
    }),
  ),
];
