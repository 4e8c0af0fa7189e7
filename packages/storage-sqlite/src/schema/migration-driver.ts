import {
  HISTORY_TABLE,
  type Migration,
  type MigrationDriver,
  type MigrationRecord,
  type MigrationState,
} from "@agent-assembly/migrations";
import type { Database } from "better-sqlite3";
import { retryWhileBusy } from "../driver/busy-retry.js";
import { classifySqliteError } from "../driver/errors.js";
import { APPLICATION_ID } from "../file/identity.js";
import { foreignDatabase, isForeign, readIdentity } from "../file/ownership.js";

const CREATE_HISTORY = `CREATE TABLE IF NOT EXISTS ${HISTORY_TABLE} (
  version INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  tool_version TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('started', 'applied'))
) STRICT`;

const INSERT_RECORD = `INSERT INTO ${HISTORY_TABLE}
  (version, name, checksum, applied_at, duration_ms, tool_version, state) VALUES (?, ?, ?, ?, ?, ?, ?)`;

interface HistoryRow {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly applied_at: number;
  readonly duration_ms: number;
  readonly tool_version: string;
  readonly state: MigrationState;
}

/** All rows of the history table; none when it does not exist. */
export function readHistory(db: Database): MigrationRecord[] {
  const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(HISTORY_TABLE);
  if (exists === undefined) return [];
  return db
    .prepare<[], HistoryRow>(`SELECT * FROM ${HISTORY_TABLE}`)
    .all()
    .map((row) => ({
      version: row.version,
      name: row.name,
      checksum: row.checksum,
      appliedAt: new Date(row.applied_at),
      durationMs: row.duration_ms,
      toolVersion: row.tool_version,
      state: row.state,
    }));
}

/**
 * Migrates over one connection, which must not be used otherwise meanwhile. The lock is an immediate transaction that
 * stays open while the steps run, each in a savepoint. `no-transaction` steps are therefore not supported.
 */
export class SqliteMigrationDriver implements MigrationDriver {
  readonly name = "SQLite";

  constructor(
    private readonly db: Database,
    private readonly options: { readonly path: string; readonly busyTimeoutMs: number },
  ) {}

  async readHistory(): Promise<readonly MigrationRecord[]> {
    return this.#retry(() => readHistory(this.db));
  }

  async lock<T>(work: () => Promise<T>): Promise<T> {
    await this.#retry(() => this.db.exec("BEGIN IMMEDIATE"));
    try {
      this.#claim();
      const result = await work();
      await this.#retry(() => this.db.exec("COMMIT"));
      return result;
    } catch (error) {
      this.#keepAppliedSteps();
      throw error;
    }
  }

  async applyInTransaction(step: Migration, record: () => MigrationRecord): Promise<void> {
    this.db.exec("SAVEPOINT migration_step");
    try {
      this.db.exec(step.sql);
      const done = record();
      this.db
        .prepare(INSERT_RECORD)
        .run(
          done.version,
          done.name,
          done.checksum,
          done.appliedAt.getTime(),
          done.durationMs,
          done.toolVersion,
          done.state,
        );
    } catch (error) {
      // A full disk can end the whole transaction.
      if (this.db.inTransaction) this.db.exec("ROLLBACK TO migration_step; RELEASE migration_step");
      throw keepSurroundings(error, this.options.path);
    }
    this.db.exec("RELEASE migration_step");
  }

  /** Marks an empty database as ours in the transaction of its first migration. */
  #claim(): void {
    const identity = readIdentity(this.db);
    if (isForeign(identity)) throw foreignDatabase(this.options.path);
    if (identity.applicationId !== APPLICATION_ID) this.db.pragma(`application_id = ${APPLICATION_ID}`);
    this.db.exec(CREATE_HISTORY);
  }

  #keepAppliedSteps(): void {
    if (!this.db.inTransaction) return;
    try {
      this.db.exec("COMMIT");
    } catch {
      // The error of the step is the one to report; a step that was not recorded is applied again next time.
      this.db.exec("ROLLBACK");
    }
  }

  #retry<T>(attempt: () => T): Promise<T> {
    return retryWhileBusy(attempt, { timeoutMs: this.options.busyTimeoutMs, path: this.options.path });
  }
}

/** A full disk is not the step's fault; an error in its SQL stays as it is, for the runner to quote. */
function keepSurroundings(error: unknown, path: string): unknown {
  const classified = classifySqliteError(error, path);
  return ["busy", "closed", "full", "permission_denied", "unavailable"].includes(classified.code) ? classified : error;
}
