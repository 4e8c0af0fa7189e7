import { z } from "zod";
import { retentionSchema } from "./retention-schema.js";
import { approvalSchema, redisSchema } from "./state-schema.js";
import { urlOf } from "./url-schema.js";

/** Backends a configuration can name. `memory` keeps nothing: tests and throw-away runs. */
export const BACKEND_NAMES = ["sqlite", "postgres", "memory"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

export const MODES = ["local", "remote"] as const;
export type Mode = (typeof MODES)[number];

export const DEFAULT_SQLITE_PATH = "~/.aasm/local.db";

/** `require` refuses a server without TimescaleDB, `prefer` runs on what is there, `off` does not use it. */
export const TIMESCALE_MODES = ["require", "prefer", "off"] as const;

const positive = z.int().min(1);

/** Of a fixed length, since chunks have one: no months. */
const interval = z
  .string()
  .regex(/^[1-9]\d{0,5} (minute|hour|day|week)s?$/, 'an interval such as "7 days", "12 hours" or "1 week"');

/** The file's shape. Every section may be missing: the defaults are here and nowhere else. */
export const configSchema = z.strictObject({
  mode: z.enum(MODES).optional(),
  storage: z
    .strictObject({
      backend: z.enum(BACKEND_NAMES).optional(),
      sqlite: z.strictObject({ path: z.string().min(1).default(DEFAULT_SQLITE_PATH) }).prefault({}),
      postgres: z
        .strictObject({
          database_url: urlOf(["postgres:", "postgresql:"]).optional(),
          schema: z
            .string()
            .regex(
              /^(?!pg_)[a-z_][a-z0-9_-]{0,62}$/i,
              "a name of at most 63 letters, digits, _ and -, without pg_ before it",
            )
            .default("public"),
          max_connections: positive.max(1000).default(20),
          min_connections: z.int().min(0).max(1000).default(2),
          connect_timeout_secs: positive.max(3600).default(10),
          statement_timeout_secs: positive.max(86_400).default(30),
          lock_timeout_secs: positive.max(86_400).default(10),
          prepare: z.boolean().default(true),
          ssl: z.literal([true, false, "require", "allow", "prefer", "verify-full"]).optional(),
          timescaledb: z
            .strictObject({
              enabled: z.boolean().default(true),
              mode: z.enum(TIMESCALE_MODES).optional(),
              chunk_interval: interval.default("7 days"),
              compression_policy: interval.default("30 days"),
            })
            .prefault({}),
        })
        .prefault({}),
      redis: redisSchema.prefault({}),
      approvals: approvalSchema.prefault({}),
      retention: retentionSchema.prefault({}),
    })
    .prefault({}),
});

type Parsed = z.output<typeof configSchema>;

export type PostgresConfig = Parsed["storage"]["postgres"];

/** A complete configuration: every default filled in, `mode` and `storage.backend` settled. */
export interface Config {
  readonly mode: Mode;
  readonly storage: Readonly<Omit<Parsed["storage"], "backend">> & { readonly backend: BackendName };
}
