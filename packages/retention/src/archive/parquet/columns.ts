import {
  AUDIT_EVENT_COLUMNS,
  type AuditColumnType,
  type AuditEventColumn,
  type AuditEventRow,
  type AuditMember,
} from "@agent-assembly/storage-core/backend";
import type { SchemaElement } from "hyparquet";
import type { ArchivedColumn } from "../manifest/manifest.js";

/** The types of columns as manifests name them. */
const TYPE_NAMES: Readonly<Record<AuditColumnType, string>> = {
  timestamp: "TIMESTAMP(ms, UTC)",
  uuid: "STRING",
  text: "STRING",
  boolean: "BOOLEAN",
  json: "STRING",
};

const PARQUET_TYPES: Readonly<Record<AuditColumnType, Omit<SchemaElement, "name">>> = {
  timestamp: {
    type: "INT64",
    converted_type: "TIMESTAMP_MILLIS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
  },
  uuid: text(),
  text: text(),
  boolean: { type: "BOOLEAN" },
  json: text(),
};

function text(): Omit<SchemaElement, "name"> {
  return { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } };
}

export const PAYLOAD_COLUMN = "payload";

/** In file order. The payload is last: what stands before it is read in one piece, and often it is not read at all. */
const COLUMNS: readonly AuditEventColumn[] = [
  ...AUDIT_EVENT_COLUMNS.filter(({ column }) => column !== PAYLOAD_COLUMN),
  ...AUDIT_EVENT_COLUMNS.filter(({ column }) => column === PAYLOAD_COLUMN),
];

/** The columns as manifests list them. */
export const ARCHIVED_COLUMNS: readonly ArchivedColumn[] = COLUMNS.map(({ column, type, nullable }) => ({
  name: column,
  type: TYPE_NAMES[type],
  nullable,
}));

/** The place of the event in the log of its store, of archives with evidence. Before the payload. */
export const LEAF_COLUMN: ArchivedColumn = { name: "leaf_index", type: "INT64", nullable: true };

/** All columns that a file can have. */
export const KNOWN_COLUMNS: readonly ArchivedColumn[] = [...ARCHIVED_COLUMNS, LEAF_COLUMN];

/** The columns of archives with evidence. */
export const SEALED_COLUMNS: readonly ArchivedColumn[] = [
  ...ARCHIVED_COLUMNS.slice(0, -1),
  LEAF_COLUMN,
  ...ARCHIVED_COLUMNS.slice(-1),
];

/** The types that columns are read by. */
export type FileColumnType = AuditColumnType | "integer";

/** An archived event; `leafIndex` is null where it was not sealed, and in a file without evidence. */
export interface ArchivedRow extends AuditEventRow {
  readonly leafIndex: number | null;
}

/** The Parquet schema: the root, then the columns. */
export const PARQUET_SCHEMA: SchemaElement[] = [
  { name: "audit_event", num_children: COLUMNS.length },
  ...COLUMNS.map(({ column, type, nullable }) => ({
    name: column,
    repetition_type: nullable ? ("OPTIONAL" as const) : ("REQUIRED" as const),
    ...PARQUET_TYPES[type],
  })),
];

const LEAF_ELEMENT: SchemaElement = { name: LEAF_COLUMN.name, repetition_type: "OPTIONAL", type: "INT64" };

/** The schema of archives with evidence. */
export function sealedSchema([root, ...elements]: readonly SchemaElement[]): SchemaElement[] {
  const payload = elements.at(-1) as SchemaElement;
  return [
    { name: root?.name as string, num_children: elements.length + 1 },
    ...elements.slice(0, -1),
    LEAF_ELEMENT,
    payload,
  ];
}

/** The column of leaves of a row group. */
export function leafColumnOf(leaves: readonly (number | null)[]) {
  const data = leaves.map((leaf) => (leaf === null ? null : BigInt(leaf)));
  return { name: LEAF_COLUMN.name, data, encoding: "PLAIN" as const, statistics: true };
}

/** A row group as the Parquet writer takes it. */
export function columnsOf(events: readonly AuditEventRow[]) {
  return COLUMNS.map(({ column, member, type }) => {
    const values = events.map((event) => event[member]);
    return {
      name: column,
      data: type === "timestamp" ? values.map((ms) => BigInt(ms as number)) : values,
      // All different: looking for repetitions would take longer than writing them.
      ...(type === "uuid" || type === "json" ? { encoding: "PLAIN" as const } : {}),
      // The smallest and the largest payload would repeat two payloads in the footer and help no query.
      statistics: type !== "json",
    };
  });
}

/** Makes a row of the columns of a row group, in the order of the file's columns but the payload. */
export type RowDecoder = (
  columns: readonly (readonly unknown[])[],
  row: number,
  payload: string | null,
) => ArchivedRow;

/**
 * A nullable column that a file lacks was added after the file was written: no event of the file has the member.
 * @param names of the file's columns, in its order, without the payload
 */
export function rowDecoder(names: readonly string[]): RowDecoder {
  const at = Object.fromEntries(COLUMNS.map(({ column, member }) => [member, names.indexOf(column)])) as Record<
    AuditMember,
    number
  >;
  const { ts, recordedAt, eventId, agentId, teamId, orgId, sessionId, traceId, action, decision, dryRun } = at;
  const { shadowDecision, matchedRuleId, tool } = at;
  const leafIndex = names.indexOf(LEAF_COLUMN.name);
  const absent: readonly unknown[] = [];
  const textOf = (columns: readonly (readonly unknown[])[], index: number, row: number): string | null =>
    ((columns[index] ?? absent)[row] as string | null | undefined) ?? null;
  // Unrolled: with variable names it takes a twentieth longer to read a file.
  return (columns, row, payload) => ({
    ts: columns[ts]?.[row] as number,
    recordedAt: columns[recordedAt]?.[row] as number,
    eventId: columns[eventId]?.[row] as string,
    agentId: columns[agentId]?.[row] as string,
    teamId: textOf(columns, teamId, row),
    orgId: textOf(columns, orgId, row),
    sessionId: textOf(columns, sessionId, row),
    traceId: textOf(columns, traceId, row),
    action: columns[action]?.[row] as string,
    decision: columns[decision]?.[row] as string,
    dryRun: columns[dryRun]?.[row] as boolean,
    shadowDecision: textOf(columns, shadowDecision, row),
    matchedRuleId: textOf(columns, matchedRuleId, row),
    tool: textOf(columns, tool, row),
    payload,
    leafIndex: ((columns[leafIndex] ?? absent)[row] as number | null | undefined) ?? null,
  });
}

/** A column of a file, as far as its values are read by it. */
export interface FileColumn {
  readonly name: string;
  readonly type: FileColumnType;
  readonly nullable: boolean;
}

/**
 * The columns of a file by its schema, in its order: flat, each known, none twice, none missing that every file has.
 * @throws `RangeError`
 */
export function fileColumns([root, ...elements]: readonly SchemaElement[]): readonly FileColumn[] {
  if (root?.num_children !== elements.length) throw new RangeError("its schema is not flat");
  const columns = elements.map((element): FileColumn => {
    if (element.name === LEAF_COLUMN.name) {
      const differs = COMPARED.some((member) => element[member] !== LEAF_ELEMENT[member]);
      if (differs) throw new RangeError(`its column ${LEAF_COLUMN.name} has another type`);
      return { name: LEAF_COLUMN.name, type: "integer", nullable: true };
    }
    const index = COLUMNS.findIndex(({ column }) => column === element.name);
    const known = COLUMNS[index];
    const wanted = PARQUET_SCHEMA[index + 1];
    if (known === undefined || wanted === undefined) throw new RangeError("it has an unknown column");
    const differs = COMPARED.some((member) => element[member] !== wanted[member]);
    if (differs) throw new RangeError(`its column ${known.column} has another type`);
    return { name: known.column, type: known.type, nullable: known.nullable };
  });
  if (new Set(columns.map(({ name }) => name)).size !== columns.length) throw new RangeError("it has a column twice");
  const missing = COLUMNS.find(({ column, nullable }) => !nullable && columns.every(({ name }) => name !== column));
  if (missing !== undefined) throw new RangeError(`it lacks the column ${missing.column}`);
  return columns;
}

const COMPARED = ["type", "repetition_type", "converted_type", "num_children"] as const;
