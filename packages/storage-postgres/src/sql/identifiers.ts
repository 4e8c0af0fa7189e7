import { describeShape, invalidArgument } from "@agent-assembly/storage-core/backend";

/** PostgreSQL cuts longer names off. */
const MAX_NAME_BYTES = 63;

/** @throws `invalid_argument` for what cannot name a schema of ours */
export function parseSchemaName(name: unknown): string {
  if (typeof name !== "string" || !/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) || name.length > MAX_NAME_BYTES) {
    throw invalidArgument(
      "options.schema",
      `must be a name of at most ${MAX_NAME_BYTES} letters, digits, _ and -, got ${describeShape(name)}`,
    );
  }
  if (/^pg_/i.test(name))
    throw invalidArgument("options.schema", "must not start with pg_, which PostgreSQL keeps for itself");
  return name;
}

/** A name as SQL takes it literally. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL takes it literally, whatever `standard_conforming_strings` says. */
export function quoteLiteral(text: string): string {
  return text.includes("\\")
    ? `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;
}
