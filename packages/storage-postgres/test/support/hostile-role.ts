import { randomBytes } from "node:crypto";
import { createDatabase } from "@agent-assembly/test-services";
import postgres from "postgres";
import { type DatabaseOptions, type PostgresProfile, serverOf } from "../setup/database.js";

/** Settings of a role that change what the server answers, or whether it answers. */
export const HOSTILE_SETTINGS: Readonly<Record<string, string>> = {
  extra_float_digits: "-15",
  standard_conforming_strings: "off",
  DateStyle: "German, DMY",
  IntervalStyle: "sql_standard",
  bytea_output: "escape",
  TimeZone: "Pacific/Kiritimati",
  client_encoding: "LATIN1",
  array_nulls: "off",
  transform_null_equals: "on",
  quote_all_identifiers: "on",
  row_security: "off",
  default_transaction_isolation: "serializable",
  default_transaction_deferrable: "on",
  synchronous_commit: "off",
  jit: "on",
  jit_above_cost: "0",
  lock_timeout: "1ms",
  statement_timeout: "1ms",
  plan_cache_mode: "force_generic_plan",
  client_min_messages: "debug5",
};

/** A database, and a role that may create schemas in it and has settings of its own. */
export interface RoleDatabase extends AsyncDisposable {
  readonly options: DatabaseOptions;
  readonly role: string;
  /** As a superuser. */
  readonly root: postgres.Sql;
}

/** @param settings of the role; the search path leads to a schema with functions named like the server's */
export async function roleDatabase(
  profile: PostgresProfile,
  settings: Readonly<Record<string, string>> = {},
): Promise<RoleDatabase> {
  const server = serverOf(profile);
  if (server === undefined) throw new Error(`there is no server for the profile ${profile}`);
  const database = await createDatabase(server.url, "role");
  const role = `aasm_test_${randomBytes(5).toString("hex")}`;
  const root = postgres(database.url, { max: 1, onnotice: () => undefined });
  await root.unsafe(`CREATE ROLE ${role} LOGIN; GRANT CREATE ON DATABASE ${database.name} TO ${role}`);
  for (const [name, value] of Object.entries(settings))
    await root.unsafe(`ALTER ROLE ${role} SET ${name} = '${value}'`);
  const url = new URL(database.url);
  url.username = role;
  return {
    options: { url: url.href, timescaledb: "off" },
    role,
    root,
    async [Symbol.asyncDispose]() {
      await root.end({ timeout: 5 });
      await database.drop();
      const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
      await sql.unsafe(`DROP ROLE ${role}`);
      await sql.end();
    },
  };
}

/** A schema in front of the server's own, whose objects are taken in their place by who is not careful. */
export async function addHostilePath({ root, role }: RoleDatabase): Promise<void> {
  await root.unsafe(`
    CREATE SCHEMA evil;
    GRANT USAGE ON SCHEMA evil TO PUBLIC;
    CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '2000-01-01 00:00:00Z' $$;
    CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '2000-01-01 00:00:00Z' $$;
    CREATE FUNCTION evil.transaction_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '2000-01-01 00:00:00Z' $$;
    CREATE FUNCTION evil.to_regclass(text) RETURNS regclass LANGUAGE sql AS $$ SELECT NULL::regclass $$;
    CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$;
    CREATE FUNCTION evil.eq(text, text) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
    CREATE OPERATOR evil.= (FUNCTION = evil.eq, LEFTARG = text, RIGHTARG = text);
    CREATE TABLE evil.audit_events (n integer);
    CREATE TABLE evil.agent_registry (n integer);
    GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC;
    ALTER ROLE ${role} SET search_path = evil, pg_catalog, public`);
}
