import type { ResolvedConnectionOptions } from "../../options.js";
import { quoteIdentifier } from "../../sql/identifiers.js";

/** Of a client, what its sessions are made of. */
export interface SessionOptions
  extends Pick<ResolvedConnectionOptions, "prepare" | "statementTimeoutMs" | "lockTimeoutMs" | "target" | "schema"> {
  /** The application name that the server shows in `pg_stat_activity`, unless the URL has one. */
  readonly applicationName: string;
  /** More settings of the session, by name, which a pooler in transaction mode rejects. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** What every pooler takes when a session begins, and keeps for the client. */
const POOLED = { TimeZone: "UTC", DateStyle: "ISO, MDY", standard_conforming_strings: "on" } as const;

/** What answers depend on beside the search path, and where a database or a role may say otherwise. */
export const SESSION_SETTINGS: Readonly<Record<string, string>> = {
  ...POOLED,
  bytea_output: "hex",
  extra_float_digits: "1",
  array_nulls: "on",
  transform_null_equals: "off",
  quote_all_identifiers: "off",
  row_security: "on",
  default_transaction_isolation: "read committed",
  default_transaction_deferrable: "off",
};

/**
 * No answer depends on these: intervals are read as numbers, and compiling takes longer than our statements. With the server's own
 * cost of a random page, which is that of a turning disk, the newest events of an agent are not read along the index but all
 * of the agent's are read and sorted, as long as the table has no statistics.
 */
const FURTHER = { IntervalStyle: "postgres", jit: "off", random_page_cost: "1.1" } as const;

/** What the server is told when a session begins; it wins over the settings of the database and of the role. */
export function sessionSettings(options: SessionOptions): Readonly<Record<string, string>> {
  const { prepare, statementTimeoutMs, lockTimeoutMs, target, schema, settings } = options;
  return {
    application_name: target.applicationName ?? options.applicationName,
    ...(target.options !== undefined && { options: target.options }),
    ...POOLED,
    // A pooler in transaction mode rejects sessions with other settings.
    ...(prepare && {
      ...SESSION_SETTINGS,
      ...FURTHER,
      // The server's own objects come first, since they are not named: no other schema can put one in their place.
      search_path: `${quoteIdentifier(schema)}, pg_temp`,
      statement_timeout: String(statementTimeoutMs),
      lock_timeout: String(lockTimeoutMs),
    }),
    ...settings,
  };
}
