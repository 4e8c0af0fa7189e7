import type { NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { and, desc, eq, lt, or } from "drizzle-orm";
import { boolean, jsonb, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
// What `--peers` gives to the raw driver and to drizzle: the columns people choose who write a log by hand.
import { events as log } from "../peers/columns/drizzle-postgres.js";
import { COLUMNS, createTable } from "../peers/columns/table.js";
import { type BenchResult, inTurn, judge, seconds } from "../result.js";
import { RAW_COLUMNS, sampleEvents } from "../sample.js";
import { columnsOf } from "./append.js";
import { type BenchServer, DAY_MS, fill, rawClient, type Sql, START, withStore } from "./store.js";

/** Single appends and pages wait for the disk and for the other process, so that the ratios of two rounds differ by a fifth. */
const ROUNDS = 9;
const APPENDS = 2000;
const PAGE = 100;

/** As `audit_events` is, without its trigger: nothing orders commits, and nothing tells a redelivery from a conflict. */
const events = pgTable("events_by_hand", {
  ts: timestamp("ts", { withTimezone: true, precision: 3 }).notNull(),
  eventId: uuid("event_id").notNull(),
  agentId: text("agent_id").notNull(),
  payload: jsonb("payload"),
  recordedAt: timestamp("recorded_at", { withTimezone: true, precision: 3 }).notNull(),
  teamId: text("team_id"),
  orgId: text("org_id"),
  sessionId: text("session_id"),
  traceId: text("trace_id"),
  action: text("action").notNull(),
  decision: text("decision").notNull(),
  dryRun: boolean("dry_run").notNull(),
  shadowDecision: text("shadow_decision"),
  matchedRuleId: text("matched_rule_id"),
  tool: text("tool"),
});

/** 2,000 appends of one event, one after the other, against prepared INSERTs into a table with the same columns and indexes. */
export function appendsInTurn(server: BenchServer, quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 300 : APPENDS;
  return withStore(server, async (ours, raw, url) => {
    await raw.unsafe("CREATE TABLE events_by_hand (LIKE audit_events INCLUDING ALL)");
    if (server.edition !== "plain") {
      await raw.unsafe(
        "SELECT create_hypertable('events_by_hand', 'ts', chunk_time_interval => interval '7 days', create_default_indexes => false)",
      );
    }
    const places = RAW_COLUMNS.split(",").map((_, i) => `$${i + 1}`);
    const statement = `INSERT INTO events_by_hand (${RAW_COLUMNS}) VALUES (${places.join(", ")})`;
    let at = START;
    const rate = async (append: (event: NewAuditEvent) => PromiseLike<unknown>): Promise<number> => {
      at += count;
      const made = sampleEvents(count, at);
      const took = await seconds(async () => {
        for (const event of made) await append(event);
      });
      return count / took;
    };
    const measure = (floor: (event: NewAuditEvent) => PromiseLike<unknown>) =>
      inTurn(
        ROUNDS,
        () => rate((event) => ours.audit.append([event])),
        () => rate(floor),
      );
    const prepared = await measure((event) => raw.unsafe(statement, columnsOf(event), { prepare: true }));
    const mapped = await withDrizzle(url, (db) => measure((event) => db.insert(events).values(drizzleRow(event))));
    const name = `postgres (${server.edition}) append, ${count} singles in turn`;
    return [
      judge(`${name}, against INSERTs`, "events/s", prepared, { kind: "at least", ratio: 0.85 }),
      judge(`${name}, against drizzle-orm`, "events/s", mapped, { kind: "at least", ratio: 1 }),
    ];
  });
}

/** The newest 100 of an agent, and all pages of its log, against a table that has only the peers' columns. */
export function pagesOfAgent(server: BenchServer, quick: boolean): Promise<BenchResult[]> {
  const count = quick ? 50_000 : 500_000;
  const repeat = quick ? 100 : 1000;
  return withStore(server, async (ours, raw, url) => {
    await fill(raw, count, START, Math.floor((7 * DAY_MS) / count));
    await raw.unsafe(`
      ${createTable({ time: "timestamptz", id: "uuid", json: "jsonb" })};
      INSERT INTO events SELECT event_id, ts, agent_id, team_id, session_id, action, decision, matched_rule_id, tool, payload
        FROM audit_events`);
    await raw.unsafe("VACUUM ANALYZE events");
    // Otherwise the server writes in the background what was inserted, while the first rounds are measured.
    await raw.unsafe("CHECKPOINT");
    return withDrizzle(url, async (db) => {
      const results: BenchResult[] = [];
      for (const [what, pages] of [
        ["newest 100 of one agent", 1],
        ["pages of one agent's log", quick ? 5 : 20],
      ] as const) {
        const rate = (read: ReadPages) => () => pagesPerSecond(repeat, pages, read);
        const floor = await inTurn(ROUNDS, rate(ourPages(ours)), rate(rawPages(raw)));
        const mapped = await inTurn(ROUNDS, rate(ourPages(ours)), rate(drizzlePages(db)));
        const name = `postgres (${server.edition}) ${what}`;
        results.push(
          judge(`${name}, against the peers' columns`, "pages/s", floor, { kind: "at least", ratio: 0.9 }),
          judge(`${name}, against drizzle-orm`, "pages/s", mapped, { kind: "at least", ratio: 1 }),
        );
      }
      return results;
    });
  });
}

/** Reads that many pages of an agent's log, the newest first. */
type ReadPages = (agentId: string, pages: number) => Promise<void>;

async function pagesPerSecond(repeat: number, pages: number, read: ReadPages): Promise<number> {
  const agents = Math.max(1, Math.floor(repeat / pages));
  const took = await seconds(async () => {
    for (let i = 0; i < agents; i++) await read(`agent-${i % 50}`, pages);
  });
  return (agents * pages) / took;
}

function ourPages(ours: StorageBackend): ReadPages {
  return async (agentId, pages) => {
    let cursor: string | undefined;
    for (let i = 0; i < pages; i++) cursor = (await ours.audit.query({ agentId }, { limit: PAGE, cursor })).next;
  };
}

function rawPages(raw: Sql): ReadPages {
  const select = `SELECT ${COLUMNS} FROM events WHERE agent_id = $1`;
  const order = `ORDER BY ts DESC, event_id DESC LIMIT ${PAGE}`;
  return async (agentId, pages) => {
    let rows = await raw.unsafe(`${select} ${order}`, [agentId], { prepare: true });
    for (let i = 1; i < pages; i++) {
      const last = rows.at(-1);
      const after = [agentId, last?.ts, last?.event_id];
      rows = await raw.unsafe(`${select} AND (ts, event_id) < ($2, $3) ${order}`, after, { prepare: true });
    }
  };
}

function drizzlePages(db: PostgresJsDatabase): ReadPages {
  return async (agentId, pages) => {
    let last: { readonly ts: Date; readonly event_id: string } | undefined;
    for (let i = 0; i < pages; i++) {
      const behind = last && or(lt(log.ts, last.ts), and(eq(log.ts, last.ts), lt(log.event_id, last.event_id)));
      const rows = await db
        .select()
        .from(log)
        .where(and(eq(log.agent_id, agentId), behind))
        .orderBy(desc(log.ts), desc(log.event_id))
        .limit(PAGE);
      last = rows.at(-1);
    }
  };
}

function drizzleRow(event: NewAuditEvent): typeof events.$inferInsert {
  return {
    ...event,
    eventId: event.eventId as string,
    recordedAt: new Date(),
    dryRun: event.dryRun ?? false,
    tool: (event.payload as { tool: string }).tool,
  };
}

/** With a client of its own, whose parsers drizzle replaces. */
async function withDrizzle<T>(url: string, work: (db: PostgresJsDatabase) => Promise<T>): Promise<T> {
  const client = rawClient(url, 4);
  try {
    return await work(drizzle(client));
  } finally {
    await client.end();
  }
}
