import type { AuditEvent } from "@agent-assembly/storage-core";
import type { ParsedAuditFilter } from "@agent-assembly/storage-core/backend";

/** Whether a filter has a list without values. No query can say so, and nothing matches. */
export function matchesNothing({ texts }: ParsedAuditFilter): boolean {
  return texts.some(({ values }) => values.length === 0);
}

/** A filter as the parameters of a query. */
export function filterQuery({ from, to, texts, dryRun, payload }: ParsedAuditFilter): URLSearchParams {
  const query = new URLSearchParams();
  if (from !== undefined) query.set("from", new Date(from).toISOString());
  if (to !== undefined) query.set("to", new Date(to).toISOString());
  for (const { field, values } of texts) for (const value of values) query.append(field, value);
  if (dryRun !== undefined) query.set("dryRun", String(dryRun));
  for (const { pointer, value } of payload) {
    const plain = pointer.replaceAll("%", "%25").replaceAll("=", "%3D");
    query.append("payload", `${plain}=${JSON.stringify(value)}`);
  }
  return query;
}

/** An event, or a row of a list, as it is sent. */
export type SentEvent = Omit<AuditEvent, "ts" | "recordedAt"> & { readonly ts: string; readonly recordedAt: string };

/** The event of a row that has its payload. */
export function toEvent({
  tool: _,
  preview: __,
  ...row
}: SentEvent & { tool?: unknown; preview?: unknown }): AuditEvent {
  return { ...row, ts: new Date(row.ts), recordedAt: new Date(row.recordedAt) };
}
