import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { expect } from "vitest";
import { countSlice } from "../../src/counts/count-slice.js";
import { countTables } from "../../src/counts/tables.js";
import { wrongCounts } from "../../src/counts/verify.js";
import { Pool } from "../../src/driver/pool.js";
import { parsePostgresOptions } from "../../src/options.js";
import type { PostgresProfile } from "../setup/database.js";
import { LentSchemas } from "../setup/lent-schemas.js";
import { OLD } from "../support/old-events.js";
import { onProfiles } from "../timescale/support.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "postgres-15", "timescale-apache", "timescale-community"];
const schemas = new LentSchemas("erasure");
const LIMITS = { maxAgeMs: Number.POSITIVE_INFINITY };

function events(rows: number, agents: number): NewAuditEvent[] {
  return Array.from({ length: rows }, (_, i) => ({
    ts: new Date(OLD.getTime() + i * 5),
    eventId: `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`,
    agentId: `agent-${i % agents}`,
    sessionId: `session-${i % 7}`,
    action: "tool_call",
    decision: i % 3 === 0 ? "deny" : "allow",
    payload: { tool: `tool-${i % 2}`, secret: `secret ${i}`, "a/b~": "\u0000\uD800", n: i },
  }));
}

onProfiles(PROFILES, "parts are erased from rows and counts, also of compressed ones", async (profile) => {
  const lent = await schemas.take(profile);
  const storage = await lent.open({ limits: LIMITS });
  const given = events(3000, 5);
  await storage.audit.append(given);
  const pool = new Pool({ ...parsePostgresOptions(lent.options), applicationName: "aasm test" });
  try {
    await countSlice(pool, countTables(lent.options.schema), { fewest: 1, most: 100_000 });
  } finally {
    await pool.close();
  }
  if (profile === "timescale-community") {
    for (const partition of await storage.partitions.list("audit")) await storage.partitions.compress(partition);
  }
  const before = await lent.sql<{ seq: string; xact: string }[]>`SELECT seq, xact FROM audit_events ORDER BY seq`;
  const result = await storage.erase({
    filter: { agentId: "agent-1" },
    parts: ["agentId", "sessionId", "payload:/tool", "payload:/secret", "payload:/a~1b~0"],
    request: "R-1",
    basis: "Art. 17(1)(b)",
  });
  expect(result).toMatchObject({ events: 600, newEvents: 600, state: "done" });
  expect(await lent.sql`SELECT seq, xact FROM audit_events WHERE action <> 'governance' ORDER BY seq`).toEqual(before);
  const stored = [];
  for await (const event of storage.audit.stream({ agentId: "erased" })) stored.push(event);
  expect(stored).toHaveLength(600);
  expect(stored.every(({ payload }) => Object.keys(payload as object).join() === "n")).toBe(true);
  expect(stored.every(({ sessionId }) => sessionId === undefined)).toBe(true);
  expect(await storage.audit.count({ agentId: "agent-1" })).toBe(0);
  expect(await storage.audit.count({ agentId: "erased" })).toBe(600);
  expect(await storage.audit.count({ tool: "tool-0" })).toBe(1200);
  expect(await wrongCounts(lent.sql, lent.options.schema)).toEqual([]);
  // A redelivery is known, another event is not.
  expect(await storage.audit.append(given.slice(0, 1000))).toMatchObject({
    inserted: 0,
    duplicates: 1000,
    rejected: [],
  });
  const other = { ...(given[1] as NewAuditEvent), payload: { n: 2 } };
  expect(await storage.audit.append([other])).toMatchObject({ rejected: [{ code: "conflict" }] });
  expect(result.scrub.done.join("; ")).toMatch(/vacuumed audit_events/);
});
