import { StorageError } from "@agent-assembly/storage-core";
import { quoteIdentifier } from "../../sql/identifiers.js";
import type { ClientOptions, Sql } from "./connect.js";
import { SESSION_SETTINGS } from "./session.js";

/** What a session is, whatever its process asked for. */
interface SessionFacts {
  readonly encoding: string;
  readonly database: string;
  readonly role: string;
  /** Where names without a schema are looked for, the server's own first unless the setting says otherwise. */
  readonly path: readonly string[];
  readonly settings: Readonly<Record<string, string | null>>;
}

/** Off, triggers do not run; only superusers may set it, so that we do not ask for it. */
const CHECKED: Readonly<Record<string, string>> = { ...SESSION_SETTINGS, session_replication_role: "origin" };
const NAMES = Object.keys(CHECKED);

/** Of the server's setting, to be overridden or reported. */
export interface CheckedSession {
  /** Whether commits do not wait for the disk. */
  readonly commitsLazily: boolean;
}

/**
 * Checks what answers depend on. Sessions ask for it when they begin, but a pooler may keep that from the server.
 * @throws `unsupported` naming the database and what to run
 */
export async function checkSession(sql: Sql, options: Pick<ClientOptions, "schema">): Promise<CheckedSession> {
  const facts = await sessionFacts(sql);
  const { encoding, database, role, settings } = facts;
  if (encoding !== "UTF8") {
    throw new StorageError({
      code: "unsupported",
      message: `the database ${quoteIdentifier(database)} has the encoding ${encoding}, which cannot hold all text; a store needs UTF8`,
      remedy: "Create another database: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0.",
      location: { kind: "PostgreSQL" },
    });
  }
  const wrong: [name: string, wanted: string][] = Object.entries(CHECKED).filter(
    ([name, wanted]) => !isAsWanted(name, settings[name] ?? null, wanted),
  );
  if (!isPathSafe(facts, options.schema)) wrong.push(["search_path", `${quoteIdentifier(options.schema)}, pg_temp`]);
  if (wrong.length > 0) throw unsafe(wrong, facts, role, database);
  return { commitsLazily: settings.synchronous_commit === "off" };
}

async function sessionFacts(sql: Sql): Promise<SessionFacts> {
  const names = [...NAMES, "search_path", "synchronous_commit"].map((name) => `'${name}'`).join(", ");
  const [row] = await sql.unsafe<(Omit<SessionFacts, "path" | "settings"> & { path: string; settings: string })[]>(`
    SELECT current_setting('server_encoding') AS encoding, current_database() AS database, current_user AS role,
      array_to_json(current_schemas(true))::text AS path,
      (SELECT json_object_agg(name, current_setting(name, true)) FROM unnest(ARRAY[${names}]) AS name)::text AS settings`);
  if (row === undefined) throw new TypeError("the server said nothing of the session");
  return { ...row, path: JSON.parse(row.path), settings: JSON.parse(row.settings) };
}

function isAsWanted(name: string, value: string | null, wanted: string): boolean {
  // More digits are as exact.
  if (name === "extra_float_digits") return Number(value) >= Number(wanted);
  return value?.toLowerCase() === wanted.toLowerCase();
}

/** The tables of the schema `public` are named without it. */
function isPathSafe({ path }: SessionFacts, schema: string): boolean {
  const searched = path.filter((name) => !name.startsWith("pg_temp"));
  if (searched[0] !== "pg_catalog") return false;
  return schema !== "public" || searched[1] === undefined || searched[1] === "public";
}

function unsafe(
  wrong: readonly (readonly [name: string, wanted: string])[],
  { settings }: SessionFacts,
  role: string,
  database: string,
): StorageError {
  const found = wrong.map(([name]) => `${name} = ${settings[name] ?? "(unset)"}`).join(", ");
  const owner = `ALTER ROLE ${quoteIdentifier(role)} IN DATABASE ${quoteIdentifier(database)}`;
  const value = (name: string, wanted: string): string => (name === "search_path" ? wanted : `'${wanted}'`);
  return new StorageError({
    code: "unsupported",
    message: `sessions have ${found}, which changes answers, and what they ask for instead does not reach the server`,
    remedy: `Run ${wrong.map(([name, wanted]) => `${owner} SET ${name} = ${value(name, wanted)};`).join(" ")} Or connect without the pooler.`,
    location: { kind: "PostgreSQL" },
  });
}

/** What of a role, a database or a server is in the way of some work, for health. */
const LIMITS = ["idle_in_transaction_session_timeout", "idle_session_timeout", "transaction_timeout"] as const;
const OWN_LIMITS = ["statement_timeout", "lock_timeout"] as const;

/** One sentence for each setting that ends sessions or statements, or that refuses writes. */
export async function sessionNotes(sql: Sql, { prepare }: Pick<ClientOptions, "prepare">): Promise<string[]> {
  const names = ["default_transaction_read_only", ...LIMITS, ...OWN_LIMITS].map((name) => `'${name}'`).join(", ");
  const rows = await sql.unsafe<{ name: string; value: string | null; role: string; given: string | null }[]>(`
    SELECT name, current_setting(name, true) AS value, session_user AS role, (
      SELECT split_part(entry, '=', 2) FROM pg_db_role_setting AS s, unnest(s.setconfig) AS entry
      WHERE split_part(entry, '=', 1) = name
        AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
      ORDER BY s.setrole = 0, s.setdatabase = 0 LIMIT 1) AS given
    FROM unnest(ARRAY[${names}]) AS name`);
  return rows.flatMap(({ name, value, role, given }) => {
    const setting = `${name} = ${value} of the role ${quoteIdentifier(role)}, its database or the server`;
    if (name === "default_transaction_read_only") return value === "on" ? [`${setting} refuses all writes`] : [];
    if (LIMITS.some((limit) => limit === name)) {
      return value === null || value === "0"
        ? []
        : [`${setting} ends connections; what they did is repeated or reported`];
    }
    if (!prepare) return value === "0" ? [] : [`${setting} ends statements, beside the store's own limit`];
    return given === null || given === "0"
      ? []
      : [
          `${name} = ${given} of the role ${quoteIdentifier(role)} or its database does not count: the store sets its own limit`,
        ];
  });
}
