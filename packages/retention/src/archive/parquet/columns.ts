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

/** The Parquet schema: the root, then the columns. */
export const PARQUET_SCHEMA: SchemaElement[] = [
  { name: "audit_event", num_children: COLUMNS.length },
  ...COLUMNS.map(({ column, type, nullable }) => ({
    name: column,
    repetition_type: nullable ? ("OPTIONAL" as const) : ("REQUIRED" as const),
    ...PARQUET_TYPES[type],
  })),
];

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

/** Makes a row of the values of one row of a file, in the order of the file's columns but the payload. */
export type RowDecoder = (values: readonly unknown[], payload: string | null) => AuditEventRow;

/**
 * A nullable column that a file lacks was added after the file was written: no event of the file has the member.
 * @param columns of the file, in its order, without the payload
 * @returns `undefined` when a column is missing that every file has
 */
export function rowDecoder(columns: readonly string[]): RowDecoder | undefined {
  const complete = COLUMNS.every(({ column, nullable }) => nullable || columns.includes(column));
  if (!complete) return undefined;
  // A position after the end holds nothing. Unlike one before the start, it is read as fast as the others.
  const at = Object.fromEntries(
    COLUMNS.map(({ column, member }) => [member, columns.includes(column) ? columns.indexOf(column) : columns.length]),
  ) as Record<AuditMember, number>;
  const { ts, recordedAt, eventId, agentId, teamId, orgId, sessionId, traceId, action, decision, dryRun } = at;
  const { shadowDecision, matchedRuleId, tool } = at;
  // Unrolled: with variable names it takes a twentieth longer to read a file.
  return (values, payload) => ({
    ts: values[ts] as number,
    recordedAt: values[recordedAt] as number,
    eventId: values[eventId] as string,
    agentId: values[agentId] as string,
    teamId: optionalText(values[teamId]),
    orgId: optionalText(values[orgId]),
    sessionId: optionalText(values[sessionId]),
    traceId: optionalText(values[traceId]),
    action: values[action] as string,
    decision: values[decision] as string,
    dryRun: values[dryRun] as boolean,
    shadowDecision: optionalText(values[shadowDecision]),
    matchedRuleId: optionalText(values[matchedRuleId]),
    tool: optionalText(values[tool]),
    payload,
  });
}

function optionalText(value: unknown): string | null {
  return (value as string | null | undefined) ?? null;
}
