import { randomBytes } from "node:crypto";
import { connect, type Sql } from "../driver/client/connect.js";
import { migratePostgres } from "../migrate.js";
import { type PostgresStorageOptions, parsePostgresOptions } from "../options.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { emptySchema, leftoversIn } from "./empty-schema.js";
import { differences, type SchemaFacts, SchemaReader } from "./schema-facts.js";
import { endHolders } from "./sessions.js";

/** A migrated schema, as it was when it was new. */
interface Known {
  readonly reader: SchemaReader;
  readonly fresh: SchemaFacts;
}

/** Long enough to drop many chunks on a machine that is busy. */
const STATEMENT_TIMEOUT_MS = 120_000;
const PATIENCE_MS = 5000;

/**
 * Migrated, empty schemas of one database. One that was given back is emptied and lent again, but only after its catalog was
 * compared with what it was when it was new: what a case leaves behind is found when the case ends.
 */
export class SchemaPool {
  readonly #known = new Map<string, Known>();
  readonly #idle: string[] = [];
  readonly #lent = new Set<string>();
  #client: Sql | undefined;

  /** @param patienceMs how long connections that were just closed may take to end on the server */
  constructor(
    private readonly target: PostgresStorageOptions,
    private readonly patienceMs: number = PATIENCE_MS,
  ) {}

  /** One connection to the database, for looking at the schemas; made when it is needed. */
  get sql(): Sql {
    this.#client ??= connect({
      ...parsePostgresOptions(this.target),
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      maxConnections: 1,
      applicationName: "aasm testing",
    });
    return this.#client;
  }

  /**
   * A schema that nothing else uses until it is given back; to be opened with `migrate: "off"`.
   * @throws an error when a schema was written to after its case was over
   */
  async take(): Promise<string> {
    const idle = this.#idle.pop();
    if (idle === undefined) return this.#create();
    const { reader, fresh } = this.#of(idle);
    if ((await reader.rowsDigest(this.sql)) === fresh.rowsDigest) {
      this.#lent.add(idle);
      return idle;
    }
    const left = differences(fresh.fixed, (await reader.read(this.sql)).fixed);
    await this.#drop(idle);
    throw new Error(`something went on in the schema ${idle} after its case was over: ${left.join("; ")}`);
  }

  /**
   * To be called when the stores in it are closed; without effect when it is called again.
   * @throws an error that names what was left behind; the schema is dropped then
   */
  async giveBack(schema: string): Promise<void> {
    if (!this.#lent.delete(schema)) return;
    try {
      if (await this.#restore(schema)) return void this.#idle.push(schema);
    } catch (error) {
      await this.#drop(schema).catch((cause: unknown) => {
        throw new AggregateError([error, cause], `${String(error)}; and then ${schema} could not be dropped: ${cause}`);
      });
      throw error;
    }
    await this.#drop(schema);
  }

  /** Drops the schemas that are not lent and ends the connection; the pool can be used again. */
  async close(): Promise<void> {
    try {
      for (const schema of this.#idle.splice(0)) await this.#drop(schema);
    } finally {
      const client = this.#client;
      this.#client = undefined;
      await client?.end({ timeout: 5 });
    }
  }

  async #create(): Promise<string> {
    const schema = `store_${randomBytes(6).toString("hex")}`;
    await migratePostgres({ ...this.target, schema });
    const reader = await SchemaReader.of(this.sql, schema);
    this.#known.set(schema, { reader, fresh: await reader.read(this.sql) });
    this.#lent.add(schema);
    return schema;
  }

  /** @returns whether it is as it was when it was new; false when it is merely worn out. @throws as {@link giveBack} */
  async #restore(schema: string): Promise<boolean> {
    const { reader, fresh } = this.#of(schema);
    const look = () => leftoversIn(this.sql, schema, { keeping: reader.filled, timescale: reader.timescale });
    const { holders, filled } = await endHolders(this.sql, look, this.patienceMs);
    // Over the one connection, where the second waits for the first.
    const [, digest] = await Promise.all([emptySchema(this.sql, schema, filled), reader.digest(this.sql)]);
    if (holders.length === 0 && digest === fresh.digest) return true;
    const left = [...holders.map(({ what }) => what), ...differences(fresh.fixed, (await reader.read(this.sql)).fixed)];
    if (left.length > 0) throw new Error(`the case left something behind in ${schema}: ${left.join("; ")}`);
    return false;
  }

  async #drop(schema: string): Promise<void> {
    this.#known.delete(schema);
    await this.sql.unsafe(`DROP SCHEMA IF EXISTS ${quoteIdentifier(schema)} CASCADE`);
  }

  #of(schema: string): Known {
    const known = this.#known.get(schema);
    if (known === undefined) throw new TypeError(`the schema ${schema} is not of this pool`);
    return known;
  }
}
