import postgres from "postgres";
import type { SoakTables, StoredRow } from "./store.js";

const ROWS_PER_FETCH = 1000;

/** The tables of a PostgreSQL server. */
export class PostgresTables implements SoakTables {
  /** @param url of the database, where it is now */
  constructor(private readonly url: () => string) {}

  async *events(): AsyncIterable<StoredRow> {
    const sql = connect(this.url());
    try {
      const rows = sql<StoredRow[]>`
        SELECT event_id AS id, agent_id AS "agentId" FROM audit_events WHERE action <> 'governance'`;
      for await (const piece of rows.cursor(ROWS_PER_FETCH)) yield* piece;
    } finally {
      await sql.end({ timeout: 5 });
    }
  }

  async count(): Promise<number> {
    const rows = await ask(this.url(), (sql) => sql<{ n: number }[]>`SELECT count(*)::integer AS n FROM audit_events`);
    return rows[0]?.n ?? 0;
  }

  async countOf(agentId: string): Promise<number> {
    const [row] = await ask(
      this.url(),
      (sql) => sql<{ n: number }[]>`
        SELECT count(*)::integer AS n FROM audit_events WHERE agent_id = ${agentId}`,
    );
    return row?.n ?? 0;
  }

  async activePolicies(): Promise<string[]> {
    const rows = await ask(this.url(), (sql) => sql<{ name: string }[]>`SELECT name FROM policy_active`);
    return rows.map(({ name }) => name);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Asks a server by a connection of its own: one that is kept may lead to a server that is gone. */
export async function ask<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = connect(url);
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function connect(url: string): postgres.Sql {
  return postgres(url, { max: 1, onnotice: () => undefined });
}
