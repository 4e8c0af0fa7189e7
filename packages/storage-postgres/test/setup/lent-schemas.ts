import { randomBytes } from "node:crypto";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { afterAll, onTestFinished } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { connect, type Sql } from "../../src/driver/client/connect.js";
import { type PostgresStorageOptions, parsePostgresOptions } from "../../src/options.js";
import { SchemaPool } from "../../src/testing/schema-pool.js";
import {
  type DatabaseOptions,
  emptyDatabase,
  type OwnDatabase,
  type PostgresProfile,
  withoutBackgroundJobs,
} from "./database.js";

/** A migrated and empty schema that belongs to the running test. */
export interface LentSchema {
  /** For `openPostgresStorage` too. */
  readonly options: DatabaseOptions & { readonly schema: string };
  /** A superuser's connections; names without a schema are those of this one. */
  readonly sql: Sql;
  /** A store in it, closed when the test is over. */
  open(options?: Partial<PostgresStorageOptions>): Promise<StorageBackend>;
}

/**
 * Schemas for the tests of a file, which use them one after the other: to empty one costs a fraction of making one. What a
 * test leaves in one but rows makes it fail.
 */
export class LentSchemas {
  readonly #databases = new Map<PostgresProfile, Promise<{ database: OwnDatabase; schemas: SchemaPool }>>();

  /** To be called where `afterAll` can be. @param label whose they are: lower-case letters, digits and underscores */
  constructor(private readonly label: string) {
    afterAll(() => this.#drop());
  }

  async take(profile: PostgresProfile): Promise<LentSchema> {
    const { database, schemas } = await this.#of(profile);
    const schema = await schemas.take();
    onTestFinished(() => schemas.giveBack(schema));
    const options = { ...database.options, schema };
    const sql = connectTo(options);
    onTestFinished(() => sql.end({ timeout: 5 }));
    const open = async (more: Partial<PostgresStorageOptions> = {}): Promise<StorageBackend> => {
      const backend = await openPostgresStorage({ ...options, minConnections: 0, ...more });
      onTestFinished(() => backend.close());
      return backend;
    };
    return { options, sql, open };
  }

  /** A place for a schema that the test itself makes, dropped when the test is over. */
  async bare(profile: PostgresProfile): Promise<Pick<LentSchema, "options" | "sql">> {
    const { database } = await this.#of(profile);
    const options = { ...database.options, schema: `bare_${randomBytes(6).toString("hex")}` };
    const sql = connectTo(options);
    onTestFinished(async () => {
      await sql.unsafe(`DROP SCHEMA IF EXISTS ${options.schema} CASCADE`);
      await sql.end({ timeout: 5 });
    });
    return { options, sql };
  }

  #of(profile: PostgresProfile) {
    const known = this.#databases.get(profile) ?? this.#make(profile);
    this.#databases.set(profile, known);
    return known;
  }

  async #make(profile: PostgresProfile) {
    const database = await emptyDatabase(profile, this.label);
    await withoutBackgroundJobs(database.options);
    return { database, schemas: new SchemaPool(database.options) };
  }

  async #drop(): Promise<void> {
    for (const made of this.#databases.values()) {
      const { database, schemas } = await made;
      await schemas.close();
      await database.drop();
    }
  }
}

function connectTo(options: DatabaseOptions & { readonly schema: string }): Sql {
  const resolved = parsePostgresOptions(options);
  const settings = { search_path: `${options.schema}, public` };
  return connect({ ...resolved, settings, maxConnections: 6, applicationName: "aasm test" });
}
