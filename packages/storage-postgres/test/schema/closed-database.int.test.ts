import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it } from "vitest";
import type { PostgresProfile } from "../setup/database.js";
import { event, events, oldest, RoleUsers } from "../support/role-users.js";
import { addUsers, storeWithRoles } from "../support/store-with-roles.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];

describe.each(PROFILES)("a database of %s that is closed to PUBLIC", (profile) => {
  it(...needing(profile, "is open to the roles of sql/roles.sql, with all that they need"), async () => {
    const store = await storeWithRoles(profile);
    const users = new RoleUsers(store);
    try {
      const [{ name } = { name: "" }] = await store.root<{ name: string }[]>`SELECT current_database() AS name`;
      await store.root.unsafe(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC`);
      await store.runScript();
      await addUsers(store);
      await users.as("writer", async ({ audit, agents, metrics, health }) => {
        expect(await audit.append([...events(100, 50), event(1, 0)])).toMatchObject({ inserted: 51 });
        await agents.register({ agentId: "a" });
        await metrics.record([{ ts: new Date(), metric: "m", value: 1 }]);
        expect(await audit.summarize({}, { bucket: { every: "1d" }, groupBy: ["decision"] })).toHaveLength(3);
        expect((await health()).status).toBe("ok");
      });
      await users.as("reader", async ({ audit, partitions, health }) => {
        // The registration of the agent is recorded.
        expect(await audit.count()).toBe(52);
        expect((await partitions.list("audit")).length).toBeGreaterThan(0);
        expect((await health()).status).toBe("ok");
      });
      await users.as("retention", async (storage) => {
        const partition = await oldest(storage);
        expect((await storage.partitions.drop(partition, { expect: { rows: partition.rows } })).rows).toBe(50);
      });
    } finally {
      await users.close();
      await store.drop();
    }
  });
});
