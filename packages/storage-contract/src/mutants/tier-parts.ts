import { isStorageError, type SegmentPart, type StorageBackend } from "@agent-assembly/storage-core";
import { collect } from "../support/assert.js";
import { type Mutant, mutant, override } from "./mutant.js";

/** The three calls with the part they are given changed. A drop that expects what is there expects what is there then. */
function changedParts(sound: StorageBackend, change: (part: SegmentPart) => SegmentPart): StorageBackend {
  const { tiers } = sound;
  return override(sound, "tiers", {
    measure: (segment, part = {}) => tiers.measure(segment, { ...part, ...change(part) }),
    read: (segment, options = {}) => tiers.read(segment, { ...options, ...change(options) }),
    async drop(segment, options) {
      const part = change(options);
      const { rows } = await tiers.measure(segment, part);
      const { rows: wanted } = await tiers.measure(segment, { selection: options.selection, upTo: options.upTo });
      const expect = wanted === options.expect.rows ? { rows } : options.expect;
      await tiers.drop(segment, { ...options, ...part, expect });
      return { rows: wanted };
    },
  });
}

const withoutExcept = ({ selection, upTo }: SegmentPart): SegmentPart => ({
  upTo,
  selection: selection && { ...selection, except: undefined },
});

/** Defects of parts of segments. */
export const tierPartMutants: readonly Mutant[] = [
  mutant("ignores the exceptions of a drop", "tiers.parts.drop", (sound) =>
    override(sound, "tiers", { drop: changedParts(sound, withoutExcept).tiers.drop }),
  ),
  mutant("ignores the exceptions of a read", "tiers.parts.selections", (sound) =>
    override(sound, "tiers", { read: changedParts(sound, withoutExcept).tiers.read }),
  ),
  mutant("takes only the first filter of a selection", "tiers.parts.selections", (sound) =>
    changedParts(sound, ({ selection, upTo }) => ({
      upTo,
      selection: selection && { ...selection, only: selection.only?.slice(0, 1) },
    })),
  ),
  mutant("takes an empty selection for all events", "tiers.parts.selections", (sound) =>
    changedParts(sound, ({ selection, upTo }) => ({
      upTo,
      selection: selection && { ...selection, only: selection.only?.length === 0 ? undefined : selection.only },
    })),
  ),
  mutant("leaves out events that lack an excepted member", "tiers.parts.lacking-members", (sound) =>
    override(sound, "tiers", {
      async measure(segment, part) {
        const measured = await sound.tiers.measure(segment, part);
        const members = (part?.selection?.except ?? []).flatMap((filter) => Object.keys(filter));
        const events = await collect(sound.tiers.read(segment, part ?? {}));
        const whole = events.filter((event) => members.every((member) => member in event));
        return { ...measured, rows: whole.length };
      },
    }),
  ),
  mutant("selects beyond the segment", "tiers.parts.within-the-segment", (sound) =>
    override(sound, "tiers", {
      async measure(segment, part) {
        const measured = await sound.tiers.measure(segment, part);
        const rows = await Promise.all((part?.selection?.only ?? []).map((filter) => sound.audit.count(filter)));
        return rows.length === 0 ? measured : { ...measured, rows: Math.max(...rows) };
      },
    }),
  ),
  mutant("drops what was committed after the position", "tiers.parts.up-to", (sound) =>
    override(sound, "tiers", {
      drop: changedParts(sound, ({ selection }) => ({ selection, upTo: undefined })).tiers.drop,
    }),
  ),
  mutant("counts what was committed after the position", "tiers.parts.up-to", (sound) =>
    override(sound, "tiers", {
      async measure(segment, part) {
        const { rows, bytes } = await sound.tiers.measure(segment, { selection: part?.selection });
        return { ...(await sound.tiers.measure(segment, part)), rows, bytes };
      },
    }),
  ),
  mutant("reads what was committed after the position", "tiers.parts.up-to", (sound) =>
    override(sound, "tiers", {
      read: (segment, options) => sound.tiers.read(segment, { ...options, upTo: undefined }),
    }),
  ),
  mutant("takes any position for the end", "tiers.parts.foreign-position", (sound) =>
    override(sound, "tiers", {
      async measure(segment, part) {
        try {
          return await sound.tiers.measure(segment, part);
        } catch (error) {
          if (!isStorageError(error, "invalid_argument")) throw error;
          return sound.tiers.measure(segment, { selection: part?.selection });
        }
      },
    }),
  ),
  mutant("measures one event too many", "tiers.measure.whole", (sound) =>
    override(sound, "tiers", {
      async measure(segment, part) {
        const measured = await sound.tiers.measure(segment, part);
        return { ...measured, rows: measured.rows + 1 };
      },
    }),
  ),
  mutant("measures the whole segment whatever the selection", "tiers.parts.selections", (sound) =>
    override(sound, "tiers", { measure: (segment, part) => sound.tiers.measure(segment, { upTo: part?.upTo }) }),
  ),
  mutant("drops a part whatever the expectation", "tiers.parts.drop-wrong-expectation", (sound) =>
    override(sound, "tiers", {
      async drop(segment, options) {
        const { selection, upTo } = options;
        const { rows } = await sound.tiers.measure(segment, { selection, upTo });
        return sound.tiers.drop(segment, { ...options, expect: { rows } });
      },
    }),
  ),
  mutant("overlooks unknown members of a part", "tiers.parts.bad-input", (sound) =>
    override(sound, "tiers", {
      measure: (segment, part) => sound.tiers.measure(segment, { selection: part?.selection, upTo: part?.upTo }),
    }),
  ),
  mutant("drops without telling", "tiers.parts.drop-progress", (sound) =>
    override(sound, "tiers", {
      drop: (segment, options) => sound.tiers.drop(segment, { ...options, onProgress: undefined }),
    }),
  ),
  mutant("drops on after an abort", "tiers.parts.drop-abort", (sound) =>
    override(sound, "tiers", {
      drop: (segment, options) => sound.tiers.drop(segment, { ...options, signal: undefined }),
    }),
  ),
];
