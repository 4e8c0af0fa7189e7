import { once } from "node:events";
import { rawClient, type Sql } from "../../postgres/store.js";
import type { Column, PeerEvent, PeerStore } from "../column.js";
import { COLUMNS, createTable, keysetPages, type Last, valuesOf } from "./table.js";

/** As many as the pools of the others have. */
const CONNECTIONS = 10;

export const rawPostgres: Column = {
  title: "postgres.js",
  how: "prepared statements by hand, COPY for batches",
  durable: true,
  open: async (url) => over(await openTable(url)),
};

export async function openTable(url: string): Promise<Sql> {
  const sql = rawClient(url, CONNECTIONS);
  await sql.unsafe(createTable({ time: "timestamptz", id: "uuid", json: "jsonb" }));
  return sql;
}

function over(sql: Sql): PeerStore {
  const places = COLUMNS.split(",").map((_, n) => `$${n + 1}`);
  const insert = `INSERT INTO events (${COLUMNS}) VALUES (${places.join(", ")})`;
  const first = `SELECT ${COLUMNS} FROM events WHERE agent_id = $1 ORDER BY ts DESC, event_id DESC LIMIT $2`;
  const next = `SELECT ${COLUMNS} FROM events WHERE agent_id = $1 AND (ts, event_id) < ($2, $3)
    ORDER BY ts DESC, event_id DESC LIMIT $4`;
  const all = (text: string, values: (string | number | Date)[]) =>
    sql.unsafe(text, values, { prepare: true }) as unknown as Promise<Last[]>;
  return {
    append: (event) => sql.unsafe(insert, valuesOf(event), { prepare: true }),
    appendBatch: (events) => copy(sql, events),
    newest: async (agentId, count) => (await all(first, [agentId, count])).length,
    pages: (agentId, size) =>
      keysetPages(size, (last) =>
        last === undefined ? all(first, [agentId, size]) : all(next, [agentId, last.ts, last.event_id, size]),
      ),
    close: () => sql.end(),
  };
}

async function copy(sql: Sql, events: readonly PeerEvent[]): Promise<void> {
  const stream = await sql.unsafe(`COPY events (${COLUMNS}) FROM STDIN`).writable();
  let text = "";
  for (const event of events) text += `${valuesOf(event).map(field).join("\t")}\n`;
  stream.end(text);
  await once(stream, "finish");
}

function field(value: string | Date | null): string {
  if (value === null) return "\\N";
  return value instanceof Date ? value.toISOString() : value.replaceAll("\\", "\\\\");
}
