import { connect, type Sql } from "../driver/client/connect.js";
import { LONGEST_MAINTENANCE_MS } from "../driver/maintenance.js";
import type { Pool } from "../driver/pool.js";

/** For the connection to say goodbye to the server. */
const END_SECONDS = 1;

/** VACUUM on a connection of its own: it runs in no transaction, and may take longer than statements of the pool. */
export class Vacuum {
  #sql: Sql | undefined;

  constructor(private readonly pool: Pool) {}

  async run(statement: string): Promise<void> {
    this.#sql ??= connect({
      ...this.pool.options,
      statementTimeoutMs: LONGEST_MAINTENANCE_MS,
      maxConnections: 1,
      applicationName: "aasm erasure",
    });
    await this.#sql.unsafe(statement);
  }

  async close(): Promise<void> {
    await this.#sql?.end({ timeout: END_SECONDS });
  }
}

/** Whether the role may: the server only warns where it may not. @param table as SQL takes it */
export async function mayVacuum(pool: Pool, table: string): Promise<boolean> {
  const [row] = await pool.run(
    (sql) => sql<{ allowed: boolean }[]>`
      SELECT pg_has_role(c.relowner, 'USAGE')
        OR (SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_database AS d WHERE d.datname = current_database())
        OR (current_setting('server_version_num')::int >= 170000
          AND EXISTS (SELECT FROM aclexplode(c.relacl) AS a WHERE a.privilege_type = 'MAINTAIN'
            AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))) AS allowed
      FROM pg_class AS c WHERE c.oid = to_regclass(${table})`,
  );
  return row?.allowed === true;
}
