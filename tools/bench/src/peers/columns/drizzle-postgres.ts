import { and, desc, eq, sql } from "drizzle-orm";
import { jsonb, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import type { Column } from "../column.js";
import { drizzleStore } from "./drizzle-store.js";
import { openTable } from "./raw-postgres.js";
import { textMembers } from "./table.js";

/** The table by hand, as drizzle has it. */
export const events = pgTable("events", {
  event_id: uuid("event_id").primaryKey(),
  ts: timestamp("ts", { withTimezone: true, precision: 3 }).notNull(),
  agent_id: text("agent_id").notNull(),
  ...textMembers((name) => text(name)),
  payload: jsonb("payload"),
});

export const drizzleOnPostgres: Column = {
  title: "drizzle-orm",
  peer: "drizzle",
  how: "insert().values(), select() on a table by hand, driver postgres.js",
  durable: true,
  open: async (url) => {
    const client = await openTable(url);
    const database = drizzle(client);
    return drizzleStore({
      insert: (rows) => database.insert(events).values(rows),
      newest: (agentId, limit, last) => {
        const [ts, id] = [last && new Date(last.ts).toISOString(), last?.event_id];
        const before = last && sql`(${events.ts}, ${events.event_id}) < (${ts}::timestamptz, ${id}::uuid)`;
        return database
          .select()
          .from(events)
          .where(and(eq(events.agent_id, agentId), before))
          .orderBy(desc(events.ts), desc(events.event_id))
          .limit(limit);
      },
      close: () => client.end(),
    });
  },
};
