import { describeShape, invalidArgument, isSchemaName, SCHEMA_NAMES } from "@agent-assembly/storage-core/backend";

/** @throws `invalid_argument` for what cannot name a schema of ours */
export function parseSchemaName(name: unknown): string {
  if (typeof name === "string" && isSchemaName(name)) return name;
  throw invalidArgument(
    "options.schema",
    `must be ${SCHEMA_NAMES}; got ${describeShape(name)}`,
    "Name a schema that holds nothing else; it is created when it is missing.",
  );
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
