import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { needing } from "@agent-assembly/test-services/needing";
import { expect, it } from "vitest";
import { databaseOfFile, poolOn } from "../setup/database.js";

const EVENT = { agentId: "a", action: "tool_call", decision: "allow" };

it(...needing("postgres", "waits for the disk although the database is set not to"), async () => {
  const database = await databaseOfFile("postgres", "durability");
  const pool = poolOn(database);
  await pool.run((sql) =>
    sql.unsafe(
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$",
    ),
  );
  await pool.run((sql) =>
    sql.unsafe(`
      CREATE FUNCTION refuse_lazy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF current_setting('synchronous_commit') <> 'on' THEN RAISE 'this commit would not wait'; END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER refuse_lazy BEFORE INSERT ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_lazy()`),
  );
  await pool.close();

  await using storage = await openPostgresStorage(database);
  expect(await storage.audit.append([{ ts: new Date(), ...EVENT }])).toMatchObject({ inserted: 1 });
  expect(storage.capabilities.durability).toEqual({ status: "supported" });

  await using pooled = await openPostgresStorage({ ...database, prepare: false });
  expect(pooled.capabilities.durability).toMatchObject({
    status: "degraded",
    reason: expect.stringMatching(/loses the newest events/),
  });
});
