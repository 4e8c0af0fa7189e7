/** PostgreSQL cuts longer names off. */
const MAX_NAME_BYTES = 63;
const NAME = /^[a-z_][a-z0-9_-]*$/i;
/** Whatever the case: names that differ from these in it alone would be taken for them. */
const OF_THE_SERVER = /^(pg_|information_schema$)/i;
const OF_EXTENSIONS = /^(_?timescaledb_|toolkit_experimental$)/i;

/** What may name the schema of a store, for messages. */
export const SCHEMA_NAMES =
  `a name of at most ${MAX_NAME_BYTES} letters, digits, _ and -, ` +
  "other than those of PostgreSQL (pg_..., information_schema) and TimescaleDB (_timescaledb_..., timescaledb_..., toolkit_experimental)";

/** Whether a name may be that of a schema of ours: the server and its extensions keep some for themselves. */
export function isSchemaName(name: string): boolean {
  return NAME.test(name) && name.length <= MAX_NAME_BYTES && !OF_THE_SERVER.test(name) && !OF_EXTENSIONS.test(name);
}
