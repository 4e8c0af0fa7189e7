import assert from "node:assert/strict";
import { type EvidenceStatement, governanceEvent } from "@agent-assembly/storage-core/backend";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, NOW } from "../../support/fixtures.js";
import { bytes, evidenceCase, evidenceOf, growth, NEW_LOG, plain } from "./support.js";

const ALL = { from: 0, limit: 100 };
const NOTHING = { tiles: [], batches: [], seeds: [], statements: [] };

export const evidenceLogCases = defineCases([
  evidenceCase("evidence.log.begins-once", "a log begins once, and another one only behind it", async (_, evidence) => {
    assert.equal(await evidence.log(), undefined);
    assert.equal(await evidence.begin({ ...NEW_LOG, log: 2 }), false);
    assert.equal(await evidence.begin(NEW_LOG), true);
    assert.equal(await evidence.begin({ ...NEW_LOG, origin: "other" }), false);
    const first = { ...NEW_LOG, size: 0, position: "" };
    assert.deepEqual(plain(await evidence.log()), plain(first));
    assert.equal(await evidence.begin({ ...NEW_LOG, log: 2, origin: "example.com/audit/2" }), true);
    assert.deepEqual(plain(await evidence.log()), plain({ ...first, log: 2, origin: "example.com/audit/2" }));
    assert.deepEqual(await evidence.tiles(2, 0, ALL), []);
  }),
  evidenceCase(
    "evidence.log.continues-another",
    "a log begins with its first leaves, and the log before it grows no more",
    async (_, evidence) => {
      await evidence.begin(NEW_LOG);
      const { to, tiles, seeds, statements } = growth();
      const second = { ...NEW_LOG, log: 2, origin: "example.com/audit/2", root: to.root, chain: to.chain };
      assert.equal(await evidence.begin({ ...second, size: 2, tiles, seeds, statements }), true);
      assert.equal(await evidence.begin({ ...second, size: 2, tiles, seeds, statements }), false);
      const logs = [
        { ...NEW_LOG, size: 0, position: "" },
        { ...second, size: 2, position: "" },
      ];
      assert.deepEqual(plain(await evidence.logs()), plain(logs));
      assert.deepEqual(plain(await evidence.tiles(2, 0, ALL)), plain(tiles));
      assert.deepEqual(plain(await evidence.seeds(2, ALL)), plain(seeds));
      assert.deepEqual(plain(await evidence.statements(2, ALL)), plain(statements));
      assert.deepEqual(await evidence.statements(1, ALL), []);
      assert.equal(await evidence.commit(growth()), false);
      assert.deepEqual(plain(await evidence.logs()), plain(logs));
      const next = growth({ log: 2, from: { size: 2, position: "" }, to: { ...to, size: 3 }, ...NOTHING });
      assert.equal(await evidence.commit(next), true);
    },
  ),
  evidenceCase(
    "evidence.recorded",
    "what records a commit is stored with it, and not where the commit is not",
    async ({ audit }, evidence) => {
      const record = (n: number) =>
        governanceEvent({ change: "key.rotated", at: NOW + n, subject: { log: 1 }, after: { n } });
      assert.equal(await evidence.begin({ ...NEW_LOG, record: record(0) }), true);
      assert.equal(await evidence.begin({ ...NEW_LOG, record: record(1) }), false);
      assert.equal(await evidence.commit(growth({ record: record(2) })), true);
      assert.equal(await evidence.commit(growth({ record: record(3) })), false);
      const { items } = await audit.query({ action: "governance" }, { order: "oldest" });
      assert.deepEqual(
        items.map(({ payload }) => payload),
        [0, 2].map((n) => ({ change: "key.rotated", subject: { log: 1 }, after: { n } })),
      );
    },
  ),
  evidenceCase(
    "evidence.commit.all-or-nothing",
    "a commit stores everything where the log is where it must be, and nothing elsewhere",
    async (_, evidence) => {
      assert.equal(await evidence.commit(growth()), false);
      await evidence.begin(NEW_LOG);
      assert.equal(await evidence.commit(growth({ from: { size: 0, position: "1" } })), false);
      assert.equal(await evidence.commit(growth({ log: 2 })), false);
      assert.equal((await evidence.log())?.size, 0);
      assert.deepEqual(await evidence.batches(1, ALL), []);
      const commit = growth();
      assert.equal(await evidence.commit(commit), true);
      assert.equal(await evidence.commit(growth({ tiles: [{ level: 0, index: 0, hashes: bytes(8, 32) }] })), false);
      assert.deepEqual(plain(await evidence.log()), plain({ ...NEW_LOG, ...commit.to }));
      assert.deepEqual(plain(await evidence.tiles(1, 0, ALL)), plain(commit.tiles));
      assert.deepEqual(plain(await evidence.batches(1, ALL)), plain(commit.batches));
      assert.deepEqual(plain(await evidence.seeds(1, ALL)), plain(commit.seeds));
      assert.deepEqual(plain(await evidence.statements(1, ALL)), plain(commit.statements));
    },
  ),
  evidenceCase(
    "evidence.commit.one-of-many",
    "of sealers that continue a log at the same time, one does",
    async (_, evidence) => {
      await evidence.begin(NEW_LOG);
      const tries = [1, 2, 3, 4].map((n) => evidence.commit(growth({ to: { ...growth().to, root: bytes(n) } })));
      assert.deepEqual((await Promise.all(tries)).toSorted(), [false, false, false, true]);
      assert.equal((await evidence.statements(1, ALL)).length, 1);
      assert.equal((await evidence.log())?.size, 2);
    },
  ),
  evidenceCase(
    "evidence.commit.ranges",
    "what a log has is read in parts: what covers a place, and what follows",
    async (_, evidence) => {
      await evidence.begin(NEW_LOG);
      const statement = (leaf: number): EvidenceStatement => ({
        leaf,
        kind: leaf % 2 === 0 ? "drop" : "seal",
        entry: `{"leaf":${leaf},"text":"\\\\ \\" ü {,} NULL"}`,
        list: leaf % 2 === 0 ? `[[${leaf},1]]` : null,
      });
      const [batch] = growth().batches;
      assert.ok(batch !== undefined);
      const batches = [
        { ...batch, first: 0, count: 10 },
        { ...batch, first: 10, count: 5 },
        { ...batch, first: 20, count: 80, firstSeq: 2 ** 40, lastSeq: 2 ** 41, fromTs: -62_135_596_800_000 },
      ];
      const seeds = [0, 1, 2].flatMap((bundle) =>
        [0, 1].map((path) => ({ bundle, depth: 1, path, node: bytes(bundle * 2 + path) })),
      );
      const tiles = [
        ...[0, 1, 2].map((index) => ({ level: 1, index, hashes: bytes(index, 8192) })),
        { level: 1, index: 3, hashes: bytes(9, 64) },
      ];
      const to = { size: 700, root: bytes(3), position: "", chain: "{}" };
      const statements = [15, 16, 17, 18].map(statement);
      assert.equal(await evidence.commit(growth({ to, tiles, batches, seeds, statements })), true);
      const read = (from: number, limit: number) => ({ from, limit });
      assert.deepEqual(plain(await evidence.batches(1, read(9, 2))), plain(batches.slice(0, 2)));
      assert.deepEqual(plain(await evidence.batches(1, read(10, 9))), plain(batches.slice(1)));
      assert.deepEqual(plain(await evidence.batches(1, read(16, 9))), plain(batches.slice(2)));
      assert.deepEqual(await evidence.batches(1, read(100, 9)), []);
      assert.deepEqual(plain(await evidence.statements(1, read(16, 2))), plain(statements.slice(1, 3)));
      assert.deepEqual(plain(await evidence.seeds(1, read(1, 1))), plain(seeds.slice(2, 4)));
      assert.deepEqual(plain(await evidence.tiles(1, 1, read(1, 9))), plain(tiles.slice(1)));
      assert.deepEqual(plain(await evidence.tiles(1, 1, read(1, 2))), plain(tiles.slice(1, 3)));
      assert.deepEqual(await evidence.tiles(1, 0, read(0, 9)), []);
      const grown = { level: 1, index: 3, hashes: bytes(9, 96) };
      const next = growth({
        from: to,
        to: { ...to, size: 701 },
        tiles: [grown],
        batches: [],
        seeds: [],
        statements: [],
      });
      assert.equal(await evidence.commit(next), true);
      assert.deepEqual(plain(await evidence.tiles(1, 1, read(3, 1))), plain([grown]));
    },
  ),
  evidenceCase(
    "evidence.checkpoints.order",
    "checkpoints and receipts come newest first, and a newer one of the same takes its place",
    async (_, evidence) => {
      const checkpoint = (log: number, size: number) => ({
        log,
        size,
        note: `note ${log}/${size} —\n`,
        at: NOW + (size % 1000),
      });
      for (const one of [checkpoint(1, 300), checkpoint(2, 10), checkpoint(1, 2 ** 40)]) {
        await evidence.recordCheckpoint(one);
      }
      await evidence.recordCheckpoint({ ...checkpoint(1, 300), note: "cosigned" });
      const sorted = [checkpoint(2, 10), checkpoint(1, 2 ** 40), { ...checkpoint(1, 300), note: "cosigned" }];
      assert.deepEqual(await evidence.checkpoints(10), sorted);
      assert.deepEqual(await evidence.checkpoints(2), sorted.slice(0, 2));
      assert.deepEqual(await evidence.checkpoints(1, 1), sorted.slice(1, 2));
      assert.deepEqual(await evidence.checkpoints(9, 3), []);
      const anchor = (size: number, kind: string) => ({
        log: 1,
        size,
        kind,
        target: "https://example.com/?a={b},c",
        at: NOW + (size % 1000),
        receipt: bytes(size, 5),
      });
      for (const one of [anchor(3, "witness"), anchor(3, "file"), anchor(4, "file")]) await evidence.recordAnchor(one);
      await evidence.recordAnchor({ ...anchor(3, "witness"), receipt: bytes(0, 0) });
      const kept = [anchor(4, "file"), anchor(3, "file"), { ...anchor(3, "witness"), receipt: bytes(0, 0) }];
      assert.deepEqual(plain(await evidence.anchors(10)), plain(kept));
      assert.equal((await evidence.anchors(1)).length, 1);
      assert.equal((await evidence.anchors(9, 1)).length, 3);
      assert.deepEqual(await evidence.anchors(9, 2), []);
    },
  ),
  evidenceCase(
    "evidence.verifications",
    "verifications come newest first, one of the same id takes the place of its last state, and what is said of it stays as it is",
    async (_, evidence) => {
      const id = (n: number): string => `0000000${n}-0000-4000-8000-00000000000a`;
      const verification = (n: number, startedAt: number, state: string) => ({
        id: id(n),
        log: 1,
        startedAt,
        report: { state, text: "a \u0000 \ud83d\ude00 }{" },
      });
      const record = ({ report, ...one }: ReturnType<typeof verification>): Promise<void> =>
        evidence.recordVerification({ ...one, report: JSON.stringify(report) });
      const kept = async (limit: number, of?: string) =>
        (await evidence.verifications(limit, of)).map(({ unchangedMs, report, ...one }) => {
          assert.ok(Number.isInteger(unchangedMs) && unchangedMs >= 0 && unchangedMs < 600_000, `${unchangedMs} ms`);
          return { ...one, report: JSON.parse(report) as unknown };
        });
      assert.deepEqual(await kept(10), []);
      for (const [n, at, state] of [
        [2, NOW, "running"],
        [3, NOW - 5, "ended"],
        [1, NOW, "ended"],
        [2, NOW, "ended"],
      ] as const) {
        await record(verification(n, at, state));
      }
      await record({ ...verification(4, NOW - 9, "ended"), id: id(4).toUpperCase() });
      const all = [
        verification(1, NOW, "ended"),
        verification(2, NOW, "ended"),
        verification(3, NOW - 5, "ended"),
        verification(4, NOW - 9, "ended"),
      ];
      assert.deepEqual(await kept(10), all);
      assert.deepEqual(await kept(2), all.slice(0, 2));
      assert.deepEqual(await kept(1, id(3).toUpperCase()), all.slice(2, 3));
      assert.deepEqual(await kept(1, id(9)), []);
    },
  ),
  evidenceCase(
    "evidence.lasting",
    "evidence lasts as long as the events do",
    async (backend, evidence, { harness }) => {
      await evidence.begin(NEW_LOG);
      assert.equal(await evidence.commit(growth()), true);
      if (backend.capabilities.durability.status === "unsupported") return;
      assert.ok(harness.reopen !== undefined, `the harness ${harness.name} must bring reopen for a durable store`);
      const again = evidenceOf(await harness.reopen(backend, ANY_TIME));
      assert.equal((await again.log())?.size, 2);
      assert.deepEqual(plain(await again.seeds(1, ALL)), plain(growth().seeds));
    },
  ),
  evidenceCase("evidence.bad-input", "arguments that cannot be are refused", async (_, evidence) => {
    await evidence.begin(NEW_LOG);
    await rejects(() => evidence.next("", 0), "invalid_argument", /limit/);
    await rejects(() => evidence.next("", 4097), "invalid_argument", /limit/);
    await rejects(() => evidence.next("no position", 1), "invalid_argument", /after/);
    await rejects(() => evidence.keys("no position", undefined, 1), "invalid_argument", /position/);
    await rejects(() => evidence.tiles(1, -1, ALL), "invalid_argument", /level/);
    await rejects(() => evidence.batches(0, ALL), "invalid_argument", /log/);
    await rejects(() => evidence.seeds(1, { from: 0, limit: 0 }), "invalid_argument", /range/);
    await rejects(() => evidence.rows(Array.from({ length: 4097 }, (_v, n) => n)), "invalid_argument", /seqs/);
    await rejects(() => evidence.begin({ ...NEW_LOG, log: 2, root: bytes(1, 31) }), "invalid_argument", /root/);
    const beyond = { ...NEW_LOG, log: 2, size: 1, statements: growth().statements };
    await rejects(() => evidence.begin(beyond), "invalid_argument", /log\.statements/);
    await rejects(() => evidence.checkpoints(1, 0), "invalid_argument", /log/);
    const shrinking = growth({ from: { size: 3, position: "" } });
    await rejects(() => evidence.commit(shrinking), "invalid_argument", /commit\.to\.size/);
    const outside = growth({ statements: [{ leaf: 2, kind: "seal", entry: "{}", list: null }] });
    await rejects(() => evidence.commit(outside), "invalid_argument", /commit\.statements/);
    const verification = { id: "00000000-0000-4000-8000-000000000001", log: 1, startedAt: NOW, report: "{}" };
    await rejects(
      () => evidence.recordVerification({ ...verification, id: "one" }),
      "invalid_argument",
      /verification\.id/,
    );
    await rejects(
      () => evidence.recordVerification({ ...verification, report: "{" }),
      "invalid_argument",
      /verification\.report/,
    );
    await rejects(() => evidence.verifications(0), "invalid_argument", /limit/);
    await rejects(() => evidence.verifications(1, "one"), "invalid_argument", /id/);
    assert.deepEqual(await evidence.verifications(1), []);
    assert.equal((await evidence.log())?.size, 0);
  }),
]);
