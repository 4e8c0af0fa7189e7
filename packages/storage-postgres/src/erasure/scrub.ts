import { setTimeout as sleep } from "node:timers/promises";
import type { ScrubReport } from "@agent-assembly/storage-core";
import { countText, type ScrubOptions, throwIfAborted } from "@agent-assembly/storage-core/backend";
import { errorCode } from "../driver/errors.js";
import { maintain } from "../driver/maintenance.js";
import type { Pool } from "../driver/pool.js";
import { placeOf, readChunks } from "../partitions/chunks/chunks.js";
import { compress } from "../partitions/chunks/list-and-compress.js";
import type { ErasureNames } from "../restoring/erasure-names.js";
import { quoteIdentifier, quoteLiteral } from "../sql/identifiers.js";
import { type RowHolders, rowHolders } from "./row-holders.js";
import { mayVacuum, Vacuum } from "./vacuum.js";

/** For transactions that still see what was erased. */
const WAIT = { forMs: 5000, everyMs: 100 };
/** A lock that was not to be had in time, a deadlock, and a chunk that was dropped meanwhile. */
const IN_USE: ReadonlySet<string | undefined> = new Set(["55P03", "40P01"]);
const GONE = "42P01";
/** Attempts at a table that others use. */
const ATTEMPTS = 3;

const EVENTS = "audit_events";
/** Tables that hold agents and tools of counted events, and what proves erased parts. */
const OTHER_TABLES = ["audit_count_keys", "audit_count_cells", "evidence_seeds", "evidence_parts"] as const;

/** A table to clear: one of the store, or a chunk of the events. */
interface Target {
  /** As SQL takes it. */
  readonly table: string;
  /** The table of the store, for people. */
  readonly name: string;
  /** Compresses what a change left decompressed. */
  readonly compress?: (() => Promise<void>) | undefined;
}

/** What the tables and their files still have of erased values, and what is done about it. */
export async function scrub(pool: Pool, names: ErasureNames, options: ScrubOptions): Promise<ScrubReport> {
  const done: string[] = [];
  const remains: string[] = [];
  const [forgotten] = await maintain(pool, (sql) =>
    sql.unsafe<{ keys: string }[]>(`SELECT ${names.forgetKeys}() AS keys`),
  );
  if (Number(forgotten?.keys ?? 0) > 0)
    done.push(`removed ${countText(Number(forgotten?.keys), "unused key")} of counts`);
  const holders = await awaitHolders(pool, options.signal);
  const targets = await targetsOf(pool, names, options);
  const cleared = options.rewrite ? rewriteAll : vacuumAll;
  await cleared(pool, names, { targets, done, remains, signal: options.signal });
  remains.push(...keptBy(holders).map((kept) => `the rows, ${kept}`));
  remains.push(await logOf(pool));
  return { done, remains };
}

/** Such as `which 1 open transaction still sees: erase again when it has ended`. */
function keptBy({ transactions, slots }: RowHolders): string[] {
  const [sees, hasEnded] = transactions === 1 ? ["sees", "it has ended"] : ["see", "they have ended"];
  const [keeps, hasMoved] =
    slots === 1 ? ["keeps", "it has moved on or is dropped"] : ["keep", "they have moved on or are dropped"];
  return [
    ...(transactions > 0
      ? [`which ${countText(transactions, "open transaction")} still ${sees}: erase again when ${hasEnded}`]
      : []),
    ...(slots > 0
      ? [`which ${countText(slots, "replication slot")} still ${keeps}: erase again when ${hasMoved}`]
      : []),
  ];
}

/** @returns what still keeps the rows as they were when it has waited long enough */
async function awaitHolders(pool: Pool, signal: AbortSignal | undefined): Promise<RowHolders> {
  const deadline = performance.now() + WAIT.forMs;
  const count = await rowHolders(pool);
  for (;;) {
    throwIfAborted(signal);
    const left = await count();
    if (left.transactions + left.slots === 0 || performance.now() > deadline) return left;
    await sleep(WAIT.everyMs);
  }
}

async function targetsOf(pool: Pool, names: ErasureNames, { from, to }: ScrubOptions): Promise<Target[]> {
  const schema = quoteIdentifier(pool.options.schema);
  const others = OTHER_TABLES.map((name) => ({ table: `${schema}.${name}`, name }));
  const place = await pool.run((sql) => placeOf(sql, pool, "audit"));
  if (place === undefined) return [{ table: names.events, name: EVENTS }, ...others];
  const chunks = (await pool.run((sql) => readChunks(sql, place))).filter(
    (chunk) => chunk.from <= to && chunk.to > from,
  );
  return [
    ...chunks.map((chunk) => ({
      table: chunk.table,
      name: EVENTS,
      compress: chunk.compressed ? () => maintain(pool, (sql) => compress(sql, place, chunk)) : undefined,
    })),
    ...others,
  ];
}

interface Clearing {
  readonly targets: readonly Target[];
  readonly done: string[];
  readonly remains: string[];
  readonly signal: AbortSignal | undefined;
}

/** Writes the tables anew, whose files have no more than their rows then. */
async function rewriteAll(
  pool: Pool,
  names: ErasureNames,
  { targets, done, remains, signal }: Clearing,
): Promise<void> {
  const written: Target[] = [];
  for (const target of targets) {
    const { table, compress: again } = target;
    throwIfAborted(signal);
    const rewritten = await unlessInUse(async () => {
      await again?.();
      await maintain(pool, (sql) => sql.unsafe(`SELECT ${names.rewrite}(${quoteLiteral(table)})`));
    });
    if (rewritten === "in use")
      remains.push(`the files of ${table}, which others used: erase again to write them anew`);
    else if (rewritten === "done") written.push(target);
  }
  if (written.length > 0) done.push(`wrote ${namesOf(written)} anew, with the indexes`);
  await forgetStatistics(pool, names, targets);
  // Others have begun since the wait for those that saw the events.
  const holders = await awaitHolders(pool, signal);
  remains.push(...keptBy(holders).map((kept) => `samples of columns that the planner took before, ${kept}`));
  const vacuum = new Vacuum(pool);
  try {
    if (await mayVacuum(pool, "pg_catalog.pg_statistic")) {
      await vacuum.run("VACUUM (FULL) pg_catalog.pg_statistic");
      done.push("wrote the planner's statistics anew");
    } else remains.push(STATISTICS);
  } finally {
    await vacuum.close();
  }
}

const STATISTICS =
  "samples of columns that the planner took before, in free space of the files of pg_statistic, until the server reuses it: " +
  "VACUUM FULL pg_statistic, as the owner of the database, writes them anew";

/** Lets the server reuse the space of rows that were replaced. */
async function vacuumAll(pool: Pool, names: ErasureNames, { targets, done, remains, signal }: Clearing): Promise<void> {
  const vacuum = new Vacuum(pool);
  const vacuumed: Target[] = [];
  try {
    for (const target of targets) {
      const { table, compress: again } = target;
      throwIfAborted(signal);
      if ((await unlessInUse(async () => again?.())) === "in use") {
        remains.push(`decompressed rows in ${table}, which others used: they are compressed later`);
      }
      if (!(await mayVacuum(pool, table))) {
        remains.push(`replaced rows in ${table}, until autovacuum removes them: this role may not VACUUM it`);
        continue;
      }
      const parts = await pool.run((sql) =>
        sql.unsafe<{ part: string }[]>(`SELECT part::text FROM ${names.erasableParts}(${quoteLiteral(table)}) AS part`),
      );
      for (const { part } of parts) await vacuum.run(`VACUUM (INDEX_CLEANUP ON) ${part}`);
      vacuumed.push(target);
    }
  } finally {
    await vacuum.close();
  }
  if (vacuumed.length > 0) done.push(`vacuumed ${namesOf(vacuumed)}`);
  await forgetStatistics(pool, names, targets);
  remains.push(
    "bytes of replaced rows in free space of the tables' files and of pg_statistic, until others are written there: " +
      "erase with `rewrite` to write the tables anew",
  );
}

/** Such as `audit_events (3 chunks), evidence_seeds`. */
function namesOf(targets: readonly Target[]): string {
  const names = [...new Set(targets.map(({ name }) => name))];
  const inChunks = targets.filter(({ name, table }) => name === EVENTS && !table.endsWith(`.${EVENTS}`)).length;
  return names
    .map((name) => (name === EVENTS && inChunks > 0 ? `${name} (${countText(inChunks, "chunk")})` : name))
    .join(", ");
}

/** The planner keeps frequent values of columns, and samples of others. */
async function forgetStatistics(pool: Pool, names: ErasureNames, targets: readonly Target[]): Promise<void> {
  for (const { table } of targets) {
    await unlessInUse(async () => {
      await maintain(pool, (sql) => sql.unsafe(`SELECT ${names.analyze}(${quoteLiteral(table)})`));
    });
  }
  // Of a table in chunks, where there are any of all chunks together.
  const [whole] = await pool.run((sql) =>
    sql.unsafe<{ known: boolean }[]>(
      `SELECT EXISTS (SELECT FROM pg_stats WHERE schemaname = $1 AND tablename = 'audit_events' AND inherited) AS known`,
      [pool.options.schema],
    ),
  );
  if (whole?.known === true) {
    await maintain(pool, (sql) => sql.unsafe(`SELECT ${names.analyze}(${quoteLiteral(names.events)})`));
  }
}

async function unlessInUse(work: () => Promise<unknown>): Promise<"done" | "in use" | "gone"> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return "done";
    } catch (error) {
      const code = errorCode(error);
      if (code === GONE) return "gone";
      if (!IN_USE.has(code)) throw error;
      if (attempt === ATTEMPTS) return "in use";
    }
  }
}

async function logOf(pool: Pool): Promise<string> {
  const [row] = await pool.run((sql) => sql<{ lsn: string }[]>`SELECT pg_current_wal_insert_lsn()::text AS lsn`);
  return (
    `the write-ahead log before ${row?.lsn}, of the server and its standbys, until they remove these files or write over them, and ` +
    "wherever it is archived"
  );
}
