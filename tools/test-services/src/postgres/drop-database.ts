import { withConnection } from "./connect.js";

/** Every database that may be dropped has a name that starts with this. */
export const DATABASE_NAME_PREFIX = "aasm_test_";

/** Drops a database of this package, ending its connections; refuses any other name. No error when it is gone already. */
export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  if (!name.startsWith(DATABASE_NAME_PREFIX)) throw new Error(`not a database of this package: ${name}`);
  await withConnection(adminUrl, (sql) => sql`DROP DATABASE IF EXISTS ${sql(name)} WITH (FORCE)`);
}
