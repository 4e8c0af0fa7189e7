import { z } from "zod";

/** Backends a configuration can name. `memory` keeps nothing: tests and throw-away runs. */
export const BACKEND_NAMES = ["sqlite", "postgres", "memory"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

export const MODES = ["local", "remote"] as const;
export type Mode = (typeof MODES)[number];

export const DEFAULT_SQLITE_PATH = "~/.aasm/local.db";

/** `require` refuses a server without TimescaleDB, `prefer` runs on what is there, `off` does not use it. */
export const TIMESCALE_MODES = ["require", "prefer", "off"] as const;

/** What a check of a rate limit answers while Redis is away. */
export const AWAY_MODES = ["fail-open", "fail-closed", "local"] as const;

const positive = z.int().min(1);
const days = z.int().min(1).max(36_500);

/** Of a fixed length, since chunks have one: no months. */
const interval = z
  .string()
  .regex(/^[1-9]\d{0,5} (minute|hour|day|week)s?$/, 'an interval such as "7 days", "12 hours" or "1 week"');

const url = (protocols: readonly string[]): z.ZodString =>
  z
    .string()
    .refine(
      (text) => hasProtocol(text, protocols),
      `a URL that starts with ${protocols.join("// or ")}//, special characters of a password escaped with %`,
    );

const share = z.custom<number>(
  (value) => typeof value === "number" && value > 0 && value <= 1,
  "a number above 0, up to 1",
);

const redisUrl = url(["redis:", "rediss:"]).refine((text) => {
  const { pathname, search, hash } = URL.canParse(text) ? new URL(text) : { pathname: "", search: "", hash: "" };
  return search === "" && hash === "" && /^(\/\d{0,5})?$/.test(pathname);
}, "a URL such as redis://host:6379/2, with a database's number or nothing behind the host");

/** Five cron fields, each a list of `*`, numbers, ranges and steps. */
const CRON_FIELD = String.raw`(\*|\d{1,2}(-\d{1,2})?)(\/\d{1,2})?(,(\*|\d{1,2}(-\d{1,2})?)(\/\d{1,2})?)*`;
const cron = z
  .string()
  .regex(new RegExp(`^${CRON_FIELD}( ${CRON_FIELD}){4}$`), 'five cron fields in UTC such as "0 3 * * *"');

/** The file's shape. Every section may be missing: the defaults are here and nowhere else. */
export const configSchema = z.strictObject({
  mode: z.enum(MODES).optional(),
  storage: z
    .strictObject({
      backend: z.enum(BACKEND_NAMES).optional(),
      sqlite: z.strictObject({ path: z.string().min(1).default(DEFAULT_SQLITE_PATH) }).prefault({}),
      postgres: z
        .strictObject({
          database_url: url(["postgres:", "postgresql:"]).optional(),
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
      redis: z
        .strictObject({
          enabled: z.boolean().default(false),
          url: redisUrl.optional(),
          prefix: z
            .string()
            .regex(/^[\w.:-]{1,64}$/, 'at most 64 letters, digits and "_", ".", "-", ":"')
            .default("aasm"),
          cluster: z.boolean().default(false),
          policy_cache_ttl_secs: positive.max(86_400).default(30),
          max_connections: z.int().min(2).max(1000).default(10),
          connect_timeout_secs: positive.max(3600).default(5),
          command_timeout_ms: positive.max(60_000).default(500),
          when_away: z.enum(AWAY_MODES).default("local"),
          local_share: share.default(1),
        })
        .prefault({}),
      approvals: z
        .strictObject({
          expires_in_secs: positive.max(2_592_000).default(900),
          on_expiry: z.enum(["approve", "deny"]).default("deny"),
          lease_secs: positive.max(86_400).default(60),
          retain_days: positive.max(3650).default(7),
        })
        .prefault({}),
      retention: z
        .strictObject({
          hot_days: days.default(30),
          warm_days: days.default(90),
          cold_action: z.enum(["drop", "archive"]).default("drop"),
          archive_url: url(["file:", "s3:"]).optional(),
          schedule: cron.default("0 3 * * *"),
          dry_run: z.boolean().default(false),
        })
        .prefault({}),
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

function hasProtocol(text: string, protocols: readonly string[]): boolean {
  try {
    return protocols.includes(new URL(text).protocol);
  } catch {
    return false;
  }
}
