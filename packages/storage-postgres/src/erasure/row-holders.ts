import type { Pool } from "../driver/pool.js";

/** What still keeps rows as they were. */
export interface RowHolders {
  readonly transactions: number;
  readonly slots: number;
}

/**
 * Transactions that began before now: one that has a snapshot may still see rows as they were, and while one is open that has
 * written something, no table loses these rows either. Replication slots keep rows for those that read behind them.
 * @returns a function that counts those that are still there, as far as this role may know of them
 */
export async function rowHolders(pool: Pool): Promise<() => Promise<RowHolders>> {
  const [now] = await pool.run((sql) => sql<{ xact: string }[]>`SELECT (pg_current_xact_id()::xid)::text AS xact`);
  return async () => {
    const [row] = await pool.run(
      (sql) => sql<RowHolders[]>`
        SELECT (
          (SELECT count(*) FROM pg_stat_activity AS a
            WHERE a.pid <> pg_backend_pid() AND greatest(age(a.backend_xid),
              CASE WHEN a.datname = current_database() OR a.backend_type = 'walsender' THEN age(a.backend_xmin) END)
                > age(${now?.xact as string}::xid))
          + (SELECT count(*) FROM pg_prepared_xacts AS p WHERE age(p.transaction) > age(${now?.xact as string}::xid))
        )::int AS transactions,
        (SELECT count(*) FROM pg_replication_slots AS s
          WHERE greatest(age(s.xmin), age(s.catalog_xmin)) > age(${now?.xact as string}::xid))::int AS slots`,
    );
    return row ?? { transactions: 0, slots: 0 };
  };
}
