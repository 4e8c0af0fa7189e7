import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase, startRedis } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, describe, expect, inject, test } from "vitest";
import { openStorage, type StorageOptions } from "../src/index.js";
import { Approver, builtApprover } from "./support/approver.js";

const approver = await builtApprover();

const folder = await mkdtemp(join(tmpdir(), "aasm-approvals-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const REQUESTS = 200;

interface Place {
  readonly options: StorageOptions;
  /** Ends the server without warning and starts it again. */
  readonly crash?: () => Promise<void>;
}

async function onSqlite(): Promise<Place> {
  return { options: { backend: "sqlite", path: join(folder, "approvals.db") } };
}

async function onPostgres(): Promise<Place> {
  const server = inject("services").profiles.find(({ name }) => name === "postgres");
  const { url, drop } = await createDatabase(server?.url ?? "", "approvals");
  afterAll(drop);
  return { options: { backend: "postgres", url, timescaledb: "off", migrate: "auto", minConnections: 0 } };
}

async function onRedis(): Promise<Place> {
  const server = await startRedis({ appendonly: true });
  afterAll(() => server.stop());
  const path = join(folder, "redis.db");
  const crash = async (): Promise<void> => {
    await server.kill();
    await server.restart();
  };
  return { options: { backend: "sqlite", path, state: { redis: { url: server.url } } }, crash };
}

const PLACES = { sqlite: onSqlite, postgres: onPostgres, redis: onRedis } as const;
const TITLE = "among processes";

const NEEDED = { postgres: "postgres", redis: "own-servers" } as const;

describe.each(["sqlite", "postgres", "redis"] as const)("approvals on %s", (name) => {
  const suite = async (): Promise<void> => {
    const { options, crash } = await PLACES[name]();

    test("everything survives kill -9 and a restart, and the claims of the dead come back, each after its lease", async () => {
      const submitter = new Approver(approver, options, { task: "submit", name: "alice" });
      expect(await submitter.line()).toBe("ready");
      await submitter.kill();
      await crash?.();
      await using storage = await openStorage(options);
      const { approvals } = storage;
      await expect.poll(async () => (await storage.stateHealth()).approvals.status).toBe("ok");
      const states = (await approvals.list({}, { limit: 100 })).items.map(({ state }) => state);
      expect(states).toHaveLength(30);
      expect(states.slice(0, 5)).toEqual(Array(5).fill("approved"));
      expect(states.slice(10)).toEqual(Array(20).fill("pending"));
      const ids = async (state: "claimed" | "pending"): Promise<string[]> =>
        (await approvals.list({ state }, { limit: 100 })).items.map(({ requestId }) => requestId);
      const numbered = (first: number, count: number): string[] =>
        Array.from({ length: count }, (_, n) => `r${String(n + first).padStart(2, "0")}`);
      await expect.poll(() => ids("pending")).toEqual(numbered(7, 23));
      expect(await ids("claimed")).toEqual(numbered(5, 2));
      const { items } = await approvals.list({ state: "pending" }, { limit: 100 });
      for (const { requestId, digest } of items) {
        await approvals.decide(requestId, { approver: "bob", verdict: "deny", digest });
      }
    });

    test(`two approvers race on ${REQUESTS} requests: each is decided once`, async () => {
      await using storage = await openStorage(options);
      const { approvals } = storage;
      for (let at = 0; at < REQUESTS; at += 50) {
        await Promise.all(
          Array.from({ length: 50 }, (_, n) =>
            approvals.submit({ agentId: "racer", action: "b", request: { n: at + n } }),
          ),
        );
      }
      const racers = [
        new Approver(approver, options, { task: "decide", name: "first" }),
        new Approver(approver, options, { task: "decide-backwards", name: "second" }),
      ] as const;
      // Each decides a few by itself, so that both are in the middle of it when they race for the rest.
      for (const said of ["ready", "begun"]) {
        for (const racer of racers) expect(await racer.line()).toBe(said);
        for (const racer of racers) racer.go();
      }
      const decided = await Promise.all(racers.map(async (racer) => JSON.parse(await racer.line()) as string[]));
      expect(new Set(decided.flat()).size).toBe(REQUESTS);
      expect(decided.flat()).toHaveLength(REQUESTS);
      const by = new Map<string, string | undefined>();
      let cursor: string | undefined;
      do {
        const page = await approvals.list({ agentId: "racer" }, { limit: 1000, cursor });
        for (const one of page.items) {
          const decision = "decision" in one ? one.decision : undefined;
          by.set(one.requestId, decision?.source === "approver" ? decision.approver : undefined);
        }
        cursor = page.next;
      } while (cursor !== undefined);
      expect(by.size).toBe(REQUESTS);
      for (const requestId of decided[0] ?? []) expect(by.get(requestId)).toBe("first");
      for (const requestId of decided[1] ?? []) expect(by.get(requestId)).toBe("second");
    });
  };
  if (name === "sqlite") describe(TITLE, suite);
  else describeNeeding(NEEDED[name], TITLE, suite);
});
