import { createHash } from "node:crypto";
import { StorageError } from "@agent-assembly/storage-core";
import type { AnySql, Sql, TransactionSql } from "../../driver/pool.js";
import { quoteIdentifier, quoteLiteral } from "../../sql/identifiers.js";
import type { DesiredHypertable } from "../desired-state.js";
import { entry, StateTable } from "../state-table.js";
import { withLock } from "../with-lock.js";
import { carryOver, copyGrants, copyIndexes, refuseDependents } from "./table-copy.js";

/** Blocks of the old table that one transaction copies: 4 MiB. */
const BATCH_BLOCKS = 512;
const BLOCK_BYTES = 8192;
/** Marks rows inserted after the copying began, in tables without a key. */
const MIRRORED = "_aasm_mirrored";

export interface ConversionContext {
  readonly schema: string;
  readonly extensionSchema: string;
  readonly lockTimeoutMs: number;
}

/** The progress of a conversion; JSON in the state table. */
interface Progress {
  /** Changes when the old table is rewritten, which makes block numbers meaningless. */
  readonly file: string;
  readonly block: number;
  readonly blocks: number;
}

/**
 * Converts a table that contains rows and is in use into a hypertable. A new hypertable is created in the background, a
 * trigger mirrors new rows into it, older rows are copied in batches, and one transaction swaps the two. Until then
 * readers use the old table, which also keeps enforcing its unique key.
 *
 * Inserts wait for two short exclusive locks: for the trigger and for the swap. In between, deletes, updates and
 * truncation of the table fail with `busy`. Needs the table's size again on disk. An interrupted conversion is resumed
 * by the next call.
 */
export class Conversion {
  readonly #state: StateTable;
  readonly #old: string;
  readonly #new: string;
  readonly #place: string;
  readonly #mirror: string;
  readonly #refuse: string;

  constructor(
    private readonly sql: Sql,
    private readonly context: ConversionContext,
    private readonly table: DesiredHypertable,
  ) {
    // Not in the schema of the old table, whose indexes have the same names.
    this.#place = quoteIdentifier(
      `_aasm_move_${createHash("sha256").update(context.schema).digest("hex").slice(0, 16)}`,
    );
    this.#state = new StateTable(context.schema);
    this.#old = `${quoteIdentifier(context.schema)}.${table.name}`;
    this.#new = `${this.#place}.${table.name}`;
    this.#mirror = `${this.#place}.mirror_${table.name}`;
    this.#refuse = `${this.#place}.refuse_${table.name}`;
  }

  async run(): Promise<void> {
    let progress = await this.#progress();
    if (progress === undefined || (await this.#file(this.sql)) !== progress.file) {
      await this.abandon();
      progress = await this.#begin();
    }
    const columns = await this.#columns();
    for (let { block } = progress; block < progress.blocks; block += BATCH_BLOCKS) {
      await this.#copy({ ...progress, block }, columns);
    }
    await this.#compare();
    await this.sql.unsafe(`ANALYZE ${this.#new}`);
    await this.#swap();
  }

  /** Removes everything that an unfinished conversion has created; does nothing when there is none. */
  async abandon(): Promise<void> {
    await withLock(this.sql, this.context.lockTimeoutMs, async (transaction) => {
      const [found] = await transaction`SELECT to_regclass(${this.#old}) IS NOT NULL AS old`;
      if (found?.old === true) {
        const triggers = await transaction<{ name: string }[]>`
          SELECT tgname AS name FROM pg_trigger WHERE tgrelid = to_regclass(${this.#old}) AND tgname LIKE '\\_aasm\\_move\\_%'`;
        for (const { name } of triggers) {
          await transaction.unsafe(`DROP TRIGGER ${quoteIdentifier(name)} ON ${this.#old}`);
        }
        if (!this.#hasKey) await transaction.unsafe(`ALTER TABLE ${this.#old} DROP COLUMN IF EXISTS ${MIRRORED}`);
      }
      await transaction.unsafe(`DROP TABLE IF EXISTS ${this.#new}`);
      await this.#dropFunctions(transaction);
      if ((await this.#state.read(transaction)).has(entry.conversion(this.table.name))) {
        await this.#state.remove(transaction, entry.conversion(this.table.name));
      }
    });
    await this.#dropPlace();
  }

  /** Only audit events have a key; two metric samples may be equal. */
  get #hasKey(): boolean {
    return this.table.name === "audit_events";
  }

  async #progress(): Promise<Progress | undefined> {
    const stored = (await this.#state.read(this.sql)).get(entry.conversion(this.table.name));
    return stored as unknown as Progress | undefined;
  }

  async #file(sql: AnySql): Promise<string> {
    const [row] = await sql`SELECT pg_relation_filenode(${this.#old}::regclass)::text AS file`;
    return row?.file as string;
  }

  async #columns(): Promise<string> {
    const found = await this.sql<{ name: string }[]>`
      SELECT attname AS name FROM pg_attribute
      WHERE attrelid = ${this.#new}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;
    return found.map(({ name }) => quoteIdentifier(name)).join(", ");
  }

  /** Rows committed before this transaction are copied; rows committed after it are mirrored. */
  async #begin(): Promise<Progress> {
    await this.sql.unsafe(`CREATE SCHEMA IF NOT EXISTS ${this.#place}`);
    await this.#state.create(this.sql);
    await refuseDependents(this.sql, this.#old);
    return withLock(this.sql, this.context.lockTimeoutMs, async (transaction) => {
      await transaction.unsafe(`LOCK TABLE ${this.#old} IN ${this.#hasKey ? "SHARE ROW" : "ACCESS"} EXCLUSIVE MODE`);
      await this.#createEmpty(transaction);
      await this.#createTriggers(transaction);
      const [size] = await transaction`
        SELECT (pg_relation_size(${this.#old}::regclass) / ${BLOCK_BYTES}::int)::float8 AS blocks`;
      const progress = { file: await this.#file(transaction), block: 0, blocks: size?.blocks as number };
      if (!this.#hasKey) {
        // Constant defaults: neither rewrites the table.
        await transaction.unsafe(`ALTER TABLE ${this.#old} ADD COLUMN ${MIRRORED} boolean NOT NULL DEFAULT false`);
        await transaction.unsafe(`ALTER TABLE ${this.#old} ALTER COLUMN ${MIRRORED} SET DEFAULT true`);
      }
      await this.#state.write(transaction, entry.conversion(this.table.name), progress);
      return progress;
    });
  }

  async #createEmpty(transaction: TransactionSql): Promise<void> {
    await transaction.unsafe(`CREATE TABLE ${this.#new} (LIKE ${this.#old} INCLUDING ALL EXCLUDING INDEXES)`);
    await copyIndexes(transaction, this.#old, this.#new);
    await transaction.unsafe(makeHypertable(this.context.extensionSchema, this.#new, this.table, false));
    await copyGrants(transaction, this.#old, this.#new);
  }

  async #createTriggers(transaction: TransactionSql): Promise<void> {
    const found = await transaction<{ name: string }[]>`
      SELECT attname AS name FROM pg_attribute
      WHERE attrelid = ${this.#old}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;
    const columns = found.map(({ name }) => quoteIdentifier(name)).join(", ");
    const message = `${this.table.name} is being converted to a hypertable, which only takes inserts meanwhile; try again when "aasm migrate" has ended`;
    // Runs as its owner, since users who may insert into the old table have no rights on the new one yet.
    await transaction.unsafe(`
      CREATE FUNCTION ${this.#mirror}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
      BEGIN
        INSERT INTO ${this.#new} (${columns}) SELECT ${columns} FROM inserted ON CONFLICT DO NOTHING;
        RETURN NULL;
      END
      $$;
      CREATE FUNCTION ${this.#refuse}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = ${quoteLiteral(message)};
      END
      $$;
      REVOKE ALL ON FUNCTION ${this.#mirror}(), ${this.#refuse}() FROM PUBLIC;
      CREATE TRIGGER _aasm_move_mirror AFTER INSERT ON ${this.#old} REFERENCING NEW TABLE AS inserted
        FOR EACH STATEMENT EXECUTE FUNCTION ${this.#mirror}();
      CREATE TRIGGER _aasm_move_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON ${this.#old}
        FOR EACH STATEMENT EXECUTE FUNCTION ${this.#refuse}()`);
  }

  /**
   * Rows and progress are committed together, and the progress is locked first: a batch is copied once, even if a
   * process has not yet noticed that it lost the migration lock.
   */
  async #copy({ file, block, blocks }: Progress, columns: string): Promise<void> {
    const end = Math.min(block + BATCH_BLOCKS, blocks);
    await this.sql.begin(async (transaction) => {
      await transaction.unsafe(`LOCK TABLE ${this.#old} IN ACCESS SHARE MODE`);
      const stored = await this.#state.lock(transaction, entry.conversion(this.table.name));
      const reached = (stored as unknown as Progress | undefined)?.block;
      if (reached !== block || (await this.#file(transaction)) !== file) {
        throw new StorageError({
          code: "busy",
          message: `${this.table.name} was rewritten while it was copied (VACUUM FULL, CLUSTER), or another process continues the copy`,
          remedy: "Migrate again.",
        });
      }
      await transaction.unsafe(`
        INSERT INTO ${this.#new} (${columns}) SELECT ${columns} FROM ${this.#old}
        WHERE ctid >= '(${block},0)'::tid AND ctid < '(${end},0)'::tid ${this.#hasKey ? "" : `AND NOT ${MIRRORED}`}
        ON CONFLICT DO NOTHING`);
      await this.#state.write(transaction, entry.conversion(this.table.name), { file, block: end, blocks });
    });
  }

  /** Every transaction adds to both tables or to none, so in one snapshot they hold the same number of rows. */
  async #compare(): Promise<void> {
    const [before, after] = (await this.sql.begin("isolation level repeatable read read only", async (transaction) => [
      await this.#count(transaction, this.#old),
      await this.#count(transaction, this.#new),
    ])) as [string, string];
    if (before === after) return;
    throw new StorageError({
      code: "internal",
      message: `${this.table.name} holds ${before} rows but its copy holds ${after}; the table was not changed`,
    });
  }

  async #count(sql: AnySql, table: string): Promise<string> {
    const [row] = await sql.unsafe<{ rows: string }[]>(`SELECT count(*) AS rows FROM ${table}`);
    return row?.rows as string;
  }

  async #swap(): Promise<void> {
    await withLock(this.sql, this.context.lockTimeoutMs, async (transaction) => {
      await transaction.unsafe(`LOCK TABLE ${this.#old} IN ACCESS EXCLUSIVE MODE`);
      const finish = await carryOver(transaction, this.#old);
      // Not CASCADE: a view that a user created meanwhile must not be dropped with it.
      await transaction.unsafe(`DROP TABLE ${this.#old}`);
      await transaction.unsafe(`ALTER TABLE ${this.#new} SET SCHEMA ${quoteIdentifier(this.context.schema)}`);
      await finish();
      await this.#dropFunctions(transaction);
      await this.#state.remove(transaction, entry.conversion(this.table.name));
    });
    await this.#dropPlace();
  }

  async #dropFunctions(transaction: TransactionSql): Promise<void> {
    const [found] = await transaction`SELECT to_regnamespace(${this.#place}) IS NOT NULL AS place`;
    if (found?.place !== true) return;
    await transaction.unsafe(`DROP FUNCTION IF EXISTS ${this.#mirror}(), ${this.#refuse}()`);
  }

  /** Kept while the other table is in it. */
  async #dropPlace(): Promise<void> {
    const [used] = await this.sql`
      SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace(${this.#place})) AS used`;
    if (used?.used !== true) await this.sql.unsafe(`DROP SCHEMA IF EXISTS ${this.#place}`);
  }
}

/**
 * The statement that converts a table into a hypertable.
 * @param migrateData whether existing rows are moved into chunks
 */
export function makeHypertable(
  extensionSchema: string,
  table: string,
  { chunkInterval }: Pick<DesiredHypertable, "chunkInterval">,
  migrateData: boolean,
): string {
  const extension = quoteIdentifier(extensionSchema);
  return `SELECT ${extension}.create_hypertable(${quoteLiteral(table)},
    ${extension}.by_range('ts', INTERVAL ${quoteLiteral(chunkInterval)}),
    create_default_indexes => false, migrate_data => ${migrateData})`;
}
