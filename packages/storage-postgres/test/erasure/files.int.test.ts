import type { StorageBackend } from "@agent-assembly/storage-core";
import { expect } from "vitest";
import type { Sql } from "../../src/driver/client/connect.js";
import type { PostgresProfile } from "../setup/database.js";
import { LentSchemas } from "../setup/lent-schemas.js";
import { OLD } from "../support/old-events.js";
import { onProfiles } from "../timescale/support.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "postgres-15", "timescale-apache", "timescale-community"];
const SECRET = "Zq8vW3nXk2LmRt7Y";
const schemas = new LentSchemas("erased_files");
const REQUEST = {
  filter: { sessionId: `session-${SECRET}` },
  parts: ["agentId", "sessionId", "payload:/text", "payload:/long"],
  request: "R-1",
  basis: "Art. 17(1)(b)",
};

/** What no server compresses. */
function noise(length: number): string {
  let text = "";
  while (text.length < length) text += `${SECRET}${Math.random().toString(36)}`;
  return text;
}

/** Every third event is to be erased in part: in rows, indexes, out of line, in counts, and in the planner's statistics. */
async function fill(storage: StorageBackend, sql: Sql, { compressed = true } = {}): Promise<void> {
  const text = `${SECRET} ${"0123456789abcdef".repeat(10)}`;
  await storage.audit.append(
    Array.from({ length: 2000 }, (_, i) => ({
      ts: new Date(OLD.getTime() + i * 5),
      agentId: i % 3 === 0 ? `agent-${SECRET}` : `agent-${i % 4}`,
      sessionId: i % 3 === 0 ? `session-${SECRET}` : "session",
      action: "tool_call",
      decision: "allow",
      payload: { n: i, ...(i % 3 === 0 ? { text, long: noise(i % 30 === 0 ? 4000 : 1) } : { text: "kept" }) },
    })),
  );
  await sql`SELECT count_audit_events(1, 100000)`;
  if (compressed && storage.capabilities.compression.status === "supported") {
    for (const partition of await storage.partitions.list("audit")) await storage.partitions.compress(partition);
  }
  await sql.unsafe("ANALYZE");
}

/** What the files of the database that hold a text belong to; the path where it is no table. Without the write-ahead log. */
async function holdersOf(sql: Sql, text: string): Promise<string[]> {
  // Writes all pages to the files, and removes those that nothing needs.
  await sql`CHECKPOINT`;
  const found = await sql<{ holder: string }[]>`
    SELECT DISTINCT coalesce(t.relname, c.relname, f.path) AS holder
    FROM (
      SELECT 'base/' || oid || '/' || pg_ls_dir('base/' || oid) AS path FROM pg_database WHERE datname = current_database()
      UNION ALL SELECT 'global/' || pg_ls_dir('global')) AS f
    LEFT JOIN pg_class AS c ON pg_relation_filepath(c.oid) = split_part(f.path, '.', 1)
    LEFT JOIN pg_class AS t ON t.reltoastrelid = c.oid
    WHERE position(convert_to(${text}, 'UTF8') IN coalesce(pg_read_binary_file(f.path, 0, 1000000000, true), '')) > 0 ORDER BY 1`;
  return found.map(({ holder }) => holder);
}

onProfiles(PROFILES, "rewritten files hold nothing of erased values", async (profile) => {
  const lent = await schemas.take(profile);
  const storage = await lent.open({ limits: { maxAgeMs: Number.POSITIVE_INFINITY } });
  await fill(storage, lent.sql);
  const before = await holdersOf(lent.sql, SECRET);
  expect(before).toEqual(expect.arrayContaining(["audit_count_keys", "pg_statistic"]));
  expect(before.length).toBeGreaterThan(3);
  const { events, scrub } = await storage.erase(REQUEST, { rewrite: true });
  expect(events).toBe(667);
  expect(await holdersOf(lent.sql, SECRET)).toEqual([]);
  expect(scrub.done.join("; ")).toMatch(/wrote audit_events.* anew/);
  expect(scrub.remains).toEqual([expect.stringContaining("write-ahead log before")]);
});

onProfiles(PROFILES, "without a rewrite it is said what remains, and no more does", async (profile) => {
  const lent = await schemas.take(profile);
  const storage = await lent.open({ limits: { maxAgeMs: Number.POSITIVE_INFINITY } });
  await fill(storage, lent.sql, { compressed: false });
  const { scrub } = await storage.erase(REQUEST);
  const tables = /^(audit_events|_hyper_\d+_\d+_chunk|compress_hyper|audit_count_keys|pg_statistic)/;
  expect((await holdersOf(lent.sql, SECRET)).filter((holder) => !tables.test(holder))).toEqual([]);
  expect(scrub.done.join("; ")).toContain("vacuumed audit_events");
  expect(scrub.remains).toEqual([
    expect.stringContaining("free space of the tables' files"),
    expect.stringContaining("write-ahead log before"),
  ]);
  // The same request again finds nothing more to erase, and writes the files anew.
  expect(await storage.erase(REQUEST, { rewrite: true })).toMatchObject({ events: 667, newEvents: 0 });
  expect(await holdersOf(lent.sql, SECRET)).toEqual([]);
});
