import { and, desc, eq, sql } from "drizzle-orm";
import { type BetterSQLite3Database, drizzle } from "drizzle-orm/better-sqlite3";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Column, PeerEvent, PeerStore } from "../column.js";
import { openTable } from "./raw-sqlite.js";
import { keysetPages } from "./table.js";

const events = sqliteTable("events", {
  event_id: text("event_id").primaryKey(),
  ts: integer("ts", { mode: "timestamp_ms" }).notNull(),
  agent_id: text("agent_id").notNull(),
  team_id: text("team_id"),
  session_id: text("session_id"),
  action: text("action").notNull(),
  decision: text("decision").notNull(),
  rule_id: text("rule_id"),
  tool: text("tool"),
  payload: text("payload", { mode: "json" }),
});

export const drizzleOnSqlite: Column = {
  title: "drizzle-orm",
  peer: "drizzle",
  how: "insert().values(), select() on a table by hand, driver better-sqlite3",
  durable: true,
  open: async (path) => {
    const client = openTable(path, "FULL");
    return over(drizzle(client), async () => client.close());
  },
};

function over(database: BetterSQLite3Database, close: () => Promise<unknown>): PeerStore {
  const newest = (agentId: string, limit: number, before = sql`true`) =>
    database
      .select()
      .from(events)
      .where(and(eq(events.agent_id, agentId), before))
      .orderBy(desc(events.ts), desc(events.event_id))
      .limit(limit);
  return {
    append: async (event) => database.insert(events).values(rowOf(event)),
    appendBatch: async (many) => database.insert(events).values(many.map(rowOf)),
    newest: async (agentId, count) => (await newest(agentId, count)).length,
    pages: (agentId, size) =>
      keysetPages(size, (last) =>
        newest(agentId, size, last && sql`(${events.ts}, ${events.event_id}) < (${Number(last.ts)}, ${last.event_id})`),
      ),
    close,
  };
}

/** An event as a row of the table. */
export function rowOf(event: PeerEvent) {
  return {
    event_id: event.eventId,
    ts: event.ts,
    agent_id: event.agentId,
    team_id: event.teamId,
    session_id: event.sessionId,
    action: event.action,
    decision: event.decision,
    rule_id: event.matchedRuleId,
    tool: event.payload.tool,
    payload: event.payload,
  };
}
