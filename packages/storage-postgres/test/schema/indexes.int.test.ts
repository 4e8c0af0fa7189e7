import { type ParsedAuditFilter, parseAuditFilter } from "@agent-assembly/storage-core/backend";
import { expect } from "vitest";
import { selectPage } from "../../src/audit/filter-sql.js";
import type { Sql } from "../../src/driver/pool.js";
import type { PostgresProfile } from "../setup/database.js";
import { type LentSchema, LentSchemas } from "../setup/lent-schemas.js";
import { onProfiles } from "../timescale/support.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community"];
const EVENTS = 20_000;
const SESSIONS = 500;
const WEEK = 7 * 86_400_000;
/** In the middle of a chunk, so that one holds all events. */
const END = Math.floor(Date.now() / WEEK) * WEEK - WEEK / 2;

const schemas = new LentSchemas("indexes");

/** Events of 40 agents and many sessions and traces, one a second. */
async function filled(profile: PostgresProfile): Promise<LentSchema> {
  const lent = await schemas.take(profile);
  await lent.sql.unsafe(`
    INSERT INTO audit_events (ts, event_id, dry_run, agent_id, session_id, trace_id, action, decision)
    SELECT to_timestamp(${END / 1000}) - i * interval '1 second', gen_random_uuid(), false, 'agent-' || i % 40,
      'session-' || i % ${SESSIONS}, md5((i / 4)::text), 'tool_call', 'allow'
    FROM generate_series(1, ${EVENTS}) AS i`);
  await lent.sql.unsafe("ANALYZE audit_events");
  return lent;
}

async function planOf(
  sql: Sql,
  filter: ParsedAuditFilter,
  order: "newest" | "oldest",
  behind: boolean,
): Promise<string> {
  const after = { ts: END - EVENTS * 500, eventId: "00000000-0000-7000-8000-000000000000" };
  const { text, values } = selectPage("audit_events", filter, order, behind ? after : undefined, 100);
  const plan = await sql.unsafe(`EXPLAIN (COSTS off) ${text}`, [...values]);
  return plan.map((row) => String(row["QUERY PLAN"])).join("\n");
}

const ONE = {
  audit_events_agent: { agentId: "agent-7" },
  audit_events_session: { sessionId: "session-7" },
  audit_events_trace: { traceId: "c4ca4238a0b923820dcc509a6f75849b" },
} as const;

onProfiles(PROFILES, "pages of an agent, a session or a trace are read by its index, in its order", async (profile) => {
  const { sql } = await filled(profile);
  for (const [index, filter] of Object.entries(ONE)) {
    for (const order of ["newest", "oldest"] as const) {
      for (const behind of [false, true]) {
        const plan = await planOf(sql, parseAuditFilter(filter), order, behind);
        const read = plan.slice(plan.lastIndexOf("Limit"));
        expect(read, plan).toContain(index);
        // Of an agent alone: a session is a few events.
        if (index === "audit_events_agent") expect(read, plan).not.toMatch(/\bSort\b/);
      }
    }
  }
});

onProfiles(PROFILES, "several sessions are found by the index, and only what they are called", async (profile) => {
  const { sql, open } = await filled(profile);
  const filter = { sessionId: ["session-7", "session-8", "session-none"] };
  expect(await planOf(sql, parseAuditFilter(filter), "newest", false)).toContain("audit_events_session");
  const { audit } = await open({ limits: { maxAgeMs: Number.POSITIVE_INFINITY } });
  expect(await audit.count(filter)).toBe((2 * EVENTS) / SESSIONS);
});

onProfiles(
  ["timescale-community"],
  "a session is looked for in the compressed rows that may have it",
  async (profile) => {
    const { sql } = await filled(profile);
    await sql.unsafe("SELECT compress_chunk(c) FROM show_chunks('audit_events') AS c");
    for (const [column, value] of [
      ["session_id", "session-7"],
      ["trace_id", "c4ca4238a0b923820dcc509a6f75849b"],
    ]) {
      const filter = parseAuditFilter({ [column === "session_id" ? "sessionId" : "traceId"]: value });
      expect(await planOf(sql, filter, "newest", false)).toMatch(new RegExp(`_ts_meta_\\w*${column}`));
    }
  },
);
