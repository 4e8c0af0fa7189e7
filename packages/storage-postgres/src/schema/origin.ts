import { type SchemaDrift, StorageError } from "@agent-assembly/storage-core";
import { errorCode } from "../driver/errors.js";
import type { AnySql, Sql } from "../driver/pool.js";
import { quoteIdentifier } from "../sql/identifiers.js";

const VIEW = "audit_origin";
const LOCK_NOT_AVAILABLE = "55P03";
const REMEDY = 'Run "aasm migrate" when all rows are restored.';

/** What a migration does about {@link originProblem}. */
export const ORIGIN_STEP = "take the restored events for committed (refresh audit_origin)";

export interface OriginOptions {
  readonly schema: string;
  /**
   * Which rows to look at: all, the one with the greatest transaction id, or none, which waits for no lock on the events.
   * @default "newest"
   */
  readonly rows?: "all" | "newest" | "none";
}

/**
 * Whether positions cannot be trusted because of how a dump was restored: in part, so that the view was not refreshed, or
 * into a schema that was there before, whose view was refreshed earlier.
 * @returns a description for people; `undefined` when all is well, or there are no tables yet
 */
export async function originProblem(
  sql: AnySql,
  { schema, rows = "newest" }: OriginOptions,
): Promise<string | undefined> {
  const named = (name: string): string => `${quoteIdentifier(schema)}.${name}`;
  const [view] = await sql<{ populated: boolean }[]>`
    SELECT relispopulated AS populated FROM pg_class WHERE oid = to_regclass(${named(VIEW)})`;
  if (view === undefined) return undefined;
  if (!view.populated) {
    return `the view ${VIEW} is empty: a dump was restored without its last step, which refreshes it`;
  }
  if (rows === "none") return undefined;
  // Transactions that this server has not begun yet cannot have committed a row.
  const events = named("audit_events");
  const candidates = rows === "all" ? events : `(SELECT xact, seq FROM ${events} ORDER BY xact DESC, seq DESC LIMIT 1)`;
  const text = `WITH now AS MATERIALIZED (
       SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next, seq FROM ${named(VIEW)})
     SELECT EXISTS (SELECT FROM ${candidates} AS e, now WHERE e.xact >= now.next AND e.seq > now.seq) AS foreign`;
  const [found] = rows === "all" ? await sql.unsafe<Found[]>(text) : await unlessLocked(sql, text);
  return found?.foreign === true
    ? "audit_events holds rows with transaction ids of another server: a dump of data was restored into a schema that was there before"
    : undefined;
}

interface Found {
  readonly foreign: boolean;
}

/** Opening a store does not wait for a lock on the events. Sent as one message, whose statements are one transaction. */
async function unlessLocked(sql: AnySql, text: string): Promise<readonly Found[]> {
  try {
    const results = (await sql
      .unsafe(`SELECT set_config('lock_timeout', '200ms', true); ${text}`)
      .simple()) as unknown as readonly (readonly Found[])[];
    return results[1] ?? [];
  } catch (error) {
    // The next opening and "aasm migrate --verify" look again.
    if (errorCode(error) === LOCK_NOT_AVAILABLE) return [];
    throw error;
  }
}

/** The error that keeps a store from being used. */
export function originError(problem: string): StorageError {
  return new StorageError({ code: "schema_outdated", message: problem, remedy: REMEDY });
}

/** What health says. */
export function originWarning(problem: string): string {
  return `${problem}. ${REMEDY}`;
}

/** What comparing the schema says. */
export function originDrift(problem: string): SchemaDrift {
  const expected = "refreshed after the last restore";
  return { kind: "different", object: "view", name: VIEW, expected, actual: `out of date (${problem})` };
}

/** Takes all rows that are there for committed; positions made before are refused from then on. */
export async function refreshOrigin(sql: Sql, schema: string): Promise<void> {
  await sql.unsafe(`REFRESH MATERIALIZED VIEW ${quoteIdentifier(schema)}.${VIEW}`);
}
