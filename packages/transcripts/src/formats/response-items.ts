import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { describeShape } from "@agent-assembly/storage-core/backend";
import { asText, isObject } from "../calls/values.js";

/** A call as an item of the Responses API has it, or an event of Codex. */
export interface ItemCall {
  readonly kind: "call";
  readonly id: string | undefined;
  readonly tool: string;
  readonly arguments: JsonValue | undefined;
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;
  /** An item that asks for the call has the same id, tool and arguments. */
  readonly sameById?: boolean;
  /** For calls that come with their outcome. */
  readonly outcome?: Outcome;
}

/** What became of a call. */
export interface Outcome {
  readonly result: JsonValue | undefined;
  readonly error?: JsonValue | undefined;
}

/** An answer in an item. */
export interface ItemAnswer {
  readonly kind: "answer";
  readonly id: string | undefined;
  /** Where the item has no id of the call. */
  readonly tool?: string;
  readonly output: JsonValue | undefined;
  readonly error?: true;
  readonly details?: Readonly<Record<string, JsonValue>>;
}

/** What was answered to a request for approval. */
export interface ItemDecision {
  readonly kind: "decision";
  readonly id: string | undefined;
  readonly approved: boolean;
  readonly reason: string | undefined;
}

/** What an item is to us; `undefined` when it is neither a call nor an answer. */
export type Item = ItemCall | ItemAnswer | ItemDecision | BadItem | undefined;

interface BadItem {
  readonly kind: "bad";
  readonly reason: string;
}

type Reader = (item: JsonObject, id: string | undefined) => Item;

/** Items of the Responses API that are calls, answers and decisions, and how they are read. */
const READERS: Readonly<Record<string, Reader>> = {
  function_call: (item, id) => named(item.name, { id, arguments: item.arguments, details: aboutCaller(item) }),
  custom_tool_call: (item, id) => named(item.name, { id, arguments: item.input, details: aboutCaller(item) }),
  // A call that was asked for first is known by the id of the request.
  mcp_call: (item, id) => {
    const asked = asText(item.approval_request_id);
    const { output, error } = item;
    const failed = isThere(error) ? error : hasFailed(item);
    const ended = isThere(output) || failed !== undefined || item.status === "completed";
    const outcome = ended ? { outcome: { result: output, error: failed } } : {};
    return mcp(item, asked ?? id, outcome);
  },
  mcp_approval_request: (item, id) => mcp(item, id),
  mcp_approval_response: (item) => {
    if (typeof item.approve !== "boolean") return bad("is an answer to a request for approval that does not say which");
    const reason = asText(item.reason);
    return { kind: "decision", id: asText(item.approval_request_id), approved: item.approve, reason };
  },
  computer_call: (item, id) => {
    const checks = item.pending_safety_checks;
    const pendingSafetyChecks = Array.isArray(checks) && checks.length > 0 ? checks : undefined;
    return named("computer", { id, arguments: item.action ?? item.actions, details: { pendingSafetyChecks } });
  },
  local_shell_call: (item, id) => named("local_shell", { id, arguments: item.action }),
  shell_call: (item, id) => named("shell", { id, arguments: item.action, details: aboutCaller(item) }),
  apply_patch_call: (item, id) => named("apply_patch", { id, arguments: item.operation, details: aboutCaller(item) }),
  tool_search_call: (item, id) => named("tool_search", { id, arguments: item.arguments }),
  program: (item, id) => named("program", { id, arguments: { code: item.code ?? null } }),
  // What the provider runs has its outcome in the item, or none.
  web_search_call: (item, id) =>
    named("web_search", { id, arguments: item.action, details: { error: hasFailed(item) } }),
  file_search_call: (item, id) =>
    named("file_search", { id, arguments: { queries: item.queries ?? null }, ...outcomeOf(item, item.results) }),
  code_interpreter_call: (item, id) =>
    named("code_interpreter", {
      id,
      arguments: { code: item.code ?? null, container_id: item.container_id ?? null },
      ...outcomeOf(item, item.outputs),
    }),
  image_generation_call: (item, id) =>
    named("image_generation", {
      id,
      arguments: item.revised_prompt === undefined ? undefined : { revised_prompt: item.revised_prompt },
      ...outcomeOf(item, item.result),
    }),
  function_call_output: (item, id) => answer(id, item.output),
  custom_tool_call_output: (item, id) => answer(id, item.output),
  computer_call_output: (item, id) => ended(item, id, item.output),
  local_shell_call_output: (item) => answerOf("local_shell", item, item.output),
  shell_call_output: (item, id) => ({ kind: "answer", id, output: item.output, ...shellOutcome(item.output) }),
  apply_patch_call_output: (item, id) => ended(item, id, item.output ?? null),
  tool_search_output: (item) => answerOf("tool_search", item, item.tools),
  program_output: (item, id) => ({ kind: "answer", id, output: item.result }),
};

/** Whether this is an item that is a call, an answer or a decision. */
export function isToolItem(item: JsonObject): boolean {
  return typeof item.type === "string" && Object.hasOwn(READERS, item.type);
}

/** Reads an item as the Responses API has it, and Codex writes it in `response_item` and `replacement_history`. */
export function readItem(item: JsonObject): Item {
  const { type } = item;
  if (typeof type !== "string") return undefined;
  if (Object.hasOwn(READERS, type)) return READERS[type]?.(item, asText(item.call_id) ?? asText(item.id));
  return /_call(?:_output)?$/.test(type) ? bad("is an item of a tool, of a type that is not known") : undefined;
}

/** Failures were written as an object with `success`, and once as it is sent to the model. */
function answer(id: string | undefined, output: JsonValue | undefined): ItemAnswer {
  if (!isObject(output) || output.content === undefined) return { kind: "answer", id, output };
  const failed = output.success === false ? { error: true as const } : {};
  return { kind: "answer", id, output: output.content_items ?? output.content, ...failed };
}

/** Such items may have an id of their own only. */
function answerOf(tool: string, item: JsonObject, output: JsonValue | undefined): ItemAnswer {
  return { kind: "answer", id: asText(item.call_id), tool, output };
}

function ended(item: JsonObject, id: string | undefined, output: JsonValue | undefined): ItemAnswer {
  return { kind: "answer", id, output, ...(hasFailed(item) === undefined ? {} : { error: true }) };
}

function mcp(item: JsonObject, id: string | undefined, more: Pick<ItemCall, "outcome"> = {}): Item {
  const details = { server: asText(item.server_label) };
  return named(item.name, { id, arguments: item.arguments, details, sameById: true, ...more });
}

function outcomeOf(item: JsonObject, result: JsonValue | undefined): Pick<ItemCall, "outcome"> {
  const error = hasFailed(item);
  return isThere(result) || error !== undefined ? { outcome: { result, error } } : {};
}

/** One that ended without an exit code of 0 failed; where there is one, it is told. */
function shellOutcome(output: JsonValue | undefined): Pick<ItemAnswer, "error" | "details"> {
  const outcomes = Array.isArray(output) ? output.flatMap((one) => (isObject(one) ? [one.outcome] : [])) : [];
  const codes = outcomes.map((outcome) => (isObject(outcome) ? outcome.exit_code : undefined));
  const timedOut = outcomes.some((outcome) => isObject(outcome) && outcome.type === "timeout");
  const [code] = codes;
  return {
    ...(codes.length === 1 && typeof code === "number" ? { details: { exitCode: code } } : {}),
    ...(timedOut || codes.some((one) => typeof one === "number" && one !== 0) ? { error: true } : {}),
  };
}

/** A call that a program made, which the provider runs, names it. */
function aboutCaller({ namespace, caller }: JsonObject): Record<string, JsonValue | undefined> {
  return { namespace: asText(namespace), caller: isObject(caller) ? asText(caller.caller_id) : undefined };
}

function hasFailed({ status }: JsonObject): true | undefined {
  return status === "failed" ? true : undefined;
}

function isThere(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && value !== null;
}

function named(tool: JsonValue | undefined, call: Omit<ItemCall, "kind" | "tool">): Item {
  if (typeof tool === "string" && tool !== "") return { kind: "call", tool, ...call };
  return bad(`is a call whose tool has no name, got ${describeShape(tool)}`);
}

function bad(reason: string): BadItem {
  return { kind: "bad", reason };
}
