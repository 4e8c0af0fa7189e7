import { HISTORY_TABLE } from "@agent-assembly/migrations";
import { StorageError } from "@agent-assembly/storage-core";
import type { Sql } from "../driver/pool.js";
import { quoteIdentifier } from "../sql/identifiers.js";

interface Rights {
  readonly role: string;
  readonly database: string;
  readonly mayCreateSchema: boolean;
  /** `null` where the schema is not there. */
  readonly schemaOwner: string | null;
  readonly mayUse: boolean | null;
  readonly mayCreate: boolean | null;
  /** `null` where there is no table. */
  readonly mayRead: boolean | null;
  /** Of a table of the store that the role does not own; `null` where it owns all. */
  readonly foreignOwner: string | null;
}

/**
 * The right that a role lacks to read a store, or to migrate it, as an error that names role, schema and what to run.
 * @param need `migrate`: to make and change tables
 */
export async function missingRight(
  sql: Sql,
  schema: string,
  need: "read" | "migrate",
): Promise<StorageError | undefined> {
  const rights = await readRights(sql, schema);
  const [role, name] = [quoteIdentifier(rights.role), quoteIdentifier(schema)];
  if (rights.schemaOwner === null) {
    if (need === "read" || rights.mayCreateSchema) return undefined;
    const database = quoteIdentifier(rights.database);
    return denied(
      `the role ${role} may not create the schema ${name} in the database ${database}`,
      `Run CREATE SCHEMA ${name} AUTHORIZATION ${role}; or GRANT CREATE ON DATABASE ${database} TO ${role};`,
    );
  }
  const owner = quoteIdentifier(rights.schemaOwner);
  if (rights.mayUse !== true && need === "read") {
    return denied(
      `the role ${role} may not use the schema ${name}`,
      `Run GRANT USAGE ON SCHEMA ${name} TO ${role}; as ${owner}, or grant it a role of sql/roles.sql of this package.`,
    );
  }
  if (need === "migrate" && (rights.mayUse !== true || rights.mayCreate !== true)) {
    return denied(
      `the role ${role} may not create tables in the schema ${name}, which belongs to ${owner}`,
      `Run GRANT USAGE, CREATE ON SCHEMA ${name} TO ${role}; as ${owner} or a superuser, or set {option} to a schema of its own.`,
    );
  }
  if (need === "migrate" && rights.foreignOwner !== null) {
    const other = quoteIdentifier(rights.foreignOwner);
    return denied(
      `the role ${role} may not change the tables of the schema ${name}, which belong to ${other}`,
      `Migrate as ${other}, or run GRANT ${other} TO ${role};`,
    );
  }
  if (rights.mayRead === false) {
    return denied(
      `the role ${role} may not read the tables of the schema ${name}`,
      `Run sql/roles.sql of this package, then GRANT aasm_writer TO ${role}; or another of its roles.`,
    );
  }
  return undefined;
}

function denied(message: string, remedy: string): StorageError {
  return new StorageError({
    code: "permission_denied",
    message,
    remedy,
    option: "options.schema",
    location: { kind: "PostgreSQL" },
  });
}

async function readRights(sql: Sql, schema: string): Promise<Rights> {
  const [row] = await sql<Rights[]>`
    SELECT current_user AS role, current_database() AS database,
      has_database_privilege(current_database(), 'CREATE') AS "mayCreateSchema",
      -- The owner of "public" stands for the owner of the database.
      CASE pg_get_userbyid(n.nspowner) WHEN 'pg_database_owner'
        THEN (SELECT pg_get_userbyid(d.datdba) FROM pg_database AS d WHERE d.datname = current_database())
        ELSE pg_get_userbyid(n.nspowner) END AS "schemaOwner",
      has_schema_privilege(n.oid, 'USAGE') AS "mayUse", has_schema_privilege(n.oid, 'CREATE') AS "mayCreate",
      (SELECT has_table_privilege(c.oid, 'SELECT') FROM pg_class AS c
        WHERE c.relnamespace = n.oid AND c.relname = ${HISTORY_TABLE}) AS "mayRead",
      (SELECT pg_get_userbyid(c.relowner) FROM pg_class AS c
        WHERE c.relnamespace = n.oid AND c.relname IN (${HISTORY_TABLE}, 'audit_events')
          AND NOT pg_has_role(c.relowner, 'USAGE') LIMIT 1) AS "foreignOwner"
    FROM (SELECT) AS one LEFT JOIN pg_namespace AS n ON n.nspname = ${schema}`;
  if (row === undefined) throw new TypeError("the server said nothing of rights");
  return row;
}
