import type { StorageBackend } from "@agent-assembly/storage-core";
import type { EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { describeNeeding, needing } from "@agent-assembly/test-services/needing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databaseOfFile, poolOn } from "../setup/database.js";
import { addUsers, type StoreWithRoles, storeWithRoles } from "../support/store-with-roles.js";
import { EVENT, INSERT } from "../support/tails.js";

const event = (agentId: string) => ({ ts: new Date(), ...EVENT, agentId });

function evidenceOf({ evidenceSupport }: StorageBackend): EvidenceSupport {
  if (evidenceSupport === undefined) throw new Error("the store keeps no evidence");
  return evidenceSupport;
}

describeNeeding("postgres", "events to seal beside transactions that commit late", async () => {
  const database = await databaseOfFile("postgres", "evidence");
  const storage = await openPostgresStorage(database);
  const pool = poolOn(database);
  afterAll(() => Promise.all([storage.close(), pool.close()]));

  it("wait for none of them, and the rows of such a transaction come once, when it has ended", async () => {
    const evidence = evidenceOf(storage);
    const agents: string[] = [];
    let position = "";
    const read = async (limit: number): Promise<void> => {
      for (let more = true; more; ) {
        const slice = await evidence.next(position, limit);
        agents.push(...slice.events.map((one) => one.event.agentId));
        ({ position, more } = slice);
      }
    };
    await storage.audit.append([event("first")]);
    await pool.transaction(async (late) => {
      for (let n = 0; n < 5; n++) await late.unsafe(INSERT, [`late-${n}`]);
      await storage.audit.append([event("second")]);
      await read(10);
      expect(agents).toEqual(["first", "second"]);
      await storage.audit.append([event("third")]);
      await read(10);
    });
    await storage.audit.append([event("fourth")]);
    // A slice ends within the late transaction.
    await read(2);
    expect(agents).toEqual(["first", "second", "third", ...[0, 1, 2, 3, 4].map((n) => `late-${n}`), "fourth"]);
    const keys = await evidence.keys(position, undefined, 100);
    expect(keys).toHaveLength(agents.length);
    await read(10);
    expect(agents).toHaveLength(9);
  });

  it("are refused behind a position that the server has not reached", async () => {
    const evidence = evidenceOf(storage);
    const { position } = await evidence.next("", 100);
    const ahead = JSON.stringify({ ...JSON.parse(position), next: 2 ** 50 });
    await expect(evidence.next(ahead, 1)).rejects.toMatchObject({ code: "conflict" });
    for (const damaged of ["{}", "[1]", "null", position.replace('"next":', '"next":-')]) {
      await expect(evidence.next(damaged, 1)).rejects.toMatchObject({ code: "invalid_argument" });
    }
  });
});

describe.each(["postgres", "timescale-apache"] as const)("on %s", (profile) => {
  describe(...needing(profile, "evidence of a store with roles"), () => {
    let store: StoreWithRoles;
    beforeAll(async () => {
      store = await storeWithRoles(profile);
      await store.runScript();
      await addUsers(store);
    });
    afterAll(() => store?.drop());

    it("is written by the retention role alone, and read without its secrets by the others", async () => {
      await using writer = await openPostgresStorage(store.optionsOf("writer"));
      await using retention = await openPostgresStorage(store.optionsOf("retention"));
      await using reader = await openPostgresStorage(store.optionsOf("reader"));
      const root = new Uint8Array(32);
      const begin = { log: 1, origin: "example.com/audit", root, chain: "{}" };
      for (const other of [writer, reader]) {
        await expect(evidenceOf(other).begin(begin)).rejects.toMatchObject({ code: "permission_denied" });
      }
      const sealer = evidenceOf(retention);
      expect(await sealer.begin(begin)).toBe(true);
      await writer.audit.append([event("one")]);
      const { events, position } = await sealer.next("", 10);
      expect(events).toHaveLength(1);
      const seq = events[0]?.seq as number;
      const commit = {
        log: 1,
        from: { size: 0, position: "" },
        to: { size: 1, root, position, chain: "{}" },
        tiles: [{ level: 0, index: 0, hashes: root }],
        batches: [{ first: 0, count: 1, firstSeq: seq, lastSeq: seq, fromTs: 0, toTs: 1, seqs: root }],
        seeds: [{ bundle: 0, depth: 0, path: 0, node: root }],
        statements: [],
      };
      for (const other of [writer, reader]) {
        await expect(evidenceOf(other).commit(commit)).rejects.toMatchObject({ code: "permission_denied" });
      }
      expect(await sealer.commit(commit)).toBe(true);
      const range = { from: 0, limit: 1 };
      for (const other of [writer, reader].map(evidenceOf)) {
        expect(await other.tiles(1, 0, range)).toHaveLength(1);
        await expect(other.seeds(1, range)).rejects.toMatchObject({ code: "permission_denied" });
      }
      expect(await sealer.seeds(1, range)).toHaveLength(1);
    });
  });
});
