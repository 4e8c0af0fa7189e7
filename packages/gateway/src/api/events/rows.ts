import type { AuditEvent, JsonValue } from "@agent-assembly/storage-core";
import { toolOf } from "@agent-assembly/storage-core/backend";
import { PREVIEW_LENGTH } from "../schemas/events.js";

/** An event as lists show it: payloads may be long, and are read one by one. */
export interface EventRow extends Omit<AuditEvent, "payload"> {
  readonly tool?: string;
  /** The beginning of the payload's arguments, or of the payload, as JSON text. */
  readonly preview?: string;
  readonly payload?: JsonValue;
}

/** @param full whether the row carries its payload */
export function eventRow({ payload, ...event }: AuditEvent, full: boolean): EventRow {
  const tool = toolOf(payload);
  return {
    ...event,
    ...(tool !== null && { tool }),
    ...(payload !== undefined && { preview: previewOf(payload) }),
    ...(full && payload !== undefined && { payload }),
  };
}

function previewOf(payload: JsonValue): string {
  const hasArguments = typeof payload === "object" && payload !== null && Object.hasOwn(payload, "arguments");
  const shown = hasArguments ? (payload as { arguments: JsonValue }).arguments : payload;
  const text = typeof shown === "string" ? shown : JSON.stringify(shown);
  // Half of a surrogate pair is no character.
  return text.slice(0, PREVIEW_LENGTH).replace(/[\ud800-\udbff]$/, "");
}
