import assert from "node:assert/strict";
import type { ArchiveRecord, ArchiveState, Selection } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, NOW, uuid } from "../../support/fixtures.js";

/** A new archive; the same for the same `n`. */
export function archive(n: number, members: Partial<ArchiveRecord> = {}): ArchiveRecord {
  return {
    archiveId: uuid(n),
    dataset: "audit",
    segmentId: "2026-01-01",
    from: new Date(Date.UTC(2026, 0, 1)),
    to: new Date(Date.UTC(2026, 0, 2)),
    upTo: "position",
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
  [{ segmentId: "" }, /record\.segmentId/],
  [{ from: "2026" }, /record\.from/],
  [{ to: undefined }, /record\.to/],
  [{ to: new Date(Date.UTC(2026, 0, 1)) }, /record\.to must be after record\.from/],
  [{ selection: { only: [{ agentid: "a" }] } }, /record\.selection\.only\[0\].*"agentid"/],
  [{ dataset: "metrics", selection: { except: [{ action: "x" }] } }, /record\.selection\.except\[0\].*"action"/],
  [{ upTo: undefined }, /record\.upTo/],
  [{ upTo: "" }, /record\.upTo/],
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

/** The catalog of archives. */
export const tierArchiveCases = defineCases([
  {
    id: "tiers.archives.states",
    title: "an archive goes from writing to verified to dropped, and reads back as last recorded",
    async run({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      assert.deepEqual(await tiers.archives(), []);
      await tiers.recordArchive(archive(1));
      await tiers.recordArchive(archive(2, { dataset: "metrics", url: "file:///var/a%20b" }));
      assert.deepEqual(await tiers.archives(), [
        archive(1),
        archive(2, { dataset: "metrics", url: "file:///var/a%20b" }),
      ]);
      await tiers.recordArchive(verified(1), { from: "writing" });
      assert.deepEqual(await tiers.archives({ state: "verified" }), [verified(1)]);
      const dropped = verified(1, { state: "dropped" });
      await tiers.recordArchive({ ...dropped, archiveId: dropped.archiveId.toUpperCase() }, { from: "verified" });
      assert.deepEqual(await tiers.archives({ state: "dropped" }), [dropped]);
      assert.deepEqual(await tiers.archives({ state: "verified" }), []);
      assert.equal((await tiers.archives({ state: "writing" })).length, 1);
      assert.equal((await tiers.archives()).length, 2);
    },
  },
  {
    id: "tiers.archives.order",
    title: "archives are listed by when they were started, those of one instant by archiveId",
    async run({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      const all = [
        archive(5, { startedAt: new Date(NOW) }),
        ...[1, 3, 4].map((n) => archive(n, { startedAt: new Date(NOW + 1) })),
      ];
      for (const n of [2, 0, 3, 1]) await tiers.recordArchive(all[n] as ArchiveRecord);
      assert.deepEqual(await tiers.archives(), all);
    },
  },
  {
    id: "tiers.archives.selections",
    title: "the selection of an archive reads back as it was given, times and all",
    async run({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      const all = SELECTIONS.map((selection, n) => archive(n, { selection }));
      for (const one of all) await tiers.recordArchive(one);
      assert.deepEqual(await tiers.archives(), all);
      for (const [n, one] of (await tiers.archives()).entries()) {
        await tiers.recordArchive({ ...one, state: "verified" }, { from: "writing" });
        assert.deepEqual((await tiers.archives({ state: "verified" }))[n], { ...all[n], state: "verified" });
      }
      await tiers.recordArchive(archive(99, { selection: undefined }));
      assert.equal("selection" in ((await tiers.archives({ state: "writing" }))[0] ?? {}), false);
    },
  },
  {
    id: "tiers.archives.conflicts",
    title:
      "a taken id, an unexpected state, an archive that is gone and a changed record are conflicts and change nothing",
    async run({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      await tiers.recordArchive(archive(1));
      await rejects(() => tiers.recordArchive(archive(1)), "conflict");
      await rejects(() => tiers.recordArchive(archive(1, { url: "s3://other/audit" })), "conflict");
      await rejects(
        () => tiers.recordArchive(verified(1, { state: "dropped" }), { from: "verified" }),
        "conflict",
        /writing/,
      );
      await rejects(() => tiers.recordArchive(verified(2), { from: "writing" }), "conflict", /not recorded/);
      const changed: Partial<ArchiveRecord>[] = [
        { dataset: "metrics" },
        { segmentId: "2026-01-02" },
        { from: new Date(Date.UTC(2025, 11, 31)) },
        { to: new Date(Date.UTC(2026, 0, 3)) },
        { selection: { only: [{ agentId: "a" }] } },
        { upTo: "later" },
        { url: "s3://bucket/other" },
        { startedAt: new Date(NOW) },
      ];
      for (const members of changed) {
        await rejects(
          () => tiers.recordArchive(verified(1, members), { from: "writing" }),
          "conflict",
          /another archive/,
        );
      }
      assert.deepEqual(await tiers.archives(), [archive(1)]);
      await tiers.recordArchive(verified(1), { from: "writing" });
      await rejects(() => tiers.recordArchive(verified(1), { from: "writing" }), "conflict", /verified/);
      await rejects(() => tiers.recordArchive(archive(1)), "conflict");
      await tiers.recordArchive(verified(1, { state: "dropped" }), { from: "verified" });
      await rejects(
        () => tiers.recordArchive(verified(1, { state: "dropped" }), { from: "verified" }),
        "conflict",
        /dropped/,
      );
      assert.deepEqual(await tiers.archives(), [verified(1, { state: "dropped" })]);
    },
  },
  {
    id: "tiers.archives.forget",
    title: "an archive is forgotten while it is being written, again without effect, and not later",
    async run({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      await tiers.recordArchive(archive(1));
      await tiers.recordArchive(archive(2));
      await tiers.forgetArchive(uuid(1).toUpperCase());
      await tiers.forgetArchive(uuid(1));
      await tiers.forgetArchive(uuid(7));
      assert.deepEqual(await tiers.archives(), [archive(2)]);
      await rejects(() => tiers.recordArchive(verified(1), { from: "writing" }), "conflict", /not recorded/);
      await tiers.recordArchive(verified(2), { from: "writing" });
      await rejects(() => tiers.forgetArchive(uuid(2)), "conflict", /verified/);
      assert.deepEqual(await tiers.archives(), [verified(2)]);
      await rejects(() => tiers.forgetArchive("7"), "invalid_argument", /archiveId must be a UUID/);
      await tiers.recordArchive(archive(1));
      assert.equal((await tiers.archives()).length, 2);
    },
  },
  {
    id: "tiers.archives.bad-input",
    title: "records and steps that cannot be are refused with the name of the member",
    async run({ storage }) {
      const { tiers } = await storage(ANY_TIME);
      for (const [members, message] of BAD) {
        const record = { ...archive(1), ...members } as ArchiveRecord;
        await rejects(() => tiers.recordArchive(record), "invalid_argument", message);
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
      await tiers.recordArchive(archive(2));
      for (const [state, from] of steps) {
        for (const n of [1, 2]) {
          const record = () => tiers.recordArchive(archive(n, { state }), { from: from as ArchiveState });
          await rejects(record, "invalid_argument", /options\.from/);
        }
      }
      await rejects(
        () => tiers.recordArchive(archive(1), { form: "writing" } as never),
        "invalid_argument",
        /unknown key/,
      );
      await rejects(() => tiers.archives({ state: "done" as never }), "invalid_argument", /state/);
      await rejects(() => tiers.archives({ stat: "writing" } as never), "invalid_argument", /unknown key/);
      assert.deepEqual(await tiers.archives(), [archive(2)]);
    },
  },
]);
