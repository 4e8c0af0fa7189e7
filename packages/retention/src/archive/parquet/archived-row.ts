import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import { type AuditEventRow, invalidArgument, jsonProblem, rowProblem } from "@agent-assembly/storage-core/backend";

/**
 * A stored row in the form of the archive: the same, with its payload as canonical JSON. It is validated: what could not be
 * restored must fail before anything is dropped.
 * @param index of the row in the partition, for messages
 * @throws `invalid_argument`
 */
export function archivedRow(row: AuditEventRow, index: number): AuditEventRow {
  const problem = rowProblem(row);
  if (problem !== undefined) throw refused(index, problem);
  return row.payload === null ? row : { ...row, payload: canonicalText(row.payload, index) };
}

function canonicalText(text: string, index: number): string {
  let payload: JsonValue;
  try {
    payload = JSON.parse(text) as JsonValue;
  } catch {
    throw refused(index, "payload is not JSON");
  }
  const problem = jsonProblem(payload);
  if (problem !== undefined) throw refused(index, `payload ${problem}`);
  return canonicalJson(payload);
}

function refused(index: number, reason: string): Error {
  return invalidArgument(`rows[${index}]`, `cannot be archived: ${reason}`);
}
