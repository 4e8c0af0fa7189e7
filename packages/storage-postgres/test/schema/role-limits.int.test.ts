import type { AuditEvent } from "@agent-assembly/storage-core";
import { needing } from "@agent-assembly/test-services/needing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PostgresProfile } from "../setup/database.js";
import { DAY_MS, event, events, NOON, RoleUsers } from "../support/role-users.js";
import { addUsers, type StoreWithRoles, storeWithRoles } from "../support/store-with-roles.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];

/** What holds against a role beyond its rights on tables and columns. */
describe.each(PROFILES)("the roles of sql/roles.sql on %s", (profile) => {
  describe(...needing(profile, "a store that an ordinary role owns"), () => {
    const inChunks = profile.startsWith("timescale");
    let store: StoreWithRoles;
    let users: RoleUsers;
    beforeAll(async () => {
      store = await storeWithRoles(profile);
      users = new RoleUsers(store);
      await as("owner", (owner) => owner.audit.append(events(100, 100)));
      await store.runScript();
      await addUsers(store);
    });
    afterAll(async () => {
      await users?.close();
      await store?.drop();
    });
    const as: RoleUsers["as"] = (user, work) => users.as(user, work);
    const attempt: RoleUsers["attempt"] = (user, statement) => users.attempt(user, statement);

    it("let no one but the server say when an event was recorded and where it comes, unless it is restored", async () => {
      const columns = "ts, event_id, agent_id, action, decision, dry_run";
      const values = "now(), gen_random_uuid(), 'by-sql', 'a', 'allow', false";
      const insert = (more: string, value: string): string =>
        `INSERT INTO audit_events (${columns}${more}) VALUES (${values}${value})`;
      expect(await attempt("writer", insert("", ""))).toBe("done");
      for (const [column, value] of [
        ["recorded_at", "now()"],
        ["seq", "1"],
        ["xact", "1"],
      ] as const) {
        expect(await attempt("writer", insert(`, ${column}`, `, ${value}`)), column).toBe("42501");
        expect(await attempt("retention", insert(`, ${column}`, `, ${value}`)), column).toBe("42501");
      }
      expect(await attempt("writer", insert("", "").replace("now()", "'infinity'"))).toBe("23514");
      expect(await attempt("writer", insert("", "").replace("now()", "'0044-03-15 BC'"))).toBe("23514");
      expect(await attempt("writer", insert("", "").replace("'by-sql'", "repeat('x', 513)"))).toBe("23514");
      expect(await attempt("writer", insert("", "").replace("'by-sql'", "''"))).toBe("23514");
    });

    it("let a user with both writer and retention restore events as they were", async () => {
      const user = `${store.roleOf("writer")}_user`;
      await store.root.unsafe(`GRANT ${store.roleOf("retention")} TO ${user}`);
      await as("writer", async ({ audit, partitions }) => {
        const recordedAt = new Date(NOON - 50 * DAY_MS);
        const restored = [0, 1].map((n) => ({ ...event(60, n), recordedAt, dryRun: false }) as AuditEvent);
        expect(await partitions.restore(restored)).toMatchObject({ inserted: 2, duplicates: 0 });
        const many = events(61, 100).map((one) => ({ ...one, recordedAt, dryRun: false }) as AuditEvent);
        expect(await partitions.restore(many)).toMatchObject({ inserted: 100 });
        const { items } = await audit.query({ from: new Date(NOON - 62 * DAY_MS), to: new Date(NOON - 59 * DAY_MS) });
        expect(new Set(items.map((item) => item.recordedAt.getTime()))).toEqual(new Set([recordedAt.getTime()]));
      });
      await store.root.unsafe(`REVOKE ${store.roleOf("retention")} FROM ${user}`);
      await as("writer", async ({ partitions }) => {
        const restored = [{ ...event(62, 0), recordedAt: new Date(NOON), dryRun: false } as AuditEvent];
        await expect(partitions.restore(restored)).rejects.toMatchObject({ code: "permission_denied" });
      });
    });

    it("let the retention role place and release holds, and rewrite none", () =>
      as("retention", async ({ holds }) => {
        const scope = { agentId: "agent-4", teamId: "team", from: new Date(NOON - DAY_MS), to: new Date(NOON) };
        const hold = await holds.place({ ...scope, reason: "case 8", actor: "ann" });
        expect(hold).toMatchObject({ ...scope, reason: "case 8", actor: "ann", state: "in_force" });
        expect(await holds.list()).toContainEqual(hold);
        for (const statement of [
          "UPDATE legal_holds SET agent_id = 'other'",
          "UPDATE legal_holds SET released_at = NULL",
          "DELETE FROM legal_holds",
          "INSERT INTO legal_holds (hold_id, reason, actor, placed_at) VALUES (gen_random_uuid(), 'r', 'a', '2000-01-01')",
        ]) {
          expect(await attempt("retention", statement), statement).toBe("42501");
        }
        const bad = (members: string): string => `SELECT place_legal_hold(gen_random_uuid(), ${members})`;
        expect(await attempt("retention", bad("NULL, NULL, '2026-01-02', '2026-01-01', 'r', 'a'"))).toBe("23514");
        expect(await attempt("retention", bad("NULL, NULL, NULL, NULL, '', 'a'"))).toBe("23514");
        expect(await attempt("retention", bad("NULL, NULL, NULL, NULL, 'r', NULL"))).toBe("23502");
        expect(await attempt("retention", bad("NULL, NULL, NULL, 'infinity', 'r', 'a'"))).toBe("23514");
        const release = `SELECT FROM release_legal_hold('${hold.holdId}', 'bob', 'settled')`;
        expect(await attempt("retention", release)).toBe("done");
        const released = await holds.release(hold.holdId, { actor: "bob", reason: "settled" });
        expect(released).toMatchObject({ state: "released", release: { actor: "bob", reason: "settled" } });
        const again = holds.release(hold.holdId, { actor: "eve", reason: "again" });
        await expect(again).rejects.toMatchObject({ code: "conflict" });
        const unknown = holds.release("00000000-0000-4000-8000-00000000dead", { actor: "eve", reason: "none" });
        await expect(unknown).rejects.toMatchObject({ code: "not_found" });
        expect(await holds.list({ released: true })).toContainEqual(released);
      }));

    it("let the retention role create and revoke tokens of a gateway, and the writer neither", async () => {
      const { token, secret } = await as("retention", async ({ apiTokens }) => {
        const created = await apiTokens?.create({ name: "collector", scopes: ["ingest"], actor: "ann" });
        return created ?? expect.unreachable("the store has no tokens");
      });
      await as("writer", async ({ apiTokens }) => {
        expect(await apiTokens?.verify(secret)).toEqual(token);
        const denied = { code: "permission_denied" };
        const another = apiTokens?.create({ name: "mine", scopes: ["admin"], actor: "eve" });
        await expect(another).rejects.toMatchObject(denied);
        await expect(apiTokens?.revoke(token.tokenId, { actor: "eve" })).rejects.toMatchObject(denied);
      });
      const revoke = "UPDATE api_tokens SET revoked_at = now(), revoke_actor = 'bob'";
      expect(await attempt("retention", revoke)).toBe("done");
      expect(
        await attempt("retention", `${revoke}; UPDATE api_tokens SET revoked_at = NULL, revoke_actor = NULL`),
      ).toBe("23001");
      expect(await attempt("retention", "UPDATE api_tokens SET scopes = '[\"admin\"]'")).toBe("42501");
      expect(await attempt("retention", "DELETE FROM api_tokens")).toBe("42501");
      await as("retention", async ({ apiTokens }) => {
        await apiTokens?.revoke(token.tokenId, { actor: "bob", reason: "lost" });
      });
      await as("writer", async ({ apiTokens }) => expect(await apiTokens?.verify(secret)).toBeUndefined());
    });

    it("let the retention role change nothing that has ended", async () => {
      const run =
        "INSERT INTO retention_runs (run_id, started_at, outcome, rows, bytes, detail) VALUES ('r', now(), 'running', 0, 0, '')";
      const end = "UPDATE retention_runs SET outcome = 'failed', finished_at = now() WHERE run_id = 'r'";
      expect(await attempt("retention", `${run}; ${end}`)).toBe("done");
      expect(await attempt("retention", `${run}; ${end}; ${end}`)).toBe("23001");
      const archive = (state: string): string =>
        `INSERT INTO archives VALUES ('00000000-0000-4000-8000-0000000000aa', 'audit', 'p', '2026-01-01', '2026-01-02', NULL, 'x', 'file:///a', '${state}', 1, 0, now())`;
      const which = "WHERE archive_id = '00000000-0000-4000-8000-0000000000aa'";
      const step = (to: string): string => `UPDATE archives SET ${to} ${which}`;
      expect(await attempt("retention", archive("verified"))).toBe("23001");
      const verified = `${archive("writing")}; ${step("state = 'verified', rows = 2, bytes = 3")}`;
      expect(await attempt("retention", verified)).toBe("done");
      expect(await attempt("retention", `${verified}; ${step("state = 'dropped'")}`)).toBe("done");
      for (const statement of [
        step("state = 'dropped', rows = 3"),
        step("bytes = 4"),
        step("state = 'writing'"),
        `${step("state = 'dropped'")}; ${step("state = 'verified'")}`,
        `DELETE FROM archives ${which}`,
      ]) {
        expect(await attempt("retention", `${verified}; ${statement}`), statement).toBe("23001");
      }
      expect(await attempt("retention", `${archive("writing")}; DELETE FROM archives ${which}`)).toBe("done");
    });

    it("let the writer change neither what an approval asks for nor what a metric is declared as", async () => {
      for (const statement of [
        "UPDATE approvals SET request = '{}'",
        "UPDATE approvals SET expires_at = now()",
        "UPDATE metric_definitions SET kind = 'gauge'",
        "UPDATE leases SET name = 'other'",
        "UPDATE policy_activations SET actor = 'other'",
      ]) {
        expect(await attempt("writer", statement), statement).toBe("42501");
      }
      const version = (digest: string): string =>
        `INSERT INTO policy_versions VALUES ('q', 1, 'json', ${digest}, 2, 'me', now(), '{}', '{}')`;
      expect(await attempt("writer", version("encode(sha256('{}'), 'hex')"))).toBe("done");
      expect(await attempt("writer", version("'00'"))).toBe("23514");
    });

    if (inChunks)
      it("let the retention role drop chunks of the store by its function alone, and none that a hold covers", async () => {
        const chunk = `(SELECT min(inhrelid) FROM pg_inherits WHERE inhparent = 'audit_events'::regclass)::regclass`;
        const range = (from: string, to: string): string => `SELECT drop_store_chunk(${chunk}, ${from}, ${to})`;
        const [found] = await store.root<{ from: string; to: string }[]>`
          SELECT quote_literal(range_start::text) AS from, quote_literal(range_end::text) AS to
          FROM timescaledb_information.chunks c
          WHERE format('%I.%I', chunk_schema, chunk_name)::regclass::oid =
            (SELECT min(inhrelid) FROM pg_inherits WHERE inhparent = ${`${store.schema}.audit_events`}::regclass)`;
        const { from, to } = found ?? { from: "", to: "" };
        expect(await attempt("retention", range(from, to))).toBe("done");
        expect(await attempt("retention", range("now()", "now() + INTERVAL '1 day'"))).toBe("22023");
        const hold = "SELECT place_legal_hold(gen_random_uuid(), NULL, NULL, NULL, NULL, 'r', 'a')";
        expect(await attempt("retention", `${hold}; ${range(from, to)}`)).toBe("23001");
        expect(await attempt("retention", "SELECT drop_store_chunk('leases', now(), now())")).toBe("42P01");
        expect(await attempt("retention", "SELECT rewrite_store_chunk('legal_holds', true)")).toBe("42P01");
        expect(await attempt("retention", `SELECT rewrite_store_chunk(${chunk}, true)`)).toBe("done");
      });
  });
});
