import type { AuditFilter, AuditOrder } from "@agent-assembly/storage-core";
import { type AuditKey, parseAuditFilter } from "@agent-assembly/storage-core/backend";
import { expect } from "vitest";
import { type PageQuery, selectFirst, selectPage } from "../../src/audit/filter-sql.js";
import type { Sql } from "../../src/driver/pool.js";
import type { Statement } from "../../src/driver/statement.js";
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

/** Events of 40 agents and many sessions and traces, one a second. Nothing is known of them: statistics come later than events. */
async function filled(profile: PostgresProfile): Promise<LentSchema> {
  const lent = await schemas.take(profile);
  await lent.sql.unsafe(`
    INSERT INTO audit_events (ts, event_id, dry_run, agent_id, session_id, trace_id, action, decision)
    SELECT to_timestamp(${END / 1000}) - i * interval '1 second', gen_random_uuid(), false, 'agent-' || i % 40,
      'session-' || i % ${SESSIONS}, md5((i / 4)::text), 'tool_call', 'allow'
    FROM generate_series(1, ${EVENTS}) AS i`);
  return lent;
}

async function planOf(sql: Sql, { text, values }: Statement): Promise<string> {
  const plan = await sql.unsafe(`EXPLAIN (COSTS off) ${text}`, [...values]);
  return plan.map((row) => String(row["QUERY PLAN"])).join("\n");
}

function queryOf(filter: AuditFilter, order: AuditOrder = "newest", after?: AuditKey | undefined): PageQuery {
  return { table: "audit_events", filter: parseAuditFilter(filter), order, after };
}

const ONE = {
  audit_events_agent: { agentId: "agent-7" },
  audit_events_session: { sessionId: "session-7" },
  audit_events_trace: { traceId: "c4ca4238a0b923820dcc509a6f75849b" },
} as const;

const MIDDLE = { ts: END - EVENTS * 500, eventId: "00000000-0000-7000-8000-000000000000" };

onProfiles(PROFILES, "pages of an agent, a session or a trace are read by its index, in its order", async (profile) => {
  const { sql } = await filled(profile);
  for (const isAnalyzed of [false, true]) {
    if (isAnalyzed) await sql.unsafe("ANALYZE audit_events");
    for (const [index, filter] of Object.entries(ONE)) {
      for (const order of ["newest", "oldest"] as const) {
        for (const after of [undefined, MIDDLE]) {
          const plan = await planOf(sql, selectFirst(queryOf(filter, order, after), 100, 400));
          expect(plan).toContain(index);
          // Of an agent alone: a session is a few events.
          if (index === "audit_events_agent") expect(plan).not.toContain("Sort");
        }
      }
    }
  }
});

onProfiles(PROFILES, "several sessions are found by the index", async (profile) => {
  const { sql, open } = await filled(profile);
  const filter = { sessionId: ["session-7", "session-8", "session-none"] };
  expect(await planOf(sql, selectPage(queryOf(filter), 100))).toContain("audit_events_session");
  const { audit } = await open({ limits: { maxAgeMs: Number.POSITIVE_INFINITY } });
  expect(await audit.count(filter)).toBe((2 * EVENTS) / SESSIONS);
});

onProfiles(
  ["timescale-community"],
  "a session is looked for in the compressed rows that may have it",
  async (profile) => {
    const { sql } = await filled(profile);
    await sql.unsafe("SELECT compress_chunk(c) FROM show_chunks('audit_events') AS c");
    const { audit_events_session: session, audit_events_trace: trace } = ONE;
    expect(await planOf(sql, selectFirst(queryOf(session), 100, 400))).toMatch(/_ts_meta_\w*session_id/);
    expect(await planOf(sql, selectFirst(queryOf(trace), 100, 400))).toMatch(/_ts_meta_\w*trace_id/);
  },
);

onProfiles(PROFILES, "of more events of one millisecond than a page reads ahead, none is lost", async (profile) => {
  const { sql, open } = await schemas.take(profile);
  await sql.unsafe(`
    INSERT INTO audit_events (ts, event_id, dry_run, agent_id, action, decision)
    SELECT to_timestamp(${END / 1000} + CASE WHEN i > 90 THEN 1 ELSE 0 END), gen_random_uuid(), false, 'one', 'tool_call', 'allow'
    FROM generate_series(1, 1500) AS i`);
  const { audit } = await open({ limits: { maxAgeMs: Number.POSITIVE_INFINITY } });
  for (const order of ["newest", "oldest"] as const) {
    const keys: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await audit.query({ agentId: "one" }, { limit: 100, order, cursor });
      keys.push(...page.items.map(({ ts, eventId }) => `${ts.getTime()} ${eventId}`));
      cursor = page.next;
    } while (cursor !== undefined);
    const sorted = [...keys].sort();
    expect(new Set(keys).size).toBe(1500);
    expect(keys).toEqual(order === "oldest" ? sorted : sorted.toReversed());
  }
});
