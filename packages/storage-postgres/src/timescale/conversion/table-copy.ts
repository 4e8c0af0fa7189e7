import { StorageError } from "@agent-assembly/storage-core";
import type { AnySql, TransactionSql } from "../../driver/pool.js";
import { quoteIdentifier, quoteLiteral } from "../../sql/identifiers.js";

/** @throws `unsupported` for a table that others refer to by its identity, which a copy does not have */
export async function refuseDependents(sql: AnySql, table: string): Promise<void> {
  const found = await sql<{ name: string }[]>`
    SELECT DISTINCT 'view ' || r.ev_class::regclass::text AS name FROM pg_depend d
      JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
      WHERE d.refobjid = ${table}::regclass AND d.refclassid = 'pg_class'::regclass AND r.ev_class <> d.refobjid
    UNION SELECT 'foreign key ' || conname FROM pg_constraint WHERE confrelid = ${table}::regclass AND contype = 'f'
    UNION SELECT 'publication ' || p.pubname FROM pg_publication_rel pr JOIN pg_publication p ON p.oid = pr.prpubid
      WHERE pr.prrelid = ${table}::regclass
    UNION SELECT 'row-level security' FROM pg_class WHERE oid = ${table}::regclass AND relrowsecurity
    ORDER BY 1`;
  if (found.length === 0) return;
  const names = found.map(({ name }) => name).join(", ");
  throw new StorageError({
    code: "unsupported",
    message: `${table} cannot be converted to a hypertable because of: ${names}`,
    remedy: "Remove it, migrate, then create it again.",
  });
}

/** Gives a copy the indexes and keys of a table, under the same names; the copy is in another schema. */
export async function copyIndexes(sql: AnySql, from: string, to: string): Promise<void> {
  const indexes = await sql<{ name: string; unique: boolean; definition: string; key: string | null }[]>`
    SELECT i.relname AS name, x.indisunique AS unique, pg_get_indexdef(i.oid) AS definition,
      pg_get_constraintdef(k.oid) AS key
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid LEFT JOIN pg_constraint k ON k.conindid = i.oid
      AND k.conrelid = x.indrelid AND k.contype IN ('p', 'u')
    WHERE x.indrelid = ${from}::regclass AND x.indisvalid ORDER BY i.oid`;
  for (const { name, unique, definition, key } of indexes) {
    const quoted = quoteIdentifier(name);
    if (key !== null) {
      await sql.unsafe(`ALTER TABLE ${to} ADD CONSTRAINT ${quoted} ${key}`);
      continue;
    }
    // What stands before it names index and table.
    const kind = definition.slice(definition.indexOf(" USING "));
    await sql.unsafe(`CREATE ${unique ? "UNIQUE " : ""}INDEX ${quoted} ON ${to}${kind}`);
  }
}

/** Gives a copy the owner and the grants of a table, those on single columns included. */
export async function copyGrants(sql: AnySql, from: string, to: string): Promise<void> {
  const grants = await sql<{ role: string | null; privilege: string; column: string | null; option: boolean }[]>`
    SELECT a.column, a.privilege_type AS privilege, a.is_grantable AS option, r.rolname AS role
    FROM (
      SELECT NULL::name AS column, c.relowner, (aclexplode(c.relacl)).* FROM pg_class c WHERE c.oid = ${from}::regclass
      UNION ALL
      SELECT t.attname, c.relowner, (aclexplode(t.attacl)).* FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid
      WHERE c.oid = ${from}::regclass AND t.attnum > 0 AND NOT t.attisdropped
    ) a LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE a.grantee <> a.relowner`;
  for (const { role, privilege, column, option } of grants) {
    const target = column === null ? privilege : `${privilege} (${quoteIdentifier(column)})`;
    const grantee = role === null ? "PUBLIC" : quoteIdentifier(role);
    await sql.unsafe(`GRANT ${target} ON ${to} TO ${grantee}${option ? " WITH GRANT OPTION" : ""}`);
  }
  const [owner] = await sql<{ name: string; same: boolean }[]>`
    SELECT rolname AS name, rolname = current_user AS same FROM pg_class JOIN pg_roles r ON r.oid = relowner
    WHERE pg_class.oid = ${from}::regclass`;
  if (owner !== undefined && !owner.same) await sql.unsafe(`ALTER TABLE ${to} OWNER TO ${quoteIdentifier(owner.name)}`);
}

/**
 * Takes over from a table what its removal would take away or lose: the sequences its columns own, and its triggers.
 * @returns what is to be called when the copy has the table's place
 */
export async function carryOver(sql: TransactionSql, from: string): Promise<() => Promise<void>> {
  const sequences = await sql<{ sequence: string; column: string }[]>`
    SELECT d.objid::regclass::text AS sequence, a.attname AS column FROM pg_depend d
    JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.refobjid = ${from}::regclass AND d.deptype = 'a'`;
  const triggers = await sql<{ definition: string }[]>`
    SELECT pg_get_triggerdef(oid) AS definition FROM pg_trigger
    WHERE tgrelid = ${from}::regclass AND NOT tgisinternal AND tgname NOT LIKE '\\_aasm\\_move\\_%' ORDER BY tgname`;
  const [comment] = await sql<{ text: string | null }[]>`SELECT obj_description(${from}::regclass, 'pg_class') AS text`;
  for (const { sequence } of sequences) await sql.unsafe(`ALTER SEQUENCE ${sequence} OWNED BY NONE`);
  return async () => {
    for (const { sequence, column } of sequences) {
      await sql.unsafe(`ALTER SEQUENCE ${sequence} OWNED BY ${from}.${quoteIdentifier(column)}`);
    }
    for (const { definition } of triggers) await sql.unsafe(definition);
    if (comment?.text != null) await sql.unsafe(`COMMENT ON TABLE ${from} IS ${quoteLiteral(comment.text)}`);
  };
}
