import * as z from "zod/mini";
import { integer, section, text, urlOf } from "./fields.js";
import { BACKEND_NAMES, type BackendName, MODES, type Mode } from "./names.js";
import { retentionSchema } from "./retention-schema.js";
import { approvalSchema, redisSchema } from "./state-schema.js";

export const DEFAULT_SQLITE_PATH = "~/.aasm/local.db";

/** `require` refuses a server without TimescaleDB, `prefer` runs on what is there, `off` does not use it. */
export const TIMESCALE_MODES = ["require", "prefer", "off"] as const;

/** Of a fixed length, since chunks have one: no months. */
const interval = z
  .string()
  .check(z.regex(/^[1-9]\d{0,5} (minute|hour|day|week)s?$/, 'an interval such as "7 days", "12 hours" or "1 week"'));

const schemaName = z
  .string()
  .check(
    z.regex(/^(?!pg_)[a-z_][a-z0-9_-]{0,62}$/i, "a name of at most 63 letters, digits, _ and -, without pg_ before it"),
  );

const postgresSchema = section({
  database_url: z.optional(urlOf(["postgres:", "postgresql:"])),
  schema: z._default(schemaName, "public"),
  max_connections: z._default(integer(1, 1000), 20),
  min_connections: z._default(integer(0, 1000), 2),
  connect_timeout_secs: z._default(integer(1, 3600), 10),
  statement_timeout_secs: z._default(integer(1, 86_400), 30),
  lock_timeout_secs: z._default(integer(1, 86_400), 10),
  prepare: z._default(z.boolean(), true),
  ssl: z.optional(z.literal([true, false, "require", "allow", "prefer", "verify-full"])),
  timescaledb: section({
    enabled: z._default(z.boolean(), true),
    mode: z.optional(z.enum(TIMESCALE_MODES)),
    chunk_interval: z._default(interval, "7 days"),
    compression_policy: z._default(interval, "30 days"),
  }),
});

/** The file's shape. Every section may be missing: the defaults are here and nowhere else. */
export const configSchema = z.strictObject({
  mode: z.optional(z.enum(MODES)),
  storage: section({
    backend: z.optional(z.enum(BACKEND_NAMES)),
    sqlite: section({ path: z._default(text(), DEFAULT_SQLITE_PATH) }),
    postgres: postgresSchema,
    redis: redisSchema,
    approvals: approvalSchema,
    retention: retentionSchema,
  }),
});

type Parsed = z.output<typeof configSchema>;

export type PostgresConfig = Parsed["storage"]["postgres"];

/** A complete configuration: every default filled in, `mode` and `storage.backend` settled. */
export interface Config {
  readonly mode: Mode;
  readonly storage: Readonly<Omit<Parsed["storage"], "backend">> & { readonly backend: BackendName };
}
