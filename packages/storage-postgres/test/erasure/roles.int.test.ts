import { needing } from "@agent-assembly/test-services/needing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyPostgresCounts } from "../../src/migrate.js";
import type { PostgresProfile } from "../setup/database.js";
import { events, oldest, RoleUsers } from "../support/role-users.js";
import { addUsers, type StoreWithRoles, storeWithRoles } from "../support/store-with-roles.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];
const request = (agentId: string) =>
  ({ filter: { agentId }, parts: ["agentId", "payload"], request: `R ${agentId}`, basis: "Art. 17" }) as const;

describe.each(PROFILES)("erasing by the roles of sql/roles.sql on %s", (profile) => {
  describe(...needing(profile, "a store that an ordinary role owns"), () => {
    let store: StoreWithRoles;
    let users: RoleUsers;
    beforeAll(async () => {
      store = await storeWithRoles(profile);
      users = new RoleUsers(store);
      await users.as("owner", async (owner) => {
        await owner.audit.append(events(100, 100));
        if (profile === "timescale-community") await owner.partitions.compress(await oldest(owner));
      });
      await store.root.unsafe(`SELECT ${store.schema}.count_audit_events(1, 1000)`);
      expect(await store.runScript()).toEqual([]);
      await addUsers(store);
    });
    afterAll(async () => {
      await users?.close();
      await store?.drop();
    });

    it("is the retention role's, which cannot VACUUM and says so", async () => {
      const { events: erased, scrub } = await users.as("retention", (storage) => storage.erase(request("agent-1")));
      expect(erased).toBe(20);
      expect(scrub.remains.join("; ")).toContain("this role may not VACUUM");
      expect(scrub.done).toEqual([expect.stringContaining("unused key")]);
    });

    it("rewrites tables for it, but for the planner's statistics", async () => {
      const { scrub } = await users.as("retention", (storage) => storage.erase(request("agent-2"), { rewrite: true }));
      expect(scrub.done.join("; ")).toContain("wrote audit_events");
      expect(scrub.remains.join("; ")).toContain("VACUUM FULL pg_statistic");
      expect(await users.as("retention", (storage) => storage.audit.count({ agentId: "erased" }))).toBe(40);
      expect(await verifyPostgresCounts(store.optionsOf("owner"))).toEqual([]);
    });

    it.each(["writer", "reader"] as const)("is refused to the %s, who finds nothing changed", async (role) => {
      await expect(users.as(role, (storage) => storage.erase(request("agent-3")))).rejects.toMatchObject({
        code: "permission_denied",
      });
      expect(await users.as(role, (storage) => storage.audit.count({ agentId: "agent-3" }))).toBe(20);
      expect(await users.as(role, (storage) => storage.planErasure(request("agent-3")))).toMatchObject({ events: 20 });
    });

    it("knows redeliveries for the writer", async () => {
      const result = await users.as("writer", (storage) => storage.audit.append(events(100, 100)));
      expect(result).toMatchObject({ inserted: 0, duplicates: 100, rejected: [] });
    });

    it("takes no other change of an event, and keeps its record", async () => {
      const denied = async (statement: string): Promise<void> =>
        expect(await users.attempt("retention", statement), statement).not.toBe("done");
      await denied("UPDATE audit_events SET payload = NULL");
      await denied("UPDATE audit_erased SET parts = '{payload}'");
      await denied("DELETE FROM audit_erased");
      await denied("DELETE FROM erasures");
      await denied("UPDATE erasures SET request = 'another'");
      await denied("UPDATE erasures SET events = 0");
      await denied(
        `SELECT erase_audit_events(array_agg(ts), array_agg(event_id), array_agg(agent_id), array_agg('["action"]'::text),
           array_agg('[]'::text), array_agg('["action"]'::text), '{audit_events}', '{1}', ARRAY[count(*)::int], '{false}') FROM audit_events`,
      );
      await denied("SELECT rewrite_erased('agent_registry')");
      await denied("SELECT analyze_erased('policy_versions')");
    });
  });
});
