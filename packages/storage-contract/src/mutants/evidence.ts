import assert from "node:assert/strict";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { EvidenceMove, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import type { CaseId } from "../cases/index.js";
import { type Mutant, mutant, override } from "./mutant.js";

function evidenceMutant(
  name: string,
  caseId: CaseId,
  members: (sound: EvidenceSupport) => Partial<EvidenceSupport>,
): Mutant {
  return mutant(name, caseId, (sound: StorageBackend) => {
    assert.ok(sound.evidenceSupport !== undefined);
    return override(sound, "evidenceSupport", members(sound.evidenceSupport));
  });
}

/** Defects of what evidence is kept in. */
export const evidenceMutants: readonly Mutant[] = [
  evidenceMutant("begins a log although there is one", "evidence.log.begins-once", (sound) => ({
    begin: async (log) => (await sound.begin(log)) || log.log === 1,
  })),
  evidenceMutant("begins a log without its leaves", "evidence.log.continues-another", (sound) => ({
    begin: ({ log, origin, root, chain, size, record }) => sound.begin({ log, origin, root, chain, size, record }),
  })),
  evidenceMutant("stores a commit and not what records it", "evidence.recorded", (sound) => ({
    commit: ({ record: _, ...commit }) => sound.commit(commit),
  })),
  evidenceMutant("takes a commit wherever the log is", "evidence.commit.all-or-nothing", (sound) => ({
    async commit(commit) {
      const log = await sound.log();
      return sound.commit({ ...commit, from: log ?? commit.from });
    },
  })),
  evidenceMutant("stores a commit and looks at the log later", "evidence.commit.one-of-many", (sound) => {
    let before: Promise<unknown> = Promise.resolve();
    return {
      commit(commit) {
        const done = before.then(async () => {
          const { size = 0 } = (await sound.log()) ?? {};
          const to = { ...commit.to, size: Math.max(commit.to.size, size + 2) };
          return sound.commit({
            ...commit,
            from: { size, position: "" },
            to,
            tiles: [],
            seeds: [],
            batches: [],
            statements: [],
          });
        });
        before = done;
        return done;
      },
    };
  }),
  evidenceMutant("leaves out the batch that a place is in", "evidence.commit.ranges", (sound) => ({
    batches: async (log, range) => (await sound.batches(log, range)).filter(({ first }) => first >= range.from),
  })),
  evidenceMutant("lists checkpoints oldest first", "evidence.checkpoints.order", (sound) => ({
    checkpoints: async (limit) => (await sound.checkpoints(limit)).toReversed(),
  })),
  evidenceMutant("skips the last event of a slice", "evidence.next.every-event-once", (sound) => ({
    async next(after, limit) {
      const slice = await sound.next(after, limit);
      return slice.more ? { ...slice, events: slice.events.slice(0, -1) } : slice;
    },
  })),
  evidenceMutant("reads the newest slice twice", "evidence.next.while-appending", (sound) => ({
    async next(after, limit) {
      const slice = await sound.next(after, limit);
      return slice.more ? slice : { ...slice, position: after };
    },
  })),
  evidenceMutant("ignores the times that rows are asked for of", "evidence.rows.by-number", (sound) => ({
    rows: (seqs) => sound.rows(seqs),
  })),
  evidenceMutant("lists rows in the order of their numbers", "evidence.keys.what-a-position-includes", (sound) => ({
    keys: async (...request) => (await sound.keys(...request)).toSorted((a, b) => a.seq - b.seq),
  })),
  evidenceMutant("seals restored events again", "evidence.restored.keep-leaves", (sound) => ({
    async next(after, limit) {
      const slice = await sound.next(after, limit);
      return { ...slice, events: [...slice.events, ...slice.restored], restored: [] };
    },
  })),
  evidenceMutant("reads restored events beside the limit", "evidence.restored.few-at-a-time", (sound) => ({
    async next(after, limit) {
      const slice = await sound.next(after, limit);
      return slice.restored.length === 0 ? slice : sound.next(after, limit + 1);
    },
  })),
  evidenceMutant("keeps the first row of a leaf", "evidence.restored.newest-row", (sound) => {
    const first = new Map<number, EvidenceMove>();
    return {
      async moved(log, range) {
        const found = await sound.moved(log, range);
        for (const move of found) if (!first.has(move.leaf)) first.set(move.leaf, move);
        return found.map((move) => first.get(move.leaf) ?? move);
      },
    };
  }),
  mutant("restores what it takes of its leaves", "evidence.restored.bad-input", (sound: StorageBackend) =>
    override(sound, "partitions", {
      restore: (events, options) =>
        sound.partitions
          .restore(events, options)
          .catch((error: unknown) =>
            options === undefined ? Promise.reject(error) : sound.partitions.restore(events),
          ),
    }),
  ),
  evidenceMutant("reads as much as it is asked for", "evidence.bad-input", (sound) => ({
    next: (after, limit) => sound.next(after, Math.min(Math.max(limit, 1), 4096)),
  })),
];
