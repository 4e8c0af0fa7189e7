import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { watch } from "../process/watch.js";

/** Every database that may be dropped has a name that starts with this. */
const DATABASE_NAME_PREFIX = "aasm_test_";

/** A database of its own for one test file. */
export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** Drops it and ends the connections to it. Calling it again does nothing. */
  drop(): Promise<void>;
}

/**
 * Creates a database `aasm_test_<prefix>_<random>`, empty unless it is a copy, dropped when this process ends or by `drop`.
 *
 * @param adminUrl a database of the server, as a user who may create databases
 * @param namePrefix says whose it is: up to 30 lower-case letters, digits and underscores
 * @param template name of a database to copy, to which nothing may be connected
 */
export async function createDatabase(adminUrl: string, namePrefix: string, template?: string): Promise<TestDatabase> {
  if (!/^[a-z0-9_]{1,30}$/.test(namePrefix)) {
    throw new TypeError(`the prefix ${JSON.stringify(namePrefix)} must be 1 to 30 of a-z, 0-9 and _`);
  }
  const name = `${DATABASE_NAME_PREFIX}${namePrefix}_${randomBytes(6).toString("hex")}`;
  const forget = watch({ kind: "database", adminUrl, name });
  await withConnection(adminUrl, (sql) =>
    template === undefined
      ? // The collation is that of the servers started here, also on a server from the environment: order must not differ.
        sql`CREATE DATABASE ${sql(name)} TEMPLATE template0 LOCALE 'C.UTF-8' ENCODING 'UTF8'`
      : sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(template)} STRATEGY FILE_COPY`,
  );
  return {
    url: databaseUrl(adminUrl, name),
    name,
    async drop() {
      await dropDatabase(adminUrl, name);
      forget();
    },
  };
}

/** Drops a database of this package, ending its connections; refuses any other name. No error when it is gone already. */
export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  if (!name.startsWith(DATABASE_NAME_PREFIX)) throw new Error(`not a database of this package: ${name}`);
  await withConnection(adminUrl, (sql) => sql`DROP DATABASE IF EXISTS ${sql(name)} WITH (FORCE)`);
}

/** The URL of another database of the same server, with the same user and parameters. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

/** Runs `work` on a connection of its own, which is closed afterwards. `url` names the database. */
export async function withConnection<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, connect_timeout: 20, onnotice: () => undefined, fetch_types: false });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
