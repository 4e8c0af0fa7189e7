import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { prepareDebianPackages } from "../debian/prepare.js";
import { PROGRAM_FOLDERS } from "../debian/recipe.js";
import { ServiceUnavailable } from "../service-unavailable.js";

/** The folder of psql, pg_dump and pg_restore, or why there is none. */
type PostgresClients =
  | { readonly folder: string; readonly missing?: undefined }
  | { readonly folder?: undefined; readonly missing: string };

/**
 * Programs for a server, which refuses those that are older: the machine's own, or those of Debian's packages.
 * @param version of the server, such as `17.5`
 */
export async function postgresClients(version: string): Promise<PostgresClients> {
  const wanted = Number.parseInt(version, 10);
  const own = spawnSync("sh", ["-c", "command -v pg_dump && pg_dump --version"], { encoding: "utf8" });
  const [path = "", text = ""] = own.stdout.split("\n");
  if (majorOf(text) >= wanted) return { folder: dirname(path) };
  try {
    const folder = join(await prepareDebianPackages(), PROGRAM_FOLDERS.postgres);
    const { stdout } = spawnSync(join(folder, "pg_dump"), ["--version"], { encoding: "utf8" });
    if (majorOf(stdout) >= wanted) return { folder };
    return { missing: `the server is ${version}, and ${stdout.trim()} is older` };
  } catch (error) {
    if (!(error instanceof ServiceUnavailable)) throw error;
    return { missing: error.message };
  }
}

/** Of `pg_dump (PostgreSQL) 17.5 (Debian 17.5-1)`; 0 for another text. */
function majorOf(text: string): number {
  return Number(/\) (\d+)/.exec(text)?.[1] ?? 0);
}
