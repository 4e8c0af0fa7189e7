import { describeNeeding, needing } from "@agent-assembly/test-services/needing";
import { afterAll, describe, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { databaseOfFile, type PostgresProfile, poolOn } from "../setup/database.js";
import { RoleUsers } from "../support/role-users.js";
import { addUsers, storeWithRoles } from "../support/store-with-roles.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];

const WHY = { reason: "case 7", actor: "ann" };
const REFUSING = `
  CREATE FUNCTION refuse_records() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.action = 'governance' THEN RAISE EXCEPTION 'no room'; END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER refuse_records BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_records()`;

describe.each(PROFILES)("changes that are recorded on %s", (profile) => {
  describeNeeding(profile, "in one transaction", async () => {
    const database = await databaseOfFile(profile, "recorded");
    const pool = poolOn(database);
    const storage = await openPostgresStorage({ ...database, minConnections: 0 });
    afterAll(() => Promise.all([storage.close(), pool.close()]));

    it("are not made when they cannot be recorded", async () => {
      await storage.agents.register({ agentId: "kept", name: "before" });
      await storage.policies.save({ name: "p", source: "a: 1" }, { actor: "ann" });
      const hold = await storage.holds.place(WHY);
      const queue = storage.stateSupport?.openApprovals?.();
      const request = { requestId: "r", agentId: "a", action: "tool_call", request: { n: 1 } };
      const { digest } = (await queue?.submit(request)) ?? { digest: "" };
      const before = await storage.audit.count();
      await pool.run((sql) => sql.unsafe(REFUSING));
      const calls: (() => Promise<unknown> | undefined)[] = [
        () => storage.agents.register({ agentId: "new" }),
        () => storage.agents.update("kept", { name: "after" }),
        () => storage.agents.remove("kept"),
        () => storage.policies.save({ name: "p", source: "a: 2" }, { actor: "ann" }),
        () => storage.policies.activate("p", 1, { actor: "ann" }),
        () => storage.holds.place(WHY),
        () => storage.holds.release(hold.holdId, WHY),
        () => queue?.submit({ ...request, requestId: "r2" }),
        () => queue?.decide("r", { approver: "ann", verdict: "approve", digest }),
      ];
      for (const call of calls) await expect(Promise.resolve(call()), call.toString()).rejects.toThrow();
      expect(await storage.agents.get("new")).toBeUndefined();
      expect(await storage.agents.get("kept")).toMatchObject({ revision: 1, name: "before" });
      expect(await storage.policies.list()).toEqual([{ name: "p", latest: 1, active: null }]);
      expect(await storage.holds.list({ released: true })).toEqual([hold]);
      expect(await queue?.get("r2")).toBeUndefined();
      expect((await queue?.get("r"))?.state).toBe("pending");
      expect(await storage.audit.count()).toBe(before);
      await queue?.close();
    });
  });

  it(...needing(profile, "are recorded for every role that may make them, which can add no other event"), async () => {
    const store = await storeWithRoles(profile);
    const users = new RoleUsers(store);
    try {
      await store.runScript();
      await addUsers(store);
      await users.as("writer", ({ agents }) => agents.register({ agentId: "a" }));
      await users.as("retention", ({ holds }) => holds.place(WHY));
      const actions = await users.as("reader", ({ audit }) => audit.summarize({}, { groupBy: ["action"] }));
      expect(actions).toContainEqual({ key: { action: "governance" }, count: 2 });
      const call = `SELECT record_governance(now(), gen_random_uuid(), 'a', NULL, NULL, 'observed', '{"action":"x"}')`;
      expect(await users.attempt("retention", call)).toBe("done");
      expect(await users.attempt("reader", call)).toBe("42501");
      const insert = "INSERT INTO audit_events (ts, event_id, agent_id, action, decision, dry_run)";
      const values = "VALUES (now(), gen_random_uuid(), 'a', 'governance', 'observed', false)";
      expect(await users.attempt("retention", `${insert} ${values}`)).toBe("42501");
    } finally {
      await users.close();
      await store.drop();
    }
  });
});
