import { distUrl } from "./child.js";

/** Opens the database given as the first argument and prints `{ ok }` or `{ code, message }` as JSON. */
export const OPEN_SCRIPT = `
import { openConnections } from ${JSON.stringify(distUrl("connections.js"))};
import { parseSqliteOptions } from ${JSON.stringify(distUrl("options.js"))};
const [path] = process.argv.slice(1);
try {
  const { reader, close } = await openConnections(parseSqliteOptions({ path }));
  const tables = reader.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table'").get();
  await close();
  console.log(JSON.stringify({ ok: true, tables: tables.n }));
} catch (error) {
  console.log(JSON.stringify({ ok: false, code: error.code, message: error.message }));
}
`;
