import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import type { AnySql } from "../../src/driver/pool.js";
import { databaseOfFile, poolOn } from "../setup/database.js";
import { EVENT } from "../support/tails.js";

const INSERT = `INSERT INTO audit_events (ts, event_id, dry_run, agent_id, action, decision)
  VALUES (now(), gen_random_uuid(), false, 'a', 'tool_call', 'allow')`;
/** One that this server is not on, as if it had been promoted since. */
const OTHER = 77;

describe.each(["postgres", "postgres-15"] as const)("on %s", (profile) => {
  describeNeeding(profile, "the timeline of stored events", async () => {
    const database = await databaseOfFile(profile, "timelines");
    const storage = await openPostgresStorage(database);
    const pool = poolOn(database);
    afterAll(async () => {
      await storage.close();
      await pool.close();
    });

    const known = async (sql: AnySql) =>
      (await sql`SELECT pg_sequence_last_value('audit_timeline_known'::regclass)::integer AS known`)[0]?.known;
    const here = async () => (await pool.run((sql) => sql`SELECT timeline FROM audit_origin`))[0]?.timeline;
    const recorded = async (sql: AnySql) =>
      (await sql`SELECT timeline FROM audit_timelines ORDER BY number`).map(({ timeline }) => timeline);
    const append = () => storage.audit.append([{ ts: new Date(), ...EVENT }]);

    beforeAll(async () => {
      await pool.run((sql) => sql.unsafe("TRUNCATE audit_timelines; REFRESH MATERIALIZED VIEW audit_origin").simple());
    });

    it("is known after the first event, and unknown again when the origin changes", async () => {
      expect(await pool.run(known)).toBeNull();
      await append();
      expect(await pool.run(known)).toBe(await here());
      await pool.run((sql) => sql`REFRESH MATERIALIZED VIEW audit_origin`);
      expect(await pool.run(known)).toBeNull();
    });

    it("is recorded once more after a transaction that recorded it was rolled back", async () => {
      await pool.run(
        (sql) => sql`INSERT INTO audit_timelines (origin, number, timeline, first_xact)
          SELECT id, 1, ${OTHER}, pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM audit_origin`,
      );
      const undone = new Error("rolled back");
      const transaction = pool.transaction(async (sql) => {
        await sql.unsafe(INSERT);
        await sql`SAVEPOINT inner_one`;
        await sql.unsafe(INSERT);
        expect(await recorded(sql)).toEqual([OTHER, await here()]);
        throw undone;
      });
      await expect(transaction).rejects.toBe(undone);
      expect(await pool.run(known)).toBeNull();
      await append();
      expect(await pool.run(recorded)).toEqual([OTHER, await here()]);
      await append();
      expect(await pool.run(known)).toBe(await here());
    });

    it("is not taken for known when the refresh of the origin is rolled back", async () => {
      const undone = new Error("rolled back");
      const transaction = pool.transaction(async (sql) => {
        await sql`REFRESH MATERIALIZED VIEW audit_origin`;
        await sql.unsafe(INSERT);
        throw undone;
      });
      await expect(transaction).rejects.toBe(undone);
      expect(await pool.run(known)).toBeNull();
    });
  });
});
