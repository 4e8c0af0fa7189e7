import { isStorageError, type LegalHold } from "@agent-assembly/storage-core";
import { type Mutant, mutant, override } from "./mutant.js";

const RELEASE = { actor: "mutant", reason: "in the way" };

/** Defects of runs, legal holds and the catalog of archives. */
export const retentionMutants: readonly Mutant[] = [
  mutant("drops what is under a legal hold", "holds.scopes", (sound) =>
    override(sound, "partitions", {
      async drop(partition, options) {
        for (const { holdId } of await sound.holds.list()) await sound.holds.release(holdId, RELEASE);
        return sound.partitions.drop(partition, options);
      },
    }),
  ),
  mutant("knows holds by agent only", "holds.scopes", (sound) =>
    override(sound, "holds", {
      place: ({ agentId, reason, actor }) => sound.holds.place({ agentId, reason, actor }),
    }),
  ),
  mutant("takes the end of a hold as inclusive", "holds.scopes", (sound) =>
    override(sound, "holds", {
      place: ({ to, ...hold }) => sound.holds.place({ ...hold, to: to && new Date(to.getTime() + 1) }),
    }),
  ),
  mutant("counts a row once for each hold", "holds.several", (sound) =>
    override(sound, "partitions", {
      async drop(partition, options) {
        try {
          return await sound.partitions.drop(partition, options);
        } catch (error) {
          if (isStorageError(error, "conflict")) error.message = error.message.replace("cover 3", "cover 4");
          throw error;
        }
      },
    }),
  ),
  mutant("releases all holds with one", "holds.released", (sound) =>
    override(sound, "holds", {
      async release(holdId, release) {
        const released = await sound.holds.release(holdId, release);
        for (const other of await sound.holds.list()) await sound.holds.release(other.holdId, release);
        return released;
      },
    }),
  ),
  mutant("forgets holds that were released", "holds.register", (sound) =>
    override(sound, "holds", { list: () => sound.holds.list() }),
  ),
  mutant("lists released holds as if in force", "holds.register", (sound) =>
    override(sound, "holds", { list: () => sound.holds.list({ released: true }) }),
  ),
  mutant("releases a hold again", "holds.refusals", (sound) => {
    const released = new Map<string, LegalHold>();
    return override(sound, "holds", {
      async release(holdId, release) {
        const before = released.get(holdId);
        if (before !== undefined) return before;
        const hold = await sound.holds.release(holdId, release);
        released.set(holdId, hold);
        return hold;
      },
    });
  }),
  mutant("takes a hold without a reason", "holds.refusals", (sound) =>
    override(sound, "holds", {
      place: (hold) =>
        sound.holds.place(typeof hold === "object" && hold !== null ? { ...hold, reason: hold.reason ?? "-" } : hold),
    }),
  ),
  mutant("lists holds of one instant newest first", "holds.ties", (sound) =>
    override(sound, "holds", { list: async (options) => (await sound.holds.list(options)).toReversed() }),
  ),
  mutant("takes a run's outcome again and again", "retention.runs.running", (sound) =>
    override(sound, "retentionSupport", {
      recordRun: (run) =>
        sound.retentionSupport.recordRun(run).catch((error: unknown) => {
          if (!isStorageError(error, "conflict")) throw error;
        }),
    }),
  ),
  mutant("forgets what a run was scheduled for", "retention.runs.running", (sound) =>
    override(sound, "retentionSupport", {
      recordRun: ({ scheduledFor: _, ...run }) => sound.retentionSupport.recordRun(run),
    }),
  ),
  mutant("takes an archive's step whatever its state", "retention.archives.conflicts", (sound) =>
    override(sound, "retentionSupport", {
      recordArchive: (record, options) =>
        sound.retentionSupport.recordArchive(record, options).catch((error: unknown) => {
          if (!isStorageError(error, "conflict")) throw error;
        }),
    }),
  ),
  mutant("lets a verified archive be described anew", "retention.archives.conflicts", (sound) =>
    override(sound, "retentionSupport", {
      async recordArchive(record, options) {
        const recorded = (await sound.retentionSupport.archives()).find(
          ({ archiveId }) => archiveId === record.archiveId.toLowerCase(),
        );
        const { rows, bytes } = (options?.from === "verified" && recorded) || record;
        await sound.retentionSupport.recordArchive({ ...record, rows, bytes }, options);
      },
    }),
  ),
  mutant("forgets the selection of an archive", "retention.archives.selections", (sound) =>
    override(sound, "retentionSupport", {
      recordArchive: ({ selection: _, ...record }, options) => sound.retentionSupport.recordArchive(record, options),
    }),
  ),
  mutant("lists archives of any state", "retention.archives.states", (sound) =>
    override(sound, "retentionSupport", { archives: () => sound.retentionSupport.archives() }),
  ),
  mutant("lists archives newest first", "retention.archives.order", (sound) =>
    override(sound, "retentionSupport", {
      archives: async (options) => (await sound.retentionSupport.archives(options)).toReversed(),
    }),
  ),
  mutant("keeps what was to be forgotten", "retention.archives.forget", (sound) =>
    override(sound, "retentionSupport", { forgetArchive: async () => undefined }),
  ),
  mutant("takes steps that are none", "retention.archives.bad-input", (sound) =>
    override(sound, "retentionSupport", {
      recordArchive: (record, options) =>
        sound.retentionSupport.recordArchive(record, options?.from === record.state ? {} : options),
    }),
  ),
];
