import { and, desc, eq, sql } from "drizzle-orm";
import { jsonb, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type { Column, PeerStore } from "../column.js";
import { rowOf } from "./drizzle-sqlite.js";
import { openTable } from "./raw-postgres.js";
import { keysetPages } from "./table.js";

const events = pgTable("events", {
  event_id: uuid("event_id").primaryKey(),
  ts: timestamp("ts", { withTimezone: true, precision: 3 }).notNull(),
  agent_id: text("agent_id").notNull(),
  team_id: text("team_id"),
  session_id: text("session_id"),
  action: text("action").notNull(),
  decision: text("decision").notNull(),
  rule_id: text("rule_id"),
  tool: text("tool"),
  payload: jsonb("payload"),
});

export const drizzleOnPostgres: Column = {
  title: "drizzle-orm",
  peer: "drizzle",
  how: "insert().values(), select() on a table by hand, driver postgres.js",
  durable: true,
  open: async (url) => {
    const client = await openTable(url);
    return over(drizzle(client), () => client.end());
  },
};

function over(database: PostgresJsDatabase, close: () => Promise<unknown>): PeerStore {
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
        newest(
          agentId,
          size,
          last &&
            sql`(${events.ts}, ${events.event_id}) < (${new Date(last.ts).toISOString()}::timestamptz, ${last.event_id}::uuid)`,
        ),
      ),
    close,
  };
}
