import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { asText, isObject, readResult } from "../../calls/values.js";
import type { ItemCall, Outcome } from "../response-items.js";

/** What an event says of a call that an item made, or of one that only events know. */
export interface Report {
  readonly id: string;
  /** Where the event says all of the call. */
  readonly call: ItemCall | undefined;
  readonly details: Readonly<Record<string, JsonValue>>;
  readonly error: boolean;
  readonly decision?: "allow" | "deny";
  readonly by?: string;
}

/** Reads the events that say how a call ended, or what was decided about it. */
export function readReport(event: JsonObject): Report | undefined {
  if (event.type === "item_completed") return isObject(event.item) ? itemReport(event.item) : undefined;
  const id = asText(event.call_id) ?? asText(event.target_item_id);
  if (id === undefined) return undefined;
  switch (event.type) {
    case "exec_command_end": {
      const error = typeof event.exit_code === "number" && event.exit_code !== 0;
      const source = asText(event.source);
      const call = made(id, "exec_command", pick(event, ["command", "cwd"]), {
        result: asText(event.aggregated_output) ?? outputOf(event),
        error,
      });
      return {
        id,
        call: { ...call, details: { source: source === "agent" ? undefined : source } },
        details: pick(event, [["exit_code", "exitCode"]]),
        error,
        ...declined(event),
      };
    }
    case "patch_apply_end": {
      const error = event.success === false;
      const call = made(id, "apply_patch", pick(event, ["changes"]), {
        result: outputOf(event),
        error,
      });
      return { id, call, details: {}, error, ...declined(event) };
    }
    case "mcp_tool_call_end":
      return mcpReport(id, event);
    case "dynamic_tool_call_response": {
      const error = event.success === false;
      const tool = asText(event.tool);
      const outcome = { result: event.content_items, error: asText(event.error) ?? error };
      return {
        id,
        call: tool === undefined ? undefined : made(id, tool, event.arguments, outcome),
        details: {},
        error,
      };
    }
    case "guardian_assessment":
      // While it is in progress, timed out or was given up, nothing is decided.
      if (event.status !== "approved" && event.status !== "denied") return undefined;
      return {
        id,
        call: undefined,
        details: {},
        error: false,
        decision: event.status === "approved" ? "allow" : "deny",
        by: "guardian",
      };
  }
  return { id, call: undefined, details: {}, error: false };
}

/** The items of a turn, which newer versions write in place of the events of each kind. */
function itemReport(item: JsonObject): Report | undefined {
  const event = { ...item, call_id: item.id ?? null };
  switch (item.type) {
    case "CommandExecution":
      return readReport({ ...event, type: "exec_command_end" });
    case "FileChange":
      return readReport({ ...event, type: "patch_apply_end", success: item.status === "completed" });
    case "McpToolCall":
      return readReport({
        ...event,
        type: "mcp_tool_call_end",
        invocation: pick(item, ["server", "tool", "arguments"]),
        result: item.error === undefined || item.error === null ? { Ok: item.result ?? null } : { Err: item.error },
      });
    case "DynamicToolCall":
      return readReport({ ...event, type: "dynamic_tool_call_response" });
  }
  return undefined;
}

function mcpReport(id: string, event: JsonObject): Report {
  const invocation = isObject(event.invocation) ? event.invocation : {};
  const { result } = event;
  const ok = isObject(result) ? result.Ok : undefined;
  const failure = isObject(result) ? result.Err : undefined;
  const error = failure !== undefined || (isObject(ok) && ok.isError === true);
  const server = asText(invocation.server);
  const tool = asText(invocation.tool);
  const content = isObject(ok) ? (ok.content ?? ok) : (failure ?? result);
  const call = tool === undefined ? undefined : made(id, tool, invocation.arguments, { result: content, error });
  return {
    id,
    call: call === undefined ? undefined : { ...call, details: { server } },
    details: server === undefined ? {} : { server },
    error,
  };
}

function made(id: string, tool: string, args: JsonValue | undefined, outcome: Outcome): ItemCall {
  return { kind: "call", id, tool, arguments: args, outcome };
}

/** What a command wrote: its text, or what stands in its place. */
function outputOf({ stdout = null, stderr = null }: JsonObject): JsonValue {
  const parts = [stdout, stderr].filter((part) => part !== null);
  return parts.every((part) => typeof part === "string") ? parts.join("") : { stdout, stderr };
}

function declined({ status }: JsonObject): { decision?: "deny"; by?: string } {
  return status === "declined" ? { decision: "deny", by: "user" } : {};
}

/** Members of an object that are there, some under another name. */
function pick(object: JsonObject, members: readonly (string | readonly [string, string])[]): JsonObject {
  const found: JsonObject = {};
  for (const member of members) {
    const [from, to] = typeof member === "string" ? [member, member] : member;
    const value = object[from];
    if (value !== undefined && value !== null) found[to] = value;
  }
  return found;
}

const SHELLS: readonly string[] = [
  "shell",
  "shell_command",
  "exec_command",
  "write_stdin",
  "local_shell",
  "container.exec",
  "apply_patch",
];
const EXIT_LINE =
  /^(?:Chunk ID: [^\n]*\n)?(?:Wall time: [^\n]*\n)?(?:Exit code: |Process exited with code )(-?\d+)(?:\n|$)/;

/** The exit code that the output of a shell begins with; other tools may say the same of something else. */
export function exitCodeIn(tool: string | undefined, output: JsonValue | undefined): number | undefined {
  if (tool === undefined || !SHELLS.includes(tool)) return undefined;
  const { value } = readResult(output);
  if (isObject(value)) {
    const code = isObject(value.metadata) ? value.metadata.exit_code : undefined;
    return typeof code === "number" ? code : undefined;
  }
  const code = typeof value === "string" ? EXIT_LINE.exec(value)?.[1] : undefined;
  return code === undefined ? undefined : Number(code);
}
