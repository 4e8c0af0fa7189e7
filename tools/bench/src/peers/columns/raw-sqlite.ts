import Database from "better-sqlite3";
import type { Column, PeerEvent, PeerStore } from "../column.js";
import { COLUMNS, createTable, keysetPages, type Last, valuesOf } from "./table.js";

export const rawSqlite: Column = {
  title: "better-sqlite3",
  how: "prepared statements by hand, one transaction per batch",
  durable: true,
  open: async (path) => over(openTable(path, "FULL")),
};

export const rawSqliteUnflushed: Column = {
  title: "better-sqlite3, not flushed",
  how: "the same with synchronous = NORMAL",
  durable: false,
  open: async (path) => over(openTable(path, "NORMAL")),
};

export function openTable(path: string, synchronous: "FULL" | "NORMAL"): Database.Database {
  const database = new Database(path);
  database.pragma("journal_mode = WAL");
  database.pragma(`synchronous = ${synchronous}`);
  database.exec(createTable({ time: "INTEGER", id: "TEXT", json: "TEXT" }));
  return database;
}

function over(database: Database.Database): PeerStore {
  const places = COLUMNS.split(",").fill("?").join(", ");
  const statement = database.prepare(`INSERT INTO events (${COLUMNS}) VALUES (${places})`);
  const insert = (event: PeerEvent): void => {
    const [id, ts, ...others] = valuesOf(event);
    statement.run(id, ts.getTime(), ...others);
  };
  const insertAll = database.transaction((events: readonly PeerEvent[]) => {
    for (const event of events) insert(event);
  });
  const first = database.prepare(
    `SELECT ${COLUMNS} FROM events WHERE agent_id = ? ORDER BY ts DESC, event_id DESC LIMIT ?`,
  );
  const next = database.prepare(
    `SELECT ${COLUMNS} FROM events WHERE agent_id = ? AND (ts, event_id) < (?, ?) ORDER BY ts DESC, event_id DESC LIMIT ?`,
  );
  const parsed = (rows: unknown[]): Last[] => {
    for (const { payload } of rows as { payload: string }[]) JSON.parse(payload);
    return rows as Last[];
  };
  return {
    append: async (event) => insert(event),
    appendBatch: async (events) => insertAll(events),
    newest: async (agentId, count) => parsed(first.all(agentId, count)).length,
    pages: (agentId, size) =>
      keysetPages(size, async (last) =>
        parsed(last === undefined ? first.all(agentId, size) : next.all(agentId, last.ts, last.event_id, size)),
      ),
    close: async () => database.close(),
  };
}
