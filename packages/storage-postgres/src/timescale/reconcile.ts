import { type JsonValue, StorageError } from "@agent-assembly/storage-core";
import type { Sql, TransactionSql } from "../driver/pool.js";
import { quoteIdentifier, quoteLiteral } from "../sql/identifiers.js";
import { intervalMs } from "../sql/interval.js";
import { Conversion, makeHypertable } from "./conversion/convert.js";
import { setToastCompression } from "./conversion/toast-compression.js";
import {
  type DesiredHypertable,
  desiredHypertables,
  FORMER_AGGREGATES,
  type TimescaleOptions,
} from "./desired-state.js";
import { extensionMissing, obstacleToExtension } from "./extension.js";
import { foreignPolicies } from "./foreign-policies.js";
import { type LiveState, readLiveState } from "./live-state.js";
import { probeProfile, type TimescaleProfile } from "./profile.js";
import { entry, ownJobs, StateTable } from "./state-table.js";
import { withLock } from "./with-lock.js";

/** One step towards the desired state of a database. */
export interface ReconcileStep {
  /** Readable name, unique among the steps. */
  readonly description: string;
  /** True if the step is atomic. Other steps resume where they stopped when they are applied again. */
  readonly transactional: boolean;
  /** @throws errors of the driver; a {@link StorageError} that explains what prevents the step */
  readonly apply: (sql: Sql) => Promise<void>;
}

export interface TimescalePlan {
  readonly profile: TimescaleProfile;
  /** In order. While the extension is missing, the features of its edition are not known yet. */
  readonly steps: readonly ReconcileStep[];
  /** Findings that are left unchanged. */
  readonly notes: readonly string[];
}

/** A smaller table is moved into chunks under one lock: some ten thousand rows, a fraction of a second. */
const SMALL_TABLE_BYTES = 8 * 1024 * 1024;

/**
 * Plans the steps that bring a migrated database to the state described by the options; changes nothing.
 * @param tablesPending whether the numbered migrations are still pending, so that the tables will be new
 * @throws `unsupported` when TimescaleDB is required but not available
 */
export async function planTimescale(
  sql: Sql,
  options: TimescaleOptions,
  { tablesPending = false }: { readonly tablesPending?: boolean } = {},
): Promise<TimescalePlan> {
  const profile = await probeProfile(sql);
  const installed = profile.extensionSchema !== undefined;
  const live = await readLiveState(sql, options.schema, installed);
  const state = await new StateTable(options.schema).read(sql);
  const planner = new Planner(options, profile, live, state, tablesPending);
  if (options.timescaledb === "off") return { profile, steps: planner.leftovers(), notes: [] };
  if (!installed) return planInstallation(sql, options, planner);
  const notes = foreignPolicies(live.jobs, ownJobs(state));
  return { profile, steps: planner.steps(), notes: [...notes, ...planner.notes] };
}

/**
 * Applies the steps of {@link planTimescale} one by one until none is left. Call it while holding the migration lock.
 * Applied steps stay applied when a later one fails; the next call resumes from there.
 * @returns the applied steps, with their durations in milliseconds
 */
export async function applyTimescale(
  sql: Sql,
  options: TimescaleOptions,
): Promise<
  Omit<TimescalePlan, "steps"> & { readonly applied: readonly { description: string; durationMs: number }[] }
> {
  const applied: { description: string; durationMs: number }[] = [];
  for (;;) {
    const { profile, steps, notes } = await planTimescale(sql, options);
    const [step] = steps;
    if (step === undefined) return { profile, notes, applied };
    if (applied.some(({ description }) => description === step.description)) {
      throw new StorageError({
        code: "internal",
        message: `"${step.description}" was done but the database does not show it`,
      });
    }
    const start = performance.now();
    await step.apply(sql);
    applied.push({ description: step.description, durationMs: Math.round(performance.now() - start) });
  }
}

async function planInstallation(sql: Sql, options: TimescaleOptions, planner: Planner): Promise<TimescalePlan> {
  const { profile } = planner;
  const required = options.timescaledb === "require";
  // The installed version is too old.
  const reason = profile.version === undefined ? await obstacleToExtension(sql) : profile.reason;
  if (reason !== undefined) {
    if (required) throw extensionMissing(reason);
    return { profile: { ...profile, reason }, steps: [], notes: [`TimescaleDB is not used: ${reason}`] };
  }
  const install: ReconcileStep = {
    description: "install the extension timescaledb",
    transactional: true,
    apply: async (on) => void (await on.unsafe("CREATE EXTENSION IF NOT EXISTS timescaledb")),
  };
  return { profile, steps: [install, ...planner.steps()], notes: [] };
}

/** Compares the desired state with the live state. */
class Planner {
  readonly #schema: string;
  readonly #state: StateTable;
  readonly #notes: string[] = [];

  constructor(
    private readonly options: TimescaleOptions,
    readonly profile: TimescaleProfile,
    private readonly live: LiveState,
    private readonly stored: ReadonlyMap<string, JsonValue>,
    private readonly tablesPending: boolean,
  ) {
    this.#schema = quoteIdentifier(options.schema);
    this.#state = new StateTable(options.schema);
  }

  get notes(): readonly string[] {
    return this.#notes;
  }

  steps(): ReconcileStep[] {
    const tables = desiredHypertables(this.options);
    const steps = tables.flatMap((table) => this.#hypertable(table));
    if (this.profile.edition !== "community") return steps;
    return [
      ...steps,
      // Done before the compression jobs exist.
      ...this.#toast(),
      ...tables.flatMap((table) => this.#compression(table)),
      ...this.#former(),
    ];
  }

  /**
   * With TimescaleDB switched off nothing is created, but an unfinished conversion is removed so that it costs nothing
   * more.
   */
  leftovers(): ReconcileStep[] {
    return desiredHypertables(this.options)
      .filter(({ name }) => this.stored.has(entry.conversion(name)))
      .map((table) => ({
        description: `give up the unfinished conversion of ${table.name} to a hypertable`,
        transactional: false,
        apply: (sql) => this.#conversion(sql, table).abandon(),
      }));
  }

  #toast(): ReconcileStep[] {
    const { available, chosen, owner, ours } = this.live.toast;
    if (!available || chosen || !ours) return [];
    const description = `let long values that ${owner} stores in this database be compressed by lz4`;
    return [{ description, transactional: true, apply: (sql) => setToastCompression(sql, owner) }];
  }

  #hypertable(table: DesiredHypertable): ReconcileStep[] {
    const { name, chunkInterval } = table;
    const current = this.live.hypertables.get(name);
    if (current === undefined) return this.#convert(table);
    if (current.chunkMs === intervalMs("options.chunkInterval", chunkInterval)) return [];
    const call = this.#call("set_chunk_time_interval", name, `INTERVAL ${quoteLiteral(chunkInterval)}`);
    return [this.#inLock(`let new chunks of ${name} span ${chunkInterval}`, (sql) => sql.unsafe(`SELECT ${call}`))];
  }

  #convert(table: DesiredHypertable): ReconcileStep[] {
    const { name, chunkInterval } = table;
    const found = this.live.tables.get(name);
    // Before the numbered migrations, or after the table was dropped, which schema verification reports.
    if (found === undefined && !this.tablesPending) return [];
    const bytes = found?.bytes ?? 0;
    const size = bytes === 0 ? "" : ` (about ${(found?.rows ?? 0).toLocaleString("en-US")} rows)`;
    const description = `convert ${name}${size} to a hypertable with chunks of ${chunkInterval}`;
    if (bytes > SMALL_TABLE_BYTES || this.stored.has(entry.conversion(name))) {
      return [{ description, transactional: false, apply: (sql) => this.#conversion(sql, table).run() }];
    }
    return [
      {
        description,
        transactional: true,
        apply: async (sql) => {
          const extension = await this.#extensionSchema(sql);
          await withLock(sql, this.options.lockTimeoutMs, (transaction) =>
            transaction.unsafe(makeHypertable(extension, `${this.#schema}.${name}`, table, true)),
          );
        },
      },
    ];
  }

  #compression(table: DesiredHypertable): ReconcileStep[] {
    const { name, segmentBy, orderBy, compressAfter } = table;
    const current = this.live.hypertables.get(name);
    const steps: ReconcileStep[] = [];
    if (current?.segmentBy !== segmentBy || current.orderBy !== orderBy) {
      const statement = `ALTER TABLE ${this.#schema}.${name} SET (timescaledb.compress,
        timescaledb.compress_segmentby = ${quoteLiteral(segmentBy)}, timescaledb.compress_orderby = ${quoteLiteral(orderBy)})`;
      const apart = segmentBy === "" ? "" : ` by ${segmentBy},`;
      const what = `let chunks of ${name} be compressed${apart} in the order ${orderBy}`;
      steps.push(this.#inLock(what, (sql) => sql.unsafe(statement)));
    }
    const key = entry.compressionPolicy(name);
    const existing = this.live.jobs.find((job) => job.on === name && job.kind === "compression");
    const after = `INTERVAL ${quoteLiteral(compressAfter)}`;
    if (existing === undefined) {
      const call = this.#call("add_compression_policy", name, `compress_after => ${after}`);
      steps.push(this.#addJob(`compress chunks of ${name} after ${compressAfter}`, key, call));
    } else if (this.#isOurs(key, existing.id)) {
      if (existing.compressAfterMs !== intervalMs("options.compressAfter", compressAfter)) {
        steps.push(
          this.#setJob(
            `compress chunks of ${name} after ${compressAfter}`,
            existing.id,
            "compress_after",
            compressAfter,
          ),
        );
      }
    }
    return steps;
  }

  /** An aggregate of such a name which is not ours stays. */
  #former(): ReconcileStep[] {
    return FORMER_AGGREGATES.flatMap(({ name, source, replacement }) => {
      const entries = [entry.filled(name), entry.refreshPolicy(name)];
      if (this.live.aggregates.get(name)?.source !== source || !entries.some((key) => this.stored.has(key))) return [];
      return [
        this.#inLock(`drop the continuous aggregate ${name}, which ${replacement} replace`, async (sql) => {
          await sql.unsafe(`DROP MATERIALIZED VIEW ${this.#schema}.${name}`);
          for (const key of entries) await this.#state.remove(sql, key);
        }),
      ];
    });
  }

  #isOurs(key: string, job: number): boolean {
    return this.stored.get(key) === job;
  }

  #addJob(description: string, key: string, call: string): ReconcileStep {
    return this.#inLock(description, async (sql) => {
      const [row] = await sql.unsafe<{ job: number }[]>(`SELECT (${call}) AS job`);
      await this.#state.create(sql);
      await this.#state.write(sql, key, row?.job as number);
    });
  }

  #setJob(description: string, job: number, member: string, value: string): ReconcileStep {
    return this.#inLock(description, async (sql) => {
      const extension = quoteIdentifier(await this.#extensionSchema(sql));
      await sql.unsafe(
        `SELECT ${extension}.alter_job(job_id, config => jsonb_set(config, ARRAY[$2], to_jsonb($3::text)))
         FROM timescaledb_information.jobs WHERE job_id = $1::int`,
        [job, member, value],
      );
    });
  }

  #inLock(description: string, apply: (sql: TransactionSql) => Promise<unknown>): ReconcileStep {
    return {
      description,
      transactional: true,
      apply: async (sql) => {
        await withLock(sql, this.options.lockTimeoutMs, async (transaction) => {
          await apply(transaction);
        });
      },
    };
  }

  #call(name: string, table: string, rest: string): string {
    // Only steps of an installed extension reach this point.
    const extension = quoteIdentifier(this.profile.extensionSchema ?? "public");
    return `${extension}.${name}(${quoteLiteral(`${this.#schema}.${table}`)}, ${rest})`;
  }

  #conversion(sql: Sql, table: DesiredHypertable): Conversion {
    const { schema, lockTimeoutMs } = this.options;
    return new Conversion(
      sql,
      { schema, lockTimeoutMs, extensionSchema: this.profile.extensionSchema ?? "public" },
      table,
    );
  }

  /** Looked up when a step runs, since an earlier one may have installed the extension. */
  async #extensionSchema(sql: Sql | TransactionSql): Promise<string> {
    const [row] = await sql<{ name: string }[]>`
      SELECT n.nspname AS name FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
      WHERE e.extname = 'timescaledb'`;
    if (row === undefined) throw extensionMissing("it was removed meanwhile");
    return row.name;
  }
}
