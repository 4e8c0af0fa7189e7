import { type AgentRegistry, isStorageError } from "@agent-assembly/storage-core";
import { createAgentRegistry, REQUEST_LIMITS } from "@agent-assembly/storage-core/backend";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, describe, expect, it } from "vitest";
import { openRecords } from "../../src/records/open-records.js";
import { databaseOfFile, type PostgresProfile, poolOn } from "../setup/database.js";

const ROUNDS = 50;
const HOSTILE = [
  "it's",
  'say "hi"',
  "100%_\\",
  "$1; DROP TABLE agent_registry; --",
  "\u{1F600}\u{10FFFF}",
  "{a,NULL}",
  "NULL",
  " ",
];

describe.each<PostgresProfile>(["postgres", "postgres-15"])("agents on %s", (profile) => {
  describeNeeding(profile, "as processes see them", async () => {
    const database = await databaseOfFile(profile, "agents");
    const pools = [poolOn(database), poolOn(database, { prepare: false })];
    afterAll(() => Promise.all(pools.map((pool) => pool.close())));
    const tables = pools.map((pool) => openRecords(pool).agents);
    const registries = tables.map((table) => createAgentRegistry(table));
    const [registry] = registries as [AgentRegistry];

    it("lets one of two win a revision", async () => {
      await registry.register({ agentId: "raced" });
      for (let revision = 1; revision <= ROUNDS; revision++) {
        const raced = await Promise.allSettled(
          registries.map((one, n) => one.update("raced", { name: `${n}` }, { expectedRevision: revision })),
        );
        expect(raced.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
        expect(raced.flatMap((one) => (one.status === "rejected" ? [codeOf(one.reason)] : []))).toEqual(["conflict"]);
        const winner = raced.findIndex(({ status }) => status === "fulfilled");
        expect(await registry.get("raced")).toMatchObject({ revision: revision + 1, name: `${winner}` });
      }
    });

    it("lets one of two register an agentId", async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const raced = await Promise.allSettled(registries.map((one) => one.register({ agentId: `new-${round}` })));
        expect(raced.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
      }
    });

    it("counts every one of many changes at once", async () => {
      await registry.register({ agentId: "busy" });
      await Promise.all(Array.from({ length: 200 }, (_, n) => registries[n % 2]?.heartbeat("busy")));
      expect((await registry.get("busy"))?.revision).toBe(201);
    });

    it("leaves an agent as it was when the change throws", async () => {
      await registry.register({ agentId: "kept", name: "before" });
      for (const table of tables) {
        await expect(
          table.replace("kept", () => {
            throw new RangeError("no");
          }),
        ).rejects.toThrow(RangeError);
      }
      expect(await registry.get("kept")).toMatchObject({ name: "before", revision: 1 });
    });

    it("keeps hostile texts, and finds by them", async () => {
      for (const [n, text] of HOSTILE.entries()) {
        const metadata = { [`${text}\u0000`]: [`${text}\u0000`, "\ud800", "\ue0ff0000", null, 1e300, -0.5] };
        const teamId = text === " " ? "blank" : text;
        const agent = { agentId: `hostile ${text}`, name: text, teamId, orgId: `org ${n}`, metadata };
        for (const one of registries) {
          await one.register(agent);
          expect(await one.get(agent.agentId)).toMatchObject(agent);
          const { items } = await one.list({ teamId: [teamId, "other"], enforcementMode: "enforce" });
          expect(items.map(({ agentId }) => agentId)).toEqual([agent.agentId]);
          await one.remove(agent.agentId);
        }
      }
    });

    it("orders by code point", async () => {
      const orgId = "ordered";
      const ids = ["a", "B", "ä", "z", "Z", "\u{1F600}", "\uFFFD", "-", "10", "9"];
      for (const agentId of ids) await registry.register({ agentId, orgId });
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await registry.list({ orgId }, { limit: 3, ...(cursor === undefined ? {} : { cursor }) });
        found.push(...page.items.map(({ agentId }) => agentId));
        cursor = page.next;
      } while (cursor !== undefined);
      expect(found).toEqual(ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    });

    it("filters by the mode in force at the time asked about", async () => {
      let now = Date.now();
      const [timed] = pools.map((pool) => createAgentRegistry(openRecords(pool, { clock: () => now }).agents)) as [
        AgentRegistry,
      ];
      await timed.register({ agentId: "windowed", orgId: "windows" });
      const expiresAt = new Date(now + 60_000);
      await timed.setEnforcementMode("windowed", "observe", { expiresAt });
      const idsIn = async (enforcementMode: string): Promise<string[]> => {
        const { items } = await timed.list({ orgId: "windows", enforcementMode });
        return items.map(({ agentId }) => agentId);
      };
      now = expiresAt.getTime() - 1;
      expect(await idsIn("observe")).toEqual(["windowed"]);
      expect(await idsIn("enforce")).toEqual([]);
      now = expiresAt.getTime();
      expect(await idsIn("observe")).toEqual([]);
      expect(await idsIn("enforce")).toEqual(["windowed"]);
    });

    it("takes a filter of many values, and one of none", async () => {
      const many = Array.from({ length: REQUEST_LIMITS.filterValues }, (_, n) => `org ${n}`);
      for (const one of registries) {
        expect((await one.list({ orgId: many })).items).toEqual([]);
        expect((await one.list({ orgId: [] })).items).toEqual([]);
      }
    });
  });
});

function codeOf(error: unknown): unknown {
  return isStorageError(error) ? error.code : error;
}
