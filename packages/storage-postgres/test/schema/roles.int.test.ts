import { setTimeout as sleep } from "node:timers/promises";
import { needing } from "@agent-assembly/test-services/needing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { verifyPostgresCounts } from "../../src/migrate.js";
import type { PostgresProfile } from "../setup/database.js";
import { DAY_MS, event, events, NOON, oldest, RoleUsers } from "../support/role-users.js";
import { addUsers, type StoreWithRoles, storeWithRoles } from "../support/store-with-roles.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];

/** What neither the writer nor the reader may do. */
const RECORDED = [
  "UPDATE audit_events SET decision = 'deny'",
  "DELETE FROM audit_events",
  "TRUNCATE audit_events",
  "UPDATE metrics SET value = 0",
  "DELETE FROM metrics",
  "DELETE FROM metric_totals",
  "DELETE FROM metric_series",
  "DELETE FROM metric_definitions",
  "DELETE FROM metric_counters",
  "DELETE FROM metric_fold",
  "INSERT INTO dropped_metric_hours SELECT * FROM dropped_metric_hours",
  "DELETE FROM dropped_metric_hours",
  "UPDATE pending_metric_totals SET sum = 0",
  "UPDATE policy_versions SET source = ''",
  "DELETE FROM policy_versions",
  "DELETE FROM policy_activations",
  "SELECT setval('audit_events_seq', 1)",
  "ALTER TABLE audit_events DISABLE TRIGGER ALL",
  "DROP TABLE audit_events",
  "INSERT INTO aasm_migrations SELECT * FROM aasm_migrations",
  "INSERT INTO legal_holds SELECT * FROM legal_holds",
  "UPDATE legal_holds SET released_at = now(), release_actor = 'me', release_reason = 'none'",
  "DELETE FROM legal_holds",
  "INSERT INTO archives SELECT * FROM archives",
  "UPDATE archives SET state = 'dropped'",
  "DELETE FROM archives",
  "UPDATE retention_runs SET outcome = 'failed'",
];

describe.each(PROFILES)("the roles of sql/roles.sql on %s", (profile) => {
  describe(...needing(profile, "a store that an ordinary role owns"), () => {
    const inChunks = profile.startsWith("timescale");
    let store: StoreWithRoles;
    let users: RoleUsers;
    beforeAll(async () => {
      store = await storeWithRoles(profile);
      users = new RoleUsers(store);
      await as("owner", async (owner) => {
        await owner.audit.append(events(100, 100));
        if (profile === "timescale-community") await owner.partitions.compress(await oldest(owner));
      });
      expect(await store.runScript()).toEqual([]);
      await addUsers(store);
    });
    afterAll(async () => {
      await users?.close();
      await store?.drop();
    });
    const as: RoleUsers["as"] = (user, work) => users.as(user, work);
    const attempt: RoleUsers["attempt"] = (user, statement) => users.attempt(user, statement);

    it("let the writer do all that an application does", () =>
      as("writer", async (storage) => {
        const ended = new AbortController();
        const tail = storage.audit.tail({}, { signal: ended.signal })[Symbol.asyncIterator]();
        const first = tail.next();
        expect(await storage.audit.append([event(1, 0)])).toMatchObject({ inserted: 1 });
        // A tail that was slow to begin hears one of the next ones.
        let heard = false;
        first.finally(() => {
          heard = true;
        });
        for (let n = 0; !heard; n++) {
          await storage.audit.append([{ ...event(1, 5000 + n), agentId: "probe" }]);
          await sleep(20);
        }
        expect([event(1, 0).agentId, "probe"]).toContain((await first).value.event.agentId);
        ended.abort();
        await store.root.unsafe(`DELETE FROM ${store.schema}.audit_events WHERE agent_id = 'probe'`);
        // A chunk that did not exist when the script ran.
        expect(await storage.audit.append(events(200, 100))).toMatchObject({ inserted: 100 });
        expect(await storage.audit.append(events(200, 100))).toMatchObject({ inserted: 0, duplicates: 100 });
        // One that was compressed before.
        expect(await storage.audit.append(events(100, 150))).toMatchObject({ inserted: 50, duplicates: 100 });
        expect((await storage.audit.query({ agentId: "agent-0" }, { limit: 5 })).items).toHaveLength(5);
        expect(await storage.audit.summarize({}, { groupBy: ["agentId"] })).toHaveLength(5);

        await storage.agents.register({ agentId: "a", metadata: { n: 1 } });
        await storage.agents.heartbeat("a");
        await storage.agents.remove("a");
        await storage.policies.save({ name: "p", source: "{}", format: "json" }, { actor: "me" });
        await storage.policies.save({ name: "p", source: '{"a":1}', format: "json" }, { actor: "me" });
        await storage.policies.activate("p", 1, { actor: "me" });
        await storage.policies.activate("p", 2, { actor: "me" });
        await storage.policies.rollback("p", { actor: "me" });
        expect((await storage.policies.active("p"))?.version).toBe(1);

        const sample = { ts: new Date(NOON), metric: "tokens", value: 3 };
        expect(await storage.metrics.record([sample])).toMatchObject({ recorded: 1 });
        const range = { from: new Date(NOON - DAY_MS), to: new Date(NOON + DAY_MS) };
        const [series] = await storage.metrics.query({ metric: "tokens", aggregate: "sum", ...range });
        expect(series?.points[0]?.value).toBe(3);

        await storage.metrics.define({ name: "requests", kind: "cumulative", decimals: 0 });
        const readings = [3, 5].map((value, n) => ({ ts: new Date(NOON + n), metric: "requests", value }));
        expect(await storage.metrics.record(readings)).toMatchObject({ recorded: 2 });

        const lease = await storage.retentionSupport.lease("work", 5000);
        expect(await lease?.renew()).toBe(true);
        await lease?.release();

        const approvals = storage.stateSupport?.openApprovals?.();
        const { requestId, digest } = (await approvals?.submit({ agentId: "a", action: "b", request: 1 })) ?? {};
        await approvals?.claim(requestId as string, { approver: "me" });
        const verdict = { approver: "me", verdict: "deny", digest: digest as string } as const;
        expect(await approvals?.decide(requestId as string, verdict)).toMatchObject({ state: "denied" });
        await approvals?.submit({ requestId: "expires", agentId: "a", action: "b", request: 2, expiresInMs: 1 });
        expect(await storage.health()).toMatchObject({ status: "ok", problems: [] });
      }));

    it("let the writer move what is pending to the totals", async () => {
      const [row] = await store.root.unsafe(`
        SELECT (SELECT count(*)::int FROM ${store.schema}.pending_metric_totals) AS pending,
          (SELECT sum(samples)::int FROM ${store.schema}.metric_series WHERE labels IS NOT NULL) AS samples`);
      expect(row).toEqual({ pending: 0, samples: 3 });
    });

    it("do not let the writer or the reader change or remove what was recorded", async () => {
      for (const statement of RECORDED) {
        expect(await attempt("writer", statement), statement).toBe("42501");
        expect(await attempt("reader", statement), statement).toBe("42501");
      }
    });

    if (inChunks)
      it("do not let the writer reach around the table to its chunks", async () => {
        const chunks = await store.root<{ name: string }[]>`
        SELECT oid::regclass::text AS name FROM pg_class
        WHERE relnamespace = '_timescaledb_internal'::regnamespace AND relkind = 'r' AND relname LIKE '%chunk'`;
        expect(chunks.length).toBeGreaterThan(1);
        for (const { name } of chunks) {
          expect(await attempt("writer", `DELETE FROM ${name}`), name).toBe("42501");
          expect(await attempt("writer", `DROP TABLE ${name}`), name).toBe("42501");
        }
        await as("writer", async ({ partitions }) => {
          const partition = await oldest({ partitions });
          const dropping = partitions.drop(partition, { expect: { rows: partition.rows } });
          await expect(dropping).rejects.toMatchObject({ code: "permission_denied" });
        });
      });

    it("let the reader read, and nothing else", () =>
      as("reader", async (storage) => {
        expect(await storage.audit.count()).toBeGreaterThan(100);
        expect((await storage.audit.query({}, { limit: 1 })).items).toHaveLength(1);
        expect(await storage.policies.list()).toHaveLength(1);
        expect((await storage.agents.list()).items).toEqual([]);
        expect((await storage.partitions.list("audit")).length).toBeGreaterThan(1);
        expect(await storage.retentionSupport.runs()).toEqual([]);
        expect(await storage.holds.list()).toEqual([]);
        expect(await storage.retentionSupport.conflictingPolicies()).toEqual([]);
        const recorded = { from: new Date(NOON - DAY_MS), to: new Date(NOON + DAY_MS), aggregate: "sum" } as const;
        expect((await storage.metrics.query({ metric: "requests", ...recorded }))[0]?.points[0]?.exact).toBe("5");
        expect(await storage.metrics.labelValues({ metric: "tokens", by: "agentId" })).toMatchObject({ total: 1 });
        expect((await storage.metrics.list({ prefix: "requests" }))[0]).toMatchObject({ samples: 2, decimals: 0 });
        expect(await storage.health()).toMatchObject({ status: "ok", problems: [] });
        const tail = storage.audit.tail({})[Symbol.asyncIterator]();
        const next = tail.next();
        await as("writer", (writer) => writer.audit.append([event(2, 1)]));
        expect((await next).value.event.eventId).toBe(event(2, 1).eventId);
        await tail.return?.();

        const denied = { code: "permission_denied", retryable: false };
        await expect(storage.audit.append([event(3, 1)])).rejects.toMatchObject(denied);
        await expect(storage.audit.append(events(3, 100))).rejects.toMatchObject(denied);
        await expect(storage.agents.register({ agentId: "b" })).rejects.toMatchObject(denied);
        await expect(storage.metrics.record([{ ts: new Date(NOON), metric: "m", value: 1 }])).rejects.toMatchObject(
          denied,
        );
        await expect(storage.metrics.define({ name: "m", kind: "gauge" })).rejects.toMatchObject(denied);
        await expect(storage.retentionSupport.lease("work", 5000)).rejects.toMatchObject(denied);
        const approvals = storage.stateSupport?.openApprovals?.();
        expect((await approvals?.list())?.items).toHaveLength(2);
        expect(await approvals?.get("expires")).toMatchObject({ state: "denied", decision: { source: "expiry" } });
        const submitting = approvals?.submit({ agentId: "a", action: "b", request: 1 });
        await expect(submitting).rejects.toMatchObject(denied);
      }));

    it("let the retention role remove a part, but for what is held, and record what it archived", () =>
      as("retention", async ({ audit, partitions, holds, retentionSupport }) => {
        const partition = await oldest({ partitions });
        if (profile === "timescale-community") await partitions.compress(partition);
        const hold = await holds.place({ agentId: "agent-1", reason: "case 7", actor: "ann" });
        const { rows, asOf } = await partitions.measure(partition);
        await expect(partitions.drop(partition, { asOf, expect: { rows } })).rejects.toMatchObject({
          code: "conflict",
        });
        // The events are counted, by a role that may, so that what is removed is to be taken out of the counts.
        expect(await attempt("retention", `SELECT ${store.schema}.count_audit_events(1, 100000)`)).toBe("42501");
        expect(await attempt("reader", `SELECT ${store.schema}.count_audit_events(1, 100000)`)).toBe("42501");
        expect(
          await users.number("writer", `SELECT counted::int AS n FROM ${store.schema}.count_audit_events(1, 100000)`),
        ).toBeGreaterThan(0);
        const selection = { only: [{ agentId: "agent-0" }, { agentId: "agent-2" }] };
        const part = await partitions.measure(partition, { asOf, selection });
        expect(part.rows).toBeGreaterThan(0);
        const before = await audit.count();
        expect(await partitions.drop(partition, { asOf, selection, expect: { rows: part.rows } })).toEqual({
          rows: part.rows,
        });
        expect(await audit.count()).toBe(before - part.rows);
        expect(await verifyPostgresCounts(store.optionsOf("owner"))).toEqual([]);
        expect(await retentionSupport.conflictingPolicies()).toEqual([]);
        await holds.release(hold.holdId, { actor: "bob", reason: "settled" });

        const archive = {
          archiveId: "00000000-0000-4000-8000-000000000001",
          dataset: "audit",
          partitionId: partition.id,
          from: partition.from,
          to: partition.to,
          selection,
          asOf: asOf ?? "",
          url: "file:///archive",
          state: "writing",
          rows: part.rows,
          bytes: 0,
          startedAt: new Date(NOON),
        } as const;
        await retentionSupport.recordArchive(archive);
        await retentionSupport.recordArchive({ ...archive, state: "verified", bytes: 1 }, { from: "writing" });
        await retentionSupport.recordArchive({ ...archive, archiveId: "00000000-0000-4000-8000-000000000002" });
        await retentionSupport.forgetArchive("00000000-0000-4000-8000-000000000002");
        const run = { runId: "run-0", startedAt: new Date(NOON), rows: 0, bytes: 0, detail: "" };
        await retentionSupport.recordRun({ ...run, outcome: "running" });
        await retentionSupport.recordRun({ ...run, outcome: "failed", finishedAt: new Date(NOON + 1) });
      }));

    it("let everyone read holds, archives and runs, and neither writer nor reader drop anything or place a hold", async () => {
      for (const user of ["writer", "reader"] as const) {
        await as(user, async ({ partitions, holds, retentionSupport }) => {
          expect(await holds.list({ released: true })).toHaveLength(1);
          expect(await retentionSupport.archives()).toHaveLength(1);
          expect(await retentionSupport.runs()).toHaveLength(1);
          const partition = await oldest({ partitions });
          const { rows, asOf } = await partitions.measure(partition);
          expect(rows).toBe(partition.rows);
          const denied = { code: "permission_denied" };
          const selection = { only: [{ agentId: "agent-3" }] };
          const part = await partitions.measure(partition, { selection });
          expect(part.rows).toBeGreaterThan(0);
          await expect(
            partitions.drop(partition, { asOf, selection, expect: { rows: part.rows } }),
          ).rejects.toMatchObject(denied);
          await expect(partitions.drop(partition, { expect: { rows } })).rejects.toMatchObject(denied);
          await expect(holds.place({ reason: "none", actor: "me" })).rejects.toMatchObject(denied);
        });
      }
    });

    it("let the retention role remove what is old, and record that it did", () =>
      as("retention", async (storage) => {
        const before = await storage.audit.count();
        const partition = await oldest(storage);
        if (profile === "timescale-community") {
          expect((await storage.partitions.compress(partition)).tier).toBe("warm");
        }
        expect(await storage.partitions.drop(partition, { expect: { rows: partition.rows } })).toEqual({
          rows: partition.rows,
        });
        expect(await storage.audit.count()).toBe(before - partition.rows);
        const [samples] = await storage.partitions.list("metrics");
        if (samples !== undefined) await storage.partitions.drop(samples, { expect: { rows: samples.rows } });
        const range = { from: new Date(NOON - DAY_MS), to: new Date(NOON + DAY_MS) };
        const [series] = await storage.metrics.query({ metric: "tokens", aggregate: "sum", ...range });
        expect(series?.points[0]?.value).toBe(3);
        const lease = await storage.retentionSupport.lease("retention", 5000);
        await lease?.release();
        const run = { runId: "run-1", startedAt: new Date(NOON), finishedAt: new Date(NOON), rows: 0, bytes: 0 };
        await storage.retentionSupport.recordRun({ ...run, outcome: "succeeded", detail: "" });
        expect(await storage.health()).toMatchObject({ status: "ok", problems: [] });
      }));

    it("let the retention role remove events, not change or add them", async () => {
      expect(await attempt("retention", "DELETE FROM audit_events")).toBe("done");
      expect(await attempt("retention", "UPDATE audit_events SET decision = 'deny'")).toBe("42501");
      expect(await attempt("retention", "TRUNCATE audit_events")).toBe("42501");
      expect(await attempt("retention", "INSERT INTO audit_events SELECT * FROM audit_events")).toBe("42501");
    });

    it("are the same after running the script again, which takes back what was granted besides", async () => {
      const before = await rights(store);
      await store.root.unsafe(`GRANT DELETE ON ${store.schema}.audit_events TO ${store.roleOf("writer")}`);
      expect(await attempt("writer", "DELETE FROM audit_events")).toBe("done");
      expect(await store.runScript()).toEqual([]);
      expect(await rights(store)).toEqual(before);
      expect(await attempt("writer", "DELETE FROM audit_events")).toBe("42501");
    });

    it("are not made for a schema without a store", async () => {
      await expect(store.runScript({ schema: "elsewhere" })).rejects.toThrow("the schema elsewhere holds no store");
    });

    it("are not made for a schema of the server, nor from roles that have more rights than these", async () => {
      for (const schema of ["information_schema", "pg_catalog", "_timescaledb_internal", "toolkit_experimental"]) {
        await expect(store.runScript({ schema })).rejects.toThrow(`aasm.schema is ${schema}, which belongs to`);
      }
      await expect(store.runScript({ writer: "pg_monitor" })).rejects.toThrow("that the server keeps for itself");
      await expect(store.runScript({ writer: "public" })).rejects.toThrow("that the server keeps for itself");
      const owner = store.roleOf("writer").replace(/_writer$/, "_owner");
      await expect(store.runScript({ reader: owner })).rejects.toThrow("owns the tables or is a superuser");
      await expect(store.runScript({ reader: "postgres" })).rejects.toThrow("owns the tables or is a superuser");
      expect(await store.runScript()).toEqual([]);
    });

    it("are given with a warning when everyone may create objects in the schema", async () => {
      await store.root.unsafe(`GRANT CREATE ON SCHEMA ${store.schema} TO PUBLIC`);
      expect(await store.runScript()).toEqual([`everyone may create objects in the schema ${store.schema}`]);
      await store.root.unsafe(`REVOKE CREATE ON SCHEMA ${store.schema} FROM PUBLIC`);
    });
  });
});

describe(...needing("timescale-apache", "tables in chunks that a superuser owns"), () => {
  it("are for the retention role to drop, which stays apart from their owner", { timeout: 300_000 }, async () => {
    const store = await storeWithRoles("timescale-apache", { owner: "superuser" });
    try {
      expect(await store.runScript()).toEqual([]);
      await addUsers(store);
      await using writer = await openPostgresStorage(store.optionsOf("writer"));
      await writer.audit.append(events(100, 10));
      await using storage = await openPostgresStorage(store.optionsOf("retention"));
      const partition = await oldest(storage);
      expect(await storage.partitions.drop(partition, { expect: { rows: 10 } })).toEqual({ rows: 10 });
      const members =
        await store.root`SELECT FROM pg_auth_members WHERE member = ${store.roleOf("retention")}::regrole`;
      expect(members).toHaveLength(0);
    } finally {
      await store.drop();
    }
  });
});

/** Who may do what, in a form that can be compared. */
async function rights({ root, schema }: StoreWithRoles): Promise<unknown> {
  return root`
    SELECT c.relname, a.grantee::regrole::text, a.privilege_type
    FROM pg_class AS c, aclexplode(c.relacl) AS a
    WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname = ${schema} OR nspname LIKE '\\_timescaledb\\_internal')
    ORDER BY 1, 2, 3`;
}
