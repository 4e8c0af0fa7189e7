import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";

/** A call, its answer, and responses, as the Responses API has them. */
export const call = (id: string, name: string, args: JsonValue = "{}"): JsonObject => ({
  type: "function_call",
  id: `fc_${id}`,
  call_id: id,
  name,
  arguments: args,
});
export const output = (id: string, value: JsonValue): JsonObject => ({
  type: "function_call_output",
  call_id: id,
  output: value,
});
export const user = (content: string): JsonObject => ({ role: "user", content });
export const response = (id: string, items: JsonValue[], more: JsonObject = {}): JsonObject => ({
  id,
  object: "response",
  created_at: 1795600100,
  model: "m",
  output: items,
  ...more,
});
export const lines = (...values: unknown[]): string => values.map((value) => JSON.stringify(value)).join("\n");
