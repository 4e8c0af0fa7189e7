import { and, desc, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Column } from "../column.js";
import { drizzleStore } from "./drizzle-store.js";
import { openTable } from "./raw-sqlite.js";
import { textMembers } from "./table.js";

const events = sqliteTable("events", {
  event_id: text("event_id").primaryKey(),
  ts: integer("ts", { mode: "timestamp_ms" }).notNull(),
  agent_id: text("agent_id").notNull(),
  ...textMembers((name) => text(name)),
  payload: text("payload", { mode: "json" }),
});

export const drizzleOnSqlite: Column = {
  title: "drizzle-orm",
  peer: "drizzle",
  how: "insert().values(), select() on a table by hand, driver better-sqlite3",
  durable: true,
  open: async (path) => {
    const client = openTable(path, "FULL");
    const database = drizzle(client);
    return drizzleStore({
      insert: (rows) => database.insert(events).values(rows),
      newest: (agentId, limit, last) => {
        const before = last && sql`(${events.ts}, ${events.event_id}) < (${Number(last.ts)}, ${last.event_id})`;
        const matching = database
          .select()
          .from(events)
          .where(and(eq(events.agent_id, agentId), before));
        return matching.orderBy(desc(events.ts), desc(events.event_id)).limit(limit);
      },
      close: async () => client.close(),
    });
  },
};
