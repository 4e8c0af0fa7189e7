import * as z from "zod/mini";
import type { BackendName } from "../../backends/names.js";
import { DEFAULTS } from "../defaults.js";
import { MODES, type Mode } from "../names.js";
import { POSTGRES_PROTOCOLS } from "../url.js";
import { backendName, integer, optionsSection, section, text, urlOf } from "./fields.js";
import { retentionSchema } from "./retention-schema.js";
import { approvalSchema, redisSchema, stateSchema } from "./state-schema.js";

const { postgres } = DEFAULTS;

/** `require` refuses a server without TimescaleDB, `prefer` runs on what is there, `off` does not use it. */
export const TIMESCALE_MODES = ["require", "prefer", "off"] as const;

/** Of a fixed length, since chunks have one: no months. */
const interval = z
  .string()
  .check(z.regex(/^[1-9]\d{0,5} (minute|hour|day|week)s?$/, 'an interval such as "7 days", "12 hours" or "1 week"'));

const schemaName = z
  .string()
  .check(
    z.regex(
      /^(?!pg_)[a-z_][a-z0-9_-]{0,62}$/i,
      "a name of at most 63 letters, digits, _ and -, not beginning with pg_",
    ),
  );

const postgresSchema = section({
  database_url: z.optional(urlOf(POSTGRES_PROTOCOLS)),
  schema: z._default(schemaName, postgres.schema),
  max_connections: z._default(integer(1, 1000), postgres.max_connections),
  min_connections: z._default(integer(0, 1000), postgres.min_connections),
  connect_timeout_secs: z._default(integer(1, 3600), postgres.connect_timeout_secs),
  statement_timeout_secs: z._default(integer(1, 86_400), postgres.statement_timeout_secs),
  lock_timeout_secs: z._default(integer(1, 86_400), postgres.lock_timeout_secs),
  prepare: z._default(z.boolean(), postgres.prepare),
  ssl: z.optional(z.literal([true, false, "require", "allow", "prefer", "verify-full"])),
  timescaledb: section({
    enabled: z._default(z.boolean(), postgres.timescaledb.enabled),
    mode: z.optional(z.enum(TIMESCALE_MODES)),
    chunk_interval: z._default(interval, postgres.timescaledb.chunk_interval),
    compression_policy: z._default(interval, postgres.timescaledb.compression_policy),
  }),
});

/** The file's shape. Every section may be missing. */
export const configSchema = z.strictObject({
  mode: z.optional(z.enum(MODES)),
  storage: section({
    backend: z.optional(backendName),
    options: optionsSection,
    sqlite: section({ path: z._default(text(), DEFAULTS.sqlite.path) }),
    postgres: postgresSchema,
    redis: redisSchema,
    state: stateSchema,
    approvals: approvalSchema,
    retention: retentionSchema,
  }),
});

/** What the schema makes of a file, with its defaults filled in. */
export type ParsedConfig = z.output<typeof configSchema>;

export type PostgresConfig = ParsedConfig["storage"]["postgres"];

/** A complete configuration: every default filled in, `mode` and `storage.backend` settled. */
export interface Config {
  readonly mode: Mode;
  readonly storage: Readonly<Omit<ParsedConfig["storage"], "backend">> & {
    /** One of ours, a package, or the absolute path of a module, whose options are in `options`. */
    readonly backend: BackendName | (string & {});
  };
}
