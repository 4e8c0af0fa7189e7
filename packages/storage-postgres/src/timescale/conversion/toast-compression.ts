import type { AnySql } from "../../driver/pool.js";
import { quoteIdentifier } from "../../sql/identifiers.js";

/**
 * The columns of a compressed batch are long values, which the server compresses again. lz4 finds repetitions within 64
 * KiB instead of 4 KiB, as in payloads some rows apart: see docs/compression.md.
 */
export interface ToastCompression {
  /** False where the server was built without lz4. */
  readonly available: boolean;
  /** Whether the method was set explicitly or is already lz4; then it is left unchanged. */
  readonly chosen: boolean;
  /** The present or future owner of the table: the jobs that compress its chunks run as this role. */
  readonly owner: string;
  /** Whether we may set it for the owner. */
  readonly ours: boolean;
}

export async function readToastCompression(sql: AnySql, schema: string): Promise<ToastCompression> {
  const [row] = await sql<ToastCompression[]>`
    WITH owner AS (
      SELECT coalesce((SELECT relowner FROM pg_class WHERE oid = to_regclass(${`${quoteIdentifier(schema)}.audit_events`})),
        (SELECT oid FROM pg_roles WHERE rolname = current_user)) AS oid)
    SELECT 'lz4' = ANY (s.enumvals) AS available, r.rolname::text AS owner,
      r.rolname = current_user OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS ours,
      s.setting = 'lz4' OR s.source <> 'default' OR EXISTS (
        SELECT FROM pg_db_role_setting d, unnest(d.setconfig) AS c
        WHERE c LIKE 'default_toast_compression=%' AND d.setrole IN (0, r.oid)
          AND d.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))) AS chosen
    FROM owner JOIN pg_roles r USING (oid), pg_settings s WHERE s.name = 'default_toast_compression'`;
  return row ?? { available: false, chosen: false, owner: "", ours: false };
}

/** For all sessions of a role in this database, including its jobs, and for no other role. */
export async function setToastCompression(sql: AnySql, role: string): Promise<void> {
  const [row] = await sql<{ name: string }[]>`SELECT current_database()::text AS name`;
  await sql.unsafe(
    `ALTER ROLE ${quoteIdentifier(role)} IN DATABASE ${quoteIdentifier(row?.name ?? "")} SET default_toast_compression = 'lz4'`,
  );
}

/** For the rest of the transaction, unless a method was set explicitly. */
export async function useLz4(sql: AnySql): Promise<void> {
  await sql`
    SELECT set_config('default_toast_compression', 'lz4', true) FROM pg_settings
    WHERE name = 'default_toast_compression' AND source = 'default' AND 'lz4' = ANY (enumvals)`;
}
