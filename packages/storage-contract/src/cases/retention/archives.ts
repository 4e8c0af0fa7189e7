import assert from "node:assert/strict";
import type { ArchiveRecord, ArchiveState, Selection } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, NOW, uuid } from "../../support/fixtures.js";

/** A new archive; the same for the same `n`. */
export function archive(n: number, members: Partial<ArchiveRecord> = {}): ArchiveRecord {
  return {
    archiveId: uuid(n),
    dataset: "audit",
    partitionId: "2026-01-01",
    from: new Date(Date.UTC(2026, 0, 1)),
    to: new Date(Date.UTC(2026, 0, 2)),
    asOf: "position",
    url: "s3://bucket/audit",
    state: "writing",
    rows: 10,
    bytes: 0,
    startedAt: new Date(NOW + n * 1000),
    ...members,
  };
}

/** Its later states. */
export function verified(n: number, members: Partial<ArchiveRecord> = {}): ArchiveRecord {
  return archive(n, { state: "verified", rows: 9, bytes: 1234, ...members });
}

/** Records that cannot be, and what the refusal must name. */
const BAD: [Partial<Record<keyof ArchiveRecord, unknown>>, RegExp][] = [
  [{ archiveId: "7" }, /record\.archiveId must be a UUID/],
  [{ dataset: "events" }, /dataset/],
  [{ partitionId: "" }, /record\.partitionId/],
  [{ from: "2026" }, /record\.from/],
  [{ to: undefined }, /record\.to/],
  [{ to: new Date(Date.UTC(2026, 0, 1)) }, /record\.to must be after record\.from/],
  [{ selection: { only: [{ agentid: "a" }] } }, /record\.selection\.only\[0\].*"agentid"/],
  [{ dataset: "metrics", selection: { except: [{ action: "x" }] } }, /record\.selection\.except\[0\].*"action"/],
  [{ asOf: undefined }, /record\.asOf/],
  [{ asOf: "" }, /record\.asOf/],
  [{ url: "audit/2026" }, /record\.url must be an absolute URL/],
  [{ url: undefined }, /record\.url/],
  [{ url: "s3://bucket/\u0000" }, /record\.url/],
  [{ url: "https://ann:secret@example.com/a" }, /record\.url must not hold credentials/],
  [{ state: "done" }, /record\.state/],
  [{ rows: -1 }, /record\.rows/],
  [{ bytes: 0.5 }, /record\.bytes/],
  [{ startedAt: new Date(Number.NaN) }, /record\.startedAt/],
  [{ note: "x" } as never, /unknown key "note"/],
];

const SELECTIONS: Selection[] = [
  {},
  { only: [] },
  { only: [{}], except: [] },
  {
    only: [
      { agentId: "a", teamId: ["red", "é😀"] },
      { from: new Date(NOW), to: new Date(NOW + 1) },
    ],
  },
  { except: [{ dryRun: false, payload: { "/v/w": null, "/": "\u0000\ud800", "/n": 1.5 } }, { eventId: uuid(1) }] },
];

/** Positions in a busy store name many open transactions. */
const LONG_POSITION = "p".repeat(20_000);

/** The catalog of archives. */
export const archiveCases = defineCases([
  {
    id: "retention.archives.states",
    title: "an archive goes from writing to verified to dropped, and reads back as last recorded",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      assert.deepEqual(await retentionSupport.archives(), []);
      const second = archive(2, { dataset: "metrics", url: "file:///var/a%20b", asOf: LONG_POSITION });
      await retentionSupport.recordArchive(archive(1));
      await retentionSupport.recordArchive(second);
      assert.deepEqual(await retentionSupport.archives(), [archive(1), second]);
      await retentionSupport.recordArchive(verified(1), { from: "writing" });
      assert.deepEqual(await retentionSupport.archives({ state: "verified" }), [verified(1)]);
      const dropped = verified(1, { state: "dropped" });
      await retentionSupport.recordArchive(
        { ...dropped, archiveId: dropped.archiveId.toUpperCase() },
        { from: "verified" },
      );
      assert.deepEqual(await retentionSupport.archives({ state: "dropped" }), [dropped]);
      assert.deepEqual(await retentionSupport.archives({ state: "verified" }), []);
      assert.equal((await retentionSupport.archives({ state: "writing" })).length, 1);
      assert.equal((await retentionSupport.archives()).length, 2);
    },
  },
  {
    id: "retention.archives.order",
    title: "archives are listed by when they were started, those of one instant by archiveId",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      const all = [
        archive(5, { startedAt: new Date(NOW) }),
        ...[1, 3, 4].map((n) => archive(n, { startedAt: new Date(NOW + 1) })),
      ];
      for (const n of [2, 0, 3, 1]) await retentionSupport.recordArchive(all[n] as ArchiveRecord);
      assert.deepEqual(await retentionSupport.archives(), all);
    },
  },
  {
    id: "retention.archives.selections",
    title: "the selection of an archive reads back as it was given, times and all",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      const all = SELECTIONS.map((selection, n) => archive(n, { selection }));
      for (const one of all) await retentionSupport.recordArchive(one);
      assert.deepEqual(await retentionSupport.archives(), all);
      for (const [n, one] of (await retentionSupport.archives()).entries()) {
        await retentionSupport.recordArchive({ ...one, state: "verified" }, { from: "writing" });
        assert.deepEqual((await retentionSupport.archives({ state: "verified" }))[n], { ...all[n], state: "verified" });
      }
      await retentionSupport.recordArchive(archive(99, { selection: undefined }));
      assert.equal("selection" in ((await retentionSupport.archives({ state: "writing" }))[0] ?? {}), false);
    },
  },
  {
    id: "retention.archives.conflicts",
    title:
      "a taken id, an unexpected state, an archive that is gone and a changed record are conflicts and change nothing",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      await retentionSupport.recordArchive(archive(1));
      await rejects(() => retentionSupport.recordArchive(archive(1)), "conflict");
      await rejects(() => retentionSupport.recordArchive(archive(1, { url: "s3://other/audit" })), "conflict");
      await rejects(
        () => retentionSupport.recordArchive(verified(1, { state: "dropped" }), { from: "verified" }),
        "conflict",
        /writing/,
      );
      await rejects(() => retentionSupport.recordArchive(verified(2), { from: "writing" }), "conflict", /not recorded/);
      const changed: Partial<ArchiveRecord>[] = [
        { dataset: "metrics" },
        { partitionId: "2026-01-02" },
        { from: new Date(Date.UTC(2025, 11, 31)) },
        { to: new Date(Date.UTC(2026, 0, 3)) },
        { selection: { only: [{ agentId: "a" }] } },
        { asOf: "later" },
        { url: "s3://bucket/other" },
        { startedAt: new Date(NOW) },
      ];
      for (const members of changed) {
        await rejects(
          () => retentionSupport.recordArchive(verified(1, members), { from: "writing" }),
          "conflict",
          /another archive/,
        );
      }
      assert.deepEqual(await retentionSupport.archives(), [archive(1)]);
      await retentionSupport.recordArchive(verified(1), { from: "writing" });
      await rejects(() => retentionSupport.recordArchive(verified(1), { from: "writing" }), "conflict", /verified/);
      await rejects(() => retentionSupport.recordArchive(archive(1)), "conflict");
      for (const members of [...changed, { rows: 0 }, { bytes: 0 }]) {
        await rejects(
          () => retentionSupport.recordArchive(verified(1, { state: "dropped", ...members }), { from: "verified" }),
          "conflict",
          /another archive/,
        );
      }
      await retentionSupport.recordArchive(verified(1, { state: "dropped" }), { from: "verified" });
      await rejects(
        () => retentionSupport.recordArchive(verified(1, { state: "dropped" }), { from: "verified" }),
        "conflict",
        /dropped/,
      );
      assert.deepEqual(await retentionSupport.archives(), [verified(1, { state: "dropped" })]);
    },
  },
  {
    id: "retention.archives.forget",
    title: "an archive is forgotten while it is being written, again without effect, and not later",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      await retentionSupport.recordArchive(archive(1));
      await retentionSupport.recordArchive(archive(2));
      await retentionSupport.forgetArchive(uuid(1).toUpperCase());
      await retentionSupport.forgetArchive(uuid(1));
      await retentionSupport.forgetArchive(uuid(7));
      assert.deepEqual(await retentionSupport.archives(), [archive(2)]);
      await rejects(() => retentionSupport.recordArchive(verified(1), { from: "writing" }), "conflict", /not recorded/);
      await retentionSupport.recordArchive(verified(2), { from: "writing" });
      await rejects(() => retentionSupport.forgetArchive(uuid(2)), "conflict", /verified/);
      assert.deepEqual(await retentionSupport.archives(), [verified(2)]);
      await rejects(() => retentionSupport.forgetArchive("7"), "invalid_argument", /archiveId must be a UUID/);
      await retentionSupport.recordArchive(archive(1));
      assert.equal((await retentionSupport.archives()).length, 2);
    },
  },
  {
    id: "retention.archives.bad-input",
    title: "records and steps that cannot be are refused with the name of the member",
    async run({ storage }) {
      const { retentionSupport } = await storage(ANY_TIME);
      for (const [members, message] of BAD) {
        const record = { ...archive(1), ...members } as ArchiveRecord;
        await rejects(() => retentionSupport.recordArchive(record), "invalid_argument", message);
      }
      const steps: [ArchiveState, ArchiveState | undefined | string][] = [
        ["verified", undefined],
        ["dropped", undefined],
        ["writing", "writing"],
        ["verified", "verified"],
        ["dropped", "writing"],
        ["writing", "verified"],
        ["dropped", "dropped"],
        ["verified", "done"],
      ];
      await retentionSupport.recordArchive(archive(2));
      for (const [state, from] of steps) {
        for (const n of [1, 2]) {
          const record = () => retentionSupport.recordArchive(archive(n, { state }), { from: from as ArchiveState });
          await rejects(record, "invalid_argument", /options\.from/);
        }
      }
      await rejects(
        () => retentionSupport.recordArchive(archive(1), { form: "writing" } as never),
        "invalid_argument",
        /unknown key/,
      );
      await rejects(() => retentionSupport.archives({ state: "done" as never }), "invalid_argument", /state/);
      await rejects(() => retentionSupport.archives({ stat: "writing" } as never), "invalid_argument", /unknown key/);
      assert.deepEqual(await retentionSupport.archives(), [archive(2)]);
    },
  },
]);
