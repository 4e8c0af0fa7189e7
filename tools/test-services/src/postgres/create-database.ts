import { randomBytes } from "node:crypto";
import { watch } from "../process/watch.js";
import { withConnection } from "./connect.js";
import { databaseUrl } from "./database-url.js";
import { DATABASE_NAME_PREFIX, dropDatabase } from "./drop-database.js";

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
