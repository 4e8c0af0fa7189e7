import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  announceDrop,
  createSealer,
  type FindingCode,
  generateSignerKey,
  parseSignerKey,
  signCheckpoint,
  verifyStore,
} from "../../src/index.js";
import { on, placesFor, STORES, type StorePlace, type StorePlaces } from "./support/places.js";
import { EVENTS, event, events, HOUR_MS, KEY, NOW, ORIGIN, sealedStore, VERIFIER } from "./support/sealed-store.js";

/** One change, and what must be found of it. */
interface Mutation {
  readonly what: string;
  readonly code: FindingCode;
  /** How many findings; @default 1 */
  readonly count?: number;
  /** Members that the first finding must have. */
  readonly has?: readonly ("leaf" | "seq" | "eventId")[];
  /** SQL, of which each runs by itself; with `place` for what differs between databases. */
  readonly sql: (place: StorePlace) => readonly string[] | Promise<readonly string[]>;
}

const ID = (n: number): string => `event_id = '${String(event(n).eventId)}'`;
const one = (sql: string) => (): readonly string[] => [sql];
const isFile = ({ options }: StorePlace): boolean => "path" in options;
/** PostgreSQL keeps a tile in parts. */
const firstPart = (place: StorePlace): string => (isFile(place) ? "" : " AND part = 0");

/** A constant of bytes. */
function bytes(place: StorePlace, content: Uint8Array): string {
  const hex = Buffer.from(content).toString("hex");
  return isFile(place) ? `x'${hex}'` : `'\\x${hex}'::bytea`;
}

/** Changes one bit of the bytes of a column. */
async function flipped(place: StorePlace, table: string, column: string, where: string): Promise<string[]> {
  const [row] = await place.raw(`SELECT ${column} AS content FROM ${table} WHERE ${where}`);
  const content = Uint8Array.from((row as { content: Uint8Array }).content);
  content[5] = (content[5] as number) ^ 1;
  return [`UPDATE ${table} SET ${column} = ${bytes(place, content)} WHERE ${where}`];
}

/** The checkpoint of the newest part, signed anew by another key, or of another tree. */
async function otherNote(place: StorePlace, change: "key" | "root"): Promise<string[]> {
  const [row] = await place.raw("SELECT max(size) AS size FROM evidence_checkpoints");
  const size = Number((row as { size: unknown }).size);
  const key = change === "key" ? parseSignerKey(generateSignerKey(ORIGIN).signerKey) : KEY;
  const note = await signCheckpoint({ origin: ORIGIN, size, root: new Uint8Array(32).fill(1) }, [key]);
  return [`UPDATE evidence_checkpoints SET note = '${note}' WHERE size = ${size}`];
}

const OF_ROW = ["leaf", "seq", "eventId"] as const;

const MUTATIONS: readonly Mutation[] = [
  {
    what: "a decision",
    code: "edited",
    has: OF_ROW,
    sql: one(`UPDATE audit_events SET decision = 'redact' WHERE ${ID(40)}`),
  },
  {
    what: "an agent of an event that no seal closes yet",
    code: "edited",
    has: OF_ROW,
    sql: one(`UPDATE audit_events SET agent_id = 'agent-9' WHERE ${ID(EVENTS - 3)}`),
  },
  {
    what: "a payload",
    code: "edited",
    has: OF_ROW,
    sql: one(`UPDATE audit_events SET payload = '{"tool":"send_mail","arguments":{"n":41}}' WHERE ${ID(41)}`),
  },
  {
    what: "the time of an event, to one outside of its batch",
    code: "edited",
    has: OF_ROW,
    sql: (place) => [
      `UPDATE audit_events SET ts = ts - ${isFile(place) ? "3 * 3600000" : "interval '3 hours'"} WHERE ${ID(42)}`,
    ],
  },
  {
    what: "when an event was recorded",
    code: "edited",
    has: OF_ROW,
    sql: (place) => [
      `UPDATE audit_events SET recorded_at = recorded_at - ${isFile(place) ? "1000" : "interval '1 s'"} WHERE ${ID(43)}`,
    ],
  },
  {
    what: "every event of an agent",
    code: "edited",
    count: Math.ceil(EVENTS / 3),
    sql: one("UPDATE audit_events SET team_id = 'other' WHERE agent_id = 'agent-0'"),
  },
  { what: "a row", code: "deleted", has: ["leaf"], sql: one(`DELETE FROM audit_events WHERE ${ID(350)}`) },
  {
    what: "the first rows",
    code: "deleted",
    count: 3,
    has: ["leaf"],
    sql: one(`DELETE FROM audit_events WHERE ${ID(0)} OR ${ID(1)} OR ${ID(2)}`),
  },
  {
    what: "the last rows",
    code: "truncated",
    has: ["leaf"],
    sql: async (place) => {
      const last = await place.raw("SELECT seq FROM audit_events ORDER BY seq DESC LIMIT 5");
      return [`DELETE FROM audit_events WHERE seq IN (${last.map(({ seq }) => String(seq)).join(", ")})`];
    },
  },
  {
    what: "a row among sealed ones",
    code: "inserted",
    has: ["seq", "eventId"],
    sql: (place) => {
      const columns = "ts, recorded_at, event_id, dry_run, agent_id, action, decision";
      const id = "'00000000-0000-7000-8000-00000000ffff'";
      return [
        isFile(place)
          ? `INSERT INTO audit_events (seq, ${columns}) VALUES (-1, ${NOW - 5000}, ${NOW}, ${id}, 0, 'a', 'tool_call', 'allow')`
          : `INSERT INTO audit_events (seq, xact, ${columns})
             VALUES (1000000, 3, now(), now(), ${id}, false, 'a', 'tool_call', 'allow')`,
      ];
    },
  },
  {
    what: "the numbers of two rows, for each other",
    code: "moved",
    count: 2,
    has: OF_ROW,
    sql: async (place) => {
      const found = await place.raw(`SELECT seq, event_id FROM audit_events WHERE ${ID(60)} OR ${ID(310)}`);
      const [a, b] = found.map(({ seq }) => String(seq));
      return [
        `UPDATE audit_events SET seq = 9000000 WHERE seq = ${a}`,
        `UPDATE audit_events SET seq = ${a} WHERE seq = ${b}`,
        `UPDATE audit_events SET seq = ${b} WHERE seq = 9000000`,
      ];
    },
  },
  {
    what: "what says which rows some leaves stand for",
    code: "unsealed_gap",
    has: ["leaf"],
    sql: one("DELETE FROM evidence_batches WHERE first = (SELECT min(first) FROM evidence_batches WHERE first > 5)"),
  },
  {
    what: "a tile of leaves",
    code: "tile_damaged",
    has: ["leaf"],
    sql: (place) => flipped(place, "evidence_hashes", "hashes", `level = 0 AND idx = 0${firstPart(place)}`),
  },
  {
    what: "a tile that is gone",
    code: "tile_damaged",
    has: ["leaf"],
    // A row of SQLite has 126 hashes.
    sql: (place) => [`DELETE FROM evidence_hashes WHERE level = 0 AND idx = ${isFile(place) ? 3 : 1}`],
  },
  {
    what: "the tile at the end of the log",
    code: "tile_damaged",
    sql: (place) =>
      flipped(place, "evidence_hashes", "hashes", `level = 0 AND idx = ${isFile(place) ? 5 : 2}${firstPart(place)}`),
  },
  {
    what: "the seeds of a bundle that are gone",
    code: "tile_damaged",
    has: ["leaf"],
    sql: one("DELETE FROM evidence_seeds WHERE bundle = 1"),
  },
  {
    what: "the count of a seal",
    code: "seal_damaged",
    has: ["leaf"],
    sql: one(`UPDATE evidence_statements SET entry = replace(entry, '"count":', '"count":1') WHERE kind = 'seal'
      AND leaf = (SELECT min(leaf) FROM evidence_statements WHERE kind = 'seal')`),
  },
  {
    what: "what the log carries on",
    code: "seal_damaged",
    sql: one(`UPDATE evidence_log SET chain = '{}'`),
  },
  {
    what: "the first seal",
    code: "seal_missing",
    has: ["leaf"],
    sql: one(`DELETE FROM evidence_statements
      WHERE leaf = (SELECT min(leaf) FROM evidence_statements WHERE kind = 'seal')`),
  },
  {
    what: "the newest seal",
    code: "seal_missing",
    has: ["leaf"],
    sql: one("DELETE FROM evidence_statements WHERE leaf = (SELECT max(leaf) FROM evidence_statements)"),
  },
  {
    what: "the root in a checkpoint",
    code: "checkpoint_forged",
    sql: async (place) => {
      const [row] = await place.raw("SELECT note, size FROM evidence_checkpoints ORDER BY size LIMIT 1");
      const { note, size } = row as { note: string; size: unknown };
      const lines = note.split("\n");
      lines[2] = Buffer.alloc(32, 3).toString("base64");
      return [`UPDATE evidence_checkpoints SET note = '${lines.join("\n")}' WHERE size = ${String(size)}`];
    },
  },
  { what: "a checkpoint of another key", code: "key_unknown", sql: (place) => otherNote(place, "key") },
  { what: "a checkpoint of another tree", code: "history_forked", sql: (place) => otherNote(place, "root") },
];

describe.each(STORES)("on %s", (name) => {
  describe(...on(name, "verifying a store"), () => {
    let places: StorePlaces;
    beforeAll(async () => {
      places = await placesFor(name);
    });
    afterAll(() => places?.[Symbol.asyncDispose]());

    const verified = async (place: StorePlace) => {
      await using storage = await place.open();
      return await verifyStore(storage, { keys: [VERIFIER] });
    };

    it("finds nothing where nothing was changed, also while events are appended and sealed", async () => {
      const place = await places.make();
      const { storage, at } = await sealedStore(place);
      await storage.audit.append(events(EVENTS, 20));
      const { findings, ...counts } = await verifyStore(storage, { keys: [VERIFIER] });
      expect(findings).toEqual([]);
      // With a key statement and three seals.
      expect(counts).toEqual({
        origin: ORIGIN,
        log: 1,
        trusted: 0,
        passed: 0,
        leaves: EVENTS + 4,
        events: EVENTS,
        dropped: 0,
        erased: 0,
        uncompared: 0,
      });
      let appended = EVENTS + 20;
      const work: Promise<unknown>[] = [];
      const during = (): void => {
        const more = storage.audit.append(events(appended, 10));
        work.push(more.then(() => createSealer(storage, { key: KEY, clock: at }).sealOnce()));
        appended += 10;
      };
      const beside = await verifyStore(storage, { keys: [VERIFIER], onProgress: during });
      expect(beside.findings).toEqual([]);
      await Promise.all(work);
      await storage.close();
    });

    it.each(MUTATIONS)("finds $code, and nothing else: $what", async ({ code, count = 1, has = [], sql }) => {
      const place = await places.make();
      const { storage } = await sealedStore(place);
      await storage.close();
      for (const statement of await sql(place)) await place.raw(statement);
      const { findings } = await verified(place);
      expect(findings.map((finding) => finding.code)).toEqual(Array(count).fill(code));
      for (const member of has) expect(findings[0]).toHaveProperty(member);
    });

    it("finds that rows were dropped, and no statement says so", async () => {
      const place = await places.make();
      const { storage } = await sealedStore(place);
      await storage.audit.append([event(5000, { ts: new Date(NOW) })]);
      const [oldest] = await storage.partitions.list("audit");
      if (oldest === undefined) throw new Error("there is no partition");
      await storage.partitions.drop(oldest, { expect: { rows: oldest.rows } });
      await storage.close();
      const { findings } = await verified(place);
      expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(["dropped_without_record"]));
      expect(findings[0]?.leaf).toBe(1);
    });

    it("finds nothing where a statement says what was dropped, and what else is gone", async () => {
      const place = await places.make();
      const { storage, at } = await sealedStore(place);
      await storage.audit.append([event(5000, { ts: new Date(NOW) })]);
      const sealer = createSealer(storage, { key: KEY, clock: at });
      const [oldest] = await storage.partitions.list("audit");
      if (oldest === undefined) throw new Error("there is no partition");
      const policy = Buffer.alloc(32, 7).toString("base64");
      const selection = { only: [{ agentId: "agent-1" }], except: [{ decision: "deny" }] };
      const { rows } = await storage.partitions.measure(oldest, { selection });
      const drop = await announceDrop(storage, sealer, { partition: oldest, selection, run: "run-1", policy });
      expect(drop.events).toBe(rows);
      // Announced, and not done yet.
      expect((await verifyStore(storage, { keys: [VERIFIER] })).findings).toEqual([]);
      await storage.partitions.drop(oldest, { selection, expect: { rows } });
      await drop.done();
      expect(await verifyStore(storage, { keys: [VERIFIER] })).toMatchObject({ dropped: rows, findings: [] });
      await storage.close();

      await place.raw(`DELETE FROM audit_events WHERE ${ID(3)}`);
      expect((await verified(place)).findings.map(({ code }) => code)).toEqual(["deleted"]);
      const list = `(SELECT max(leaf) FROM evidence_statements WHERE kind = 'drop')`;
      await place.raw(`UPDATE evidence_statements SET list = '[[1,${rows}]]' WHERE leaf = ${list}`);
      expect((await verified(place)).findings.map(({ code }) => code).toSorted()).toEqual(["deleted", "seal_damaged"]);
    });

    it("states nothing of rows that are not sealed", async () => {
      const place = await places.make();
      const { storage, at } = await sealedStore(place);
      const sealer = createSealer(storage, { key: KEY, clock: at });
      const [oldest] = await storage.partitions.list("audit");
      if (oldest === undefined) throw new Error("there is no partition");
      const plan = { partition: oldest, run: "run-1", policy: Buffer.alloc(32, 7).toString("base64") };
      const lease = await storage.retentionSupport.lease("evidence", 60_000);
      await storage.audit.append([event(EVENTS)]);
      await expect(announceDrop(storage, sealer, plan)).rejects.toMatchObject({ code: "conflict" });
      await lease?.release();
      await storage.close();
    });

    it("finds that the log was set back behind a checkpoint, and signs nothing there", async () => {
      const place = await places.make();
      const { storage, at } = await sealedStore(place);
      const [before] = await place.raw("SELECT size, root, position, chain FROM evidence_log");
      await storage.audit.append(events(EVENTS, 30));
      await createSealer(storage, { key: KEY, clock: at }).sealOnce();
      await storage.close();
      const { size, root, position, chain } = before as Record<string, string> & { root: Uint8Array };
      await place.raw(
        `UPDATE evidence_log SET size = ${size}, root = ${bytes(place, root)}, position = '${position}', chain = '${chain}'`,
      );
      const { findings } = await verified(place);
      expect(findings.map(({ code }) => code)).toEqual(["rollback"]);
    });

    it("finds that a log goes on from an older state than one that was signed", async () => {
      const place = await places.make();
      const { storage, at } = await sealedStore(place);
      const other = await signCheckpoint({ origin: ORIGIN, size: 500, root: new Uint8Array(32).fill(5) }, [KEY]);
      const kept = [{ source: "the anchor", note: other }];
      const { findings } = await verifyStore(storage, { keys: [VERIFIER], kept });
      expect(findings.map(({ code }) => code)).toEqual(["history_forked"]);
      await storage.audit.append(events(EVENTS, 30));
      const larger = { source: "the anchor file", origin: ORIGIN, size: 9000 };
      const sealer = createSealer(storage, { key: KEY, clock: () => at() + HOUR_MS, known: async () => [larger] });
      await expect(sealer.sealOnce()).rejects.toMatchObject({
        code: "conflict",
        finding: { code: "history_forked", detail: expect.stringContaining("has size 9,000, this store 7") },
      });
      await storage.close();
    });
  });
});
