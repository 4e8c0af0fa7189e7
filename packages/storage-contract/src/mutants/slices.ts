import { isStorageError, type PartitionSlice, type StorageBackend } from "@agent-assembly/storage-core";
import { collect } from "../support/assert.js";
import { type Mutant, mutant, override } from "./mutant.js";

/** The three calls with the part they are given changed. A drop that expects what is there expects what is there then. */
function changedParts(sound: StorageBackend, change: (part: PartitionSlice) => PartitionSlice): StorageBackend {
  const { partitions } = sound;
  return override(sound, "partitions", {
    measure: (partition, part = {}) => partitions.measure(partition, { ...part, ...change(part) }),
    read: (partition, options = {}) => partitions.read(partition, { ...options, ...change(options) }),
    async drop(partition, options) {
      const part = change(options);
      const { rows } = await partitions.measure(partition, part);
      const { rows: wanted } = await partitions.measure(partition, {
        selection: options.selection,
        asOf: options.asOf,
      });
      const expect = wanted === options.expect.rows ? { rows } : options.expect;
      await partitions.drop(partition, { ...options, ...part, expect });
      return { rows: wanted };
    },
  });
}

const withoutExcept = ({ selection, asOf }: PartitionSlice): PartitionSlice => ({
  asOf,
  selection: selection && { ...selection, except: undefined },
});

/** Defects of parts of partitions. */
export const sliceMutants: readonly Mutant[] = [
  mutant("ignores the exceptions of a drop", "partitions.slices.drop", (sound) =>
    override(sound, "partitions", { drop: changedParts(sound, withoutExcept).partitions.drop }),
  ),
  mutant("ignores the exceptions of a read", "partitions.slices.selections", (sound) =>
    override(sound, "partitions", { read: changedParts(sound, withoutExcept).partitions.read }),
  ),
  mutant("takes only the first filter of a selection", "partitions.slices.selections", (sound) =>
    changedParts(sound, ({ selection, asOf }) => ({
      asOf,
      selection: selection && { ...selection, only: selection.only?.slice(0, 1) },
    })),
  ),
  mutant("takes an empty selection for all events", "partitions.slices.selections", (sound) =>
    changedParts(sound, ({ selection, asOf }) => ({
      asOf,
      selection: selection && { ...selection, only: selection.only?.length === 0 ? undefined : selection.only },
    })),
  ),
  mutant("leaves out events that lack an excepted member", "partitions.slices.lacking-members", (sound) =>
    override(sound, "partitions", {
      async measure(partition, part) {
        const measured = await sound.partitions.measure(partition, part);
        const members = (part?.selection?.except ?? []).flatMap((filter) => Object.keys(filter));
        const events = await collect(sound.partitions.read(partition, part ?? {}));
        const whole = events.filter((event) => members.every((member) => member in event));
        return { ...measured, rows: whole.length };
      },
    }),
  ),
  mutant("selects beyond the partition", "partitions.slices.within-the-partition", (sound) =>
    override(sound, "partitions", {
      async measure(partition, part) {
        const measured = await sound.partitions.measure(partition, part);
        const rows = await Promise.all((part?.selection?.only ?? []).map((filter) => sound.audit.count(filter)));
        return rows.length === 0 ? measured : { ...measured, rows: Math.max(...rows) };
      },
    }),
  ),
  mutant("drops what was committed after the position", "partitions.slices.up-to", (sound) =>
    override(sound, "partitions", {
      drop: changedParts(sound, ({ selection }) => ({ selection, asOf: undefined })).partitions.drop,
    }),
  ),
  mutant("counts what was committed after the position", "partitions.slices.up-to", (sound) =>
    override(sound, "partitions", {
      async measure(partition, part) {
        const { rows, bytes } = await sound.partitions.measure(partition, { selection: part?.selection });
        return { ...(await sound.partitions.measure(partition, part)), rows, bytes };
      },
    }),
  ),
  mutant("reads what was committed after the position", "partitions.slices.up-to", (sound) =>
    override(sound, "partitions", {
      read: (partition, options) => sound.partitions.read(partition, { ...options, asOf: undefined }),
    }),
  ),
  mutant("takes any position for the end", "partitions.slices.foreign-position", (sound) =>
    override(sound, "partitions", {
      async measure(partition, part) {
        try {
          return await sound.partitions.measure(partition, part);
        } catch (error) {
          if (!isStorageError(error, "invalid_argument")) throw error;
          return sound.partitions.measure(partition, { selection: part?.selection });
        }
      },
    }),
  ),
  mutant("measures one event too many", "partitions.measure.whole", (sound) =>
    override(sound, "partitions", {
      async measure(partition, part) {
        const measured = await sound.partitions.measure(partition, part);
        return { ...measured, rows: measured.rows + 1 };
      },
    }),
  ),
  mutant("measures the whole partition whatever the selection", "partitions.slices.selections", (sound) =>
    override(sound, "partitions", {
      measure: (partition, part) => sound.partitions.measure(partition, { asOf: part?.asOf }),
    }),
  ),
  mutant("drops a part whatever the expectation", "partitions.slices.drop-wrong-expectation", (sound) =>
    override(sound, "partitions", {
      async drop(partition, options) {
        const { selection, asOf } = options;
        const { rows } = await sound.partitions.measure(partition, { selection, asOf });
        return sound.partitions.drop(partition, { ...options, expect: { rows } });
      },
    }),
  ),
  mutant("overlooks unknown members of a part", "partitions.slices.bad-input", (sound) =>
    override(sound, "partitions", {
      measure: (partition, part) =>
        sound.partitions.measure(partition, { selection: part?.selection, asOf: part?.asOf }),
    }),
  ),
  mutant("drops without telling", "partitions.slices.drop-progress", (sound) =>
    override(sound, "partitions", {
      drop: (partition, options) => sound.partitions.drop(partition, { ...options, onProgress: undefined }),
    }),
  ),
  mutant("drops on after an abort", "partitions.slices.drop-abort", (sound) =>
    override(sound, "partitions", {
      drop: (partition, options) => sound.partitions.drop(partition, { ...options, signal: undefined }),
    }),
  ),
];
