import type { PolicyFormat, PolicySummary } from "@agent-assembly/storage-core";
import type {
  ActivationsWanted,
  PolicyActivationRow,
  PolicyDecision,
  PolicyDriver,
  PolicyState,
  PolicyVersionInfoRow,
  PolicyVersionRow,
} from "@agent-assembly/storage-core/backend";
import { and, asc, desc, eq, max } from "drizzle-orm";
import { type Db, runDrizzle } from "../driver/drizzle.js";
import type { Pool, TransactionSql } from "../driver/pool.js";
import { rows, type Statement } from "../driver/statement.js";
import { sqlOfLimits, UNDONE, untilUndisturbed } from "../driver/undisturbed.js";
import { type Tables, tablesIn } from "../schema/tables.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { toStoredJson } from "../sql/stored-json.js";
import { fromTimestamp, toTimestamp } from "../sql/timestamps.js";
import { announceChange } from "./policy-changes.js";
import type { RecordedEvents } from "./recorded-events.js";

const UNIQUE_VIOLATION = "23505";

type PolicyTables = Pick<Tables, "policyVersions" | "policyActive" | "policyActivations">;

/** `LIMIT` of the activations; `null` means no limit. */
const ACTIVATIONS: Readonly<Record<ActivationsWanted, number | null>> = { none: 0, newest: 1, all: null };

/** Another process stored the same version, or the first active one, meanwhile. */
const REPEATED: ReadonlySet<string | undefined> = new Set([...UNDONE, UNIQUE_VIOLATION]);

/**
 * The policies' tables. Changes of one policy are serialized across processes: each locks the policy's row in
 * `policy_active`. Where there is none yet, the primary keys let only one of several changes through; the others are
 * repeated, and then lock the table, which holds off all changes of policies for the moment.
 */
export class PostgresPolicyDriver implements PolicyDriver {
  readonly #tables: PolicyTables;
  /** The schema's name, quoted, and a dot. */
  readonly #in: string;

  /**
   * @param onChange called with the name of a policy whose active version may have changed
   * @param events where changes are recorded; default: nowhere
   */
  constructor(
    private readonly pool: Pool,
    private readonly onChange: (name: string) => void,
    private readonly events?: RecordedEvents | undefined,
  ) {
    this.#tables = tablesIn(pool.options.schema);
    this.#in = `${quoteIdentifier(pool.options.schema)}.`;
  }

  /**
   * Takes four round trips where statements are prepared: begin, lock and state, insert, commit. Repeated with the
   * newest state when the server rolls it back in favour of another transaction.
   */
  async change<T>(
    name: string,
    wanted: ActivationsWanted,
    decide: (state: PolicyState | undefined) => PolicyDecision<T>,
  ): Promise<T> {
    let activates = false;
    let isRecorded = false;
    await this.events?.ready();
    try {
      const changed = await untilUndisturbed(
        (attempt) =>
          this.pool.transaction(async (sql) => {
            const state = await this.#lockedState(sql, name, wanted, attempt === 1 ? "row" : "table");
            const { newVersion, newActivation, event, result } = decide(state);
            activates ||= newActivation !== undefined;
            isRecorded = event !== undefined && this.events !== undefined;
            await this.#send(sql, [
              ...(newVersion === undefined ? [] : [insertVersion(this.#in, newVersion)]),
              ...(newActivation === undefined ? [] : setActive(this.#in, newActivation, state)),
              ...(newActivation === undefined ? [] : [announceChange(this.pool.options.schema, name)]),
              ...(event === undefined || this.events === undefined ? [] : [this.events.statement(event)]),
            ]);
            return result;
          }),
        REPEATED,
      );
      if (isRecorded) this.events?.committed();
      return changed;
    } finally {
      // After a failure too, because the failed change may have been stored.
      if (activates) this.onChange(name);
    }
  }

  async active(name: string): Promise<PolicyVersionRow | undefined> {
    const { policyVersions, policyActive } = this.#tables;
    const [row] = await this.#run((db) =>
      db
        .select({ of: policyVersions })
        .from(policyActive)
        .innerJoin(
          policyVersions,
          and(eq(policyVersions.name, policyActive.name), eq(policyVersions.version, policyActive.version)),
        )
        .where(eq(policyActive.name, name))
        .prepare("active_policy")
        .execute(),
    );
    return row?.of;
  }

  async version(name: string, version: number): Promise<PolicyVersionRow | undefined> {
    const { policyVersions } = this.#tables;
    const [row] = await this.#run((db) =>
      db
        .select()
        .from(policyVersions)
        .where(and(eq(policyVersions.name, name), eq(policyVersions.version, version)))
        .prepare("policy_version")
        .execute(),
    );
    return row;
  }

  versions(name: string): Promise<readonly PolicyVersionInfoRow[]> {
    const { policyVersions: table } = this.#tables;
    const { version, format, digest, size, actor, createdAt } = table;
    return this.#run((db) =>
      db
        .select({ name: table.name, version, format, digest, size, actor, createdAt })
        .from(table)
        .where(eq(table.name, name))
        .orderBy(desc(version)),
    );
  }

  activations(name: string): Promise<readonly PolicyActivationRow[]> {
    const { policyActivations: table } = this.#tables;
    const { fromVersion: from, toVersion: to, kind, actor, at } = table;
    return this.#run((db) =>
      db
        .select({ name: table.name, from, to, kind, actor, at })
        .from(table)
        .where(eq(table.name, name))
        .orderBy(desc(table.id)),
    );
  }

  async list(): Promise<PolicySummary[]> {
    const { policyVersions, policyActive } = this.#tables;
    const found = await this.#run((db) =>
      db
        .select({ name: policyVersions.name, latest: max(policyVersions.version), active: policyActive.version })
        .from(policyVersions)
        .leftJoin(policyActive, eq(policyActive.name, policyVersions.name))
        .groupBy(policyVersions.name, policyActive.version)
        .orderBy(asc(policyVersions.name)),
    );
    return found.map(({ name, latest, active }) => ({ name, latest: latest as number, active }));
  }

  /**
   * The lock is taken by a separate statement, because a statement sees the data as of its start, not as of its lock.
   */
  async #lockedState(
    sql: TransactionSql,
    name: string,
    wanted: ActivationsWanted,
    locked: "row" | "table",
  ): Promise<PolicyState | undefined> {
    if (!this.pool.options.prepare) await sql.unsafe(sqlOfLimits(this.pool.options));
    const lock = locked === "row" ? lockRow(this.#in, name) : lockTable(this.#in);
    const [, found] = await this.#send(sql, [lock, selectState(this.#in, name, wanted)]);
    return toState(name, found as StateRow[]);
  }

  /** Sent together; the server runs them in this order. */
  #send(sql: TransactionSql, statements: readonly Statement[]): Promise<unknown[]> {
    return Promise.all(statements.map((statement) => rows(sql, statement, this.pool.options.prepare)));
  }

  #run<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return runDrizzle(this.pool, work);
  }
}

/** Locks the policy until the end of this transaction, if it was ever activated. */
function lockRow(schema: string, name: string): Statement {
  return { text: `SELECT FROM ${schema}policy_active WHERE name = $1 FOR UPDATE`, values: [name] };
}

/** Waits for the changes that hold a row or are about to insert one, and holds off others. */
function lockTable(schema: string): Statement {
  return { text: `LOCK TABLE ${schema}policy_active IN EXCLUSIVE MODE`, values: [] };
}

/** The newest and the active version, one row for each requested activation and at least one row. */
type StateRow = readonly [
  version: number,
  format: PolicyFormat,
  digest: string,
  size: number,
  actor: string,
  createdAt: string,
  active: number | null,
  from: number | null,
  to: number | null,
  kind: PolicyActivationRow["kind"],
  actor: string,
  at: string,
];

function selectState(schema: string, name: string, wanted: ActivationsWanted): Statement {
  return {
    text: `
      SELECT v.version, v.format, v.digest, v.size, v.actor, v.created_at, c.version,
        a.from_version, a.to_version, a.kind, a.actor, a.at
      FROM (SELECT * FROM ${schema}policy_versions WHERE name = $1 ORDER BY version DESC LIMIT 1) v
      LEFT JOIN ${schema}policy_active c ON c.name = v.name
      LEFT JOIN (SELECT * FROM ${schema}policy_activations WHERE name = $1 ORDER BY id DESC LIMIT $2::bigint) a ON true
      ORDER BY a.id`,
    values: [name, ACTIVATIONS[wanted]],
  };
}

function toState(name: string, found: readonly StateRow[]): PolicyState | undefined {
  const [first] = found;
  if (first === undefined) return undefined;
  const [version, format, digest, size, actor, createdAt, active] = first;
  const activations = found.flatMap(([, , , , , , , from, to, kind, actor, at]) =>
    to === null ? [] : [{ name, from, to, kind, actor, at: fromTimestamp(at) }],
  );
  const latest = { name, version, format, digest, size, actor, createdAt: fromTimestamp(createdAt) };
  return { latest, active, activations };
}

function insertVersion(schema: string, version: PolicyVersionRow): Statement {
  const { name, format, digest, size, actor, createdAt, source, document } = version;
  return {
    text: `
      INSERT INTO ${schema}policy_versions
        (name, version, format, digest, size, actor, created_at, source, document)
      VALUES ($1, $2, $3, $4, $5, $6, $7, decode($8, 'base64'), $9)`,
    values: [
      name,
      version.version,
      format,
      digest,
      size,
      actor,
      toTimestamp(createdAt),
      Buffer.from(source).toString("base64"),
      toStoredJson(document),
    ],
  };
}

function setActive(
  schema: string,
  { name, from, to, kind, actor, at }: PolicyActivationRow,
  state: PolicyState | undefined,
): Statement[] {
  // No upsert: the first activation must not replace one of another process that this one has not seen.
  const isFirst = state === undefined || state.active === null;
  return [
    {
      text: isFirst
        ? `INSERT INTO ${schema}policy_active (name, version) VALUES ($1, $2)`
        : `UPDATE ${schema}policy_active SET version = $2 WHERE name = $1`,
      values: [name, to],
    },
    {
      text: `INSERT INTO ${schema}policy_activations (name, from_version, to_version, kind, actor, at)
        VALUES ($1, $2, $3, $4, $5, $6)`,
      values: [name, from, to, kind, actor, toTimestamp(at)],
    },
  ];
}
