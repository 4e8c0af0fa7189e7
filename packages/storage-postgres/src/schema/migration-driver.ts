import {
  HISTORY_TABLE,
  type Migration,
  type MigrationDriver,
  type MigrationRecord,
  type MigrationState,
  type OutsideTransaction,
} from "@agent-assembly/migrations";
import { StorageError } from "@agent-assembly/storage-core";
import { classifyPostgresError, errorCode } from "../driver/errors.js";
import type { AnySql, Sql } from "../driver/pool.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { fromTimestamp, toTimestamp } from "../sql/timestamps.js";

const LOCK_NOT_AVAILABLE = "55P03";
const COLUMNS = "version, name, checksum, applied_at, duration_ms, tool_version, state";
/**
 * What a statement with IF NOT EXISTS fails with when another session creates the same at the same time: unique_violation,
 * duplicate_table, duplicate_schema, duplicate_object (the type of the table).
 */
const CREATED_MEANWHILE: ReadonlySet<string | undefined> = new Set(["23505", "42P07", "42P06", "42710"]);
const CREATE_ATTEMPTS = 10;

/**
 * Migrates a schema. The lock is one on the history table, held by a transaction that does nothing else, because that works
 * through a pooler in transaction mode too and never outlives its connection; the steps run on other connections. Its mode
 * conflicts with itself, but not with writing the history, and only roles that may change the history can take it.
 */
export class PostgresMigrationDriver implements MigrationDriver {
  readonly name = "PostgreSQL";

  constructor(
    /** At least two connections, since one of them holds the lock. */
    private readonly sql: Sql,
    private readonly options: { readonly schema: string; readonly lockTimeoutMs: number },
  ) {}

  async readHistory(): Promise<readonly MigrationRecord[]> {
    return readHistory(this.sql, this.options.schema);
  }

  async lock<T>(work: () => Promise<T>): Promise<T> {
    await this.#createHistory();
    return this.sql.begin(async (holder) => {
      // Else the server might end a transaction that does nothing but wait for the steps.
      await holder`
        SELECT set_config(name, '0', true) FROM pg_settings
        WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')`;
      await this.#takeLock(holder);
      return work();
    }) as Promise<T>;
  }

  async applyInTransaction(step: Migration, record: () => MigrationRecord): Promise<void> {
    await this.sql
      .begin(async (transaction) => {
        await this.#useSchema(transaction);
        await transaction.unsafe(step.sql);
        await this.#store(transaction, record());
      })
      .catch(keepSurroundings);
  }

  readonly outsideTransaction: OutsideTransaction = {
    mark: (record) => this.sql.begin((transaction) => this.#store(transaction, record)).then(() => undefined),
    execute: async (statement) => {
      // Reserved, so that the setting and the statement share a connection.
      const reserved = await this.sql.reserve();
      try {
        await reserved.unsafe(`SET search_path TO ${this.#path()}`);
        await reserved.unsafe(statement).catch(keepSurroundings);
        await reserved.unsafe("RESET search_path");
      } finally {
        reserved.release();
      }
    },
  };

  async #takeLock(holder: AnySql): Promise<void> {
    const { schema, lockTimeoutMs } = this.options;
    try {
      // As simple queries: a prepared one would leave its snapshot behind, for which CREATE INDEX CONCURRENTLY waits.
      await holder.unsafe(`SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = ${Math.max(1, lockTimeoutMs)}`);
      await holder.unsafe(`LOCK TABLE ${quoteIdentifier(schema)}.${HISTORY_TABLE} IN SHARE UPDATE EXCLUSIVE MODE`);
    } catch (error) {
      if (errorCode(error) !== LOCK_NOT_AVAILABLE) throw error;
      throw new StorageError({
        code: "busy",
        message: `another process has been migrating the database for longer than ${lockTimeoutMs} ms`,
        remedy: "Wait for it to finish, then try again.",
        cause: error,
      });
    }
  }

  /** Any number of processes may do so at once. */
  async #createHistory(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#tryToCreateHistory();
        return;
      } catch (error) {
        if (attempt === CREATE_ATTEMPTS || !CREATED_MEANWHILE.has(errorCode(error))) throw error;
      }
    }
  }

  async #tryToCreateHistory(): Promise<void> {
    const schema = quoteIdentifier(this.options.schema);
    await this.sql.begin(async (transaction) => {
      // Asked first, because the statement needs a right on the database even when it has nothing to do.
      const [found] = await transaction`SELECT 1 FROM pg_namespace WHERE nspname = ${this.options.schema}`;
      if (found === undefined) await transaction.unsafe(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await transaction.unsafe(`CREATE TABLE IF NOT EXISTS ${schema}.${HISTORY_TABLE} (
        version integer PRIMARY KEY,
        name text NOT NULL,
        checksum text NOT NULL,
        applied_at timestamptz(3) NOT NULL,
        duration_ms integer NOT NULL,
        tool_version text NOT NULL,
        state text NOT NULL CHECK (state IN ('started', 'applied'))
      )`);
    });
  }

  async #store(transaction: AnySql, record: MigrationRecord): Promise<void> {
    await transaction.unsafe(
      `INSERT INTO ${quoteIdentifier(this.options.schema)}.${HISTORY_TABLE} (${COLUMNS})
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (version) DO UPDATE SET name = excluded.name, checksum = excluded.checksum,
         applied_at = excluded.applied_at, duration_ms = excluded.duration_ms, tool_version = excluded.tool_version,
         state = excluded.state`,
      [
        record.version,
        record.name,
        record.checksum,
        toTimestamp(record.appliedAt.getTime()),
        record.durationMs,
        record.toolVersion,
        record.state,
      ],
    );
  }

  async #useSchema(transaction: AnySql): Promise<void> {
    await transaction.unsafe(`SET LOCAL search_path TO ${this.#path()}`);
  }

  /** The server's own objects come first, since they are not named, and a session's temporary ones last. */
  #path(): string {
    return `${quoteIdentifier(this.options.schema)}, pg_temp`;
  }
}

interface HistoryRow {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly applied_at: string;
  readonly duration_ms: number;
  readonly tool_version: string;
  readonly state: MigrationState;
}

/** All rows of the history table; none when it does not exist. */
export async function readHistory(sql: AnySql, schema: string): Promise<MigrationRecord[]> {
  const table = `${quoteIdentifier(schema)}.${HISTORY_TABLE}`;
  const [exists] = await sql`SELECT to_regclass(${table}) IS NOT NULL AS exists`;
  if (exists?.exists !== true) return [];
  const rows = await sql.unsafe<HistoryRow[]>(`SELECT ${COLUMNS} FROM ${table}`);
  return rows.map((row) => ({
    version: row.version,
    name: row.name,
    checksum: row.checksum,
    appliedAt: new Date(fromTimestamp(row.applied_at)),
    durationMs: row.duration_ms,
    toolVersion: row.tool_version,
    state: row.state,
  }));
}

/** A lost connection is not the step's fault; an error in its SQL stays as it is, for the runner to quote. */
function keepSurroundings(error: unknown): never {
  const classified = classifyPostgresError(error);
  throw ["busy", "closed", "full", "permission_denied", "timeout", "unavailable"].includes(classified.code)
    ? classified
    : error;
}
