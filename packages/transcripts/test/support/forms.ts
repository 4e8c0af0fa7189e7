import type { AuditEvent, JsonObject, JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";
import type { TranscriptFormat } from "../../src/index.js";
import { span, traces } from "./otlp.js";

/** A call, what it was answered with, and what was decided; without an answer it hangs. */
export interface Step {
  readonly tool: string;
  readonly n: number;
  readonly answer: string | undefined;
  readonly decided: boolean | undefined;
}

export const step: fc.Arbitrary<Step> = fc.record({
  tool: fc.constantFrom("read", "write", "pay"),
  n: fc.nat(2),
  answer: fc.option(fc.constantFrom("ok", '{"a":1}', "it said no"), { nil: undefined, freq: 5 }),
  decided: fc.option(fc.boolean(), { nil: undefined, freq: 2 }),
});
export const steps = fc.array(step, { minLength: 1, maxLength: 10 });

/** How one format writes a session. */
export interface Form {
  /** The values that a source holds, of which the first ones are what was written earlier. */
  readonly grown: (session: number, list: readonly Step[]) => JsonValue[][];
  /** How it grows: each value is a line, the whole is written again in a line of its own, or it is written as a whole. */
  readonly grows: "by lines" | "by its history" | "as a whole";
  /** It tells what was decided of a call that has no answer, too. */
  readonly decides?: boolean;
  readonly text?: (values: readonly JsonValue[]) => string;
}

const START = Date.UTC(2026, 10, 5, 9);
const time = (index: number): string => new Date(START + index * 1000).toISOString();
export const idOf = (session: number, index: number): string => `call-${session}-${index}-0123456789`;
export const sessionOf = (session: number): string => `019a0c5e-1c80-7abc-8def-00000000000${session}`;
const prefixes = (values: JsonValue[], from = 1): JsonValue[][] =>
  values.map((_, end) => values.slice(0, end + 1)).slice(from - 1);

/** A document with a list, for each length of the list. */
function growingList(
  toItems: (one: Step, id: string, time: string) => JsonObject[],
  toDocument: (session: string, items: JsonObject[]) => JsonObject,
): Form {
  return {
    grows: "by its history",
    grown: (session, list) => {
      const items = list.flatMap((one, index) => toItems(one, idOf(session, index), time(index)));
      return items.map((_, end): JsonValue[] => [toDocument(sessionOf(session), items.slice(0, end + 1))]);
    },
  };
}

function chat(toMessages: (one: Step, id: string) => JsonObject[]): Form {
  return growingList(
    (one, id, timestamp) => toMessages(one, id).map((message) => ({ ...message, timestamp })),
    (session, messages) => ({ session_id: session, messages: [{ role: "user", content: "go" }, ...messages] }),
  );
}

/** A call that was asked for, what was decided, and the call that was made. */
function approved({ decided, ...one }: Step, id: string): JsonObject[] {
  const call = { server_label: "s", name: one.tool, arguments: `{"n":${one.n}}` };
  return [
    { type: "mcp_approval_request", id, ...call },
    { type: "mcp_approval_response", approval_request_id: id, approve: decided === true },
    ...(one.answer === undefined
      ? []
      : [{ type: "mcp_call", id: `mcp_${id}`, approval_request_id: id, ...call, output: one.answer }]),
  ];
}

const answered = <T>({ answer }: Step, make: (answer: string) => T): T[] =>
  answer === undefined ? [] : [make(answer)];

/** The event of a step, as a store exports it. */
function exported(session: number, { tool, n, answer }: Step, index: number): JsonObject {
  return {
    ts: time(index),
    eventId: `00000000-0000-4000-8000-0000000${session}${String(index).padStart(4, "0")}`,
    agentId: "agent",
    sessionId: sessionOf(session),
    action: "tool_call",
    decision: "observed",
    payload: {
      tool,
      arguments: { n },
      toolCallId: idOf(session, index),
      ...(answer === undefined ? {} : { result: answer }),
    },
  };
}

const CSV_COLUMNS = ["ts", "eventId", "agentId", "sessionId", "action", "decision", "payload"];

/** Every format; a new one is tried by the tests of all formats with its line here. */
export const FORMS: Readonly<Record<TranscriptFormat, Form>> = {
  jsonl: {
    grows: "by lines",
    grown: (session, list) => prefixes(list.map((one, index) => exported(session, one, index))),
  },
  csv: {
    grows: "as a whole",
    grown: (session, list) => prefixes(list.map((one, index) => exported(session, one, index))),
    text: (values) =>
      [CSV_COLUMNS.join(","), ...values.map((value) => CSV_COLUMNS.map((name) => field(value, name)).join(","))].join(
        "\r\n",
      ),
  },
  "openai-chat": chat((one, id) => [
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id, type: "function", function: { name: one.tool, arguments: `{"n":${one.n}}` } }],
    },
    ...answered(one, (content) => ({ role: "tool", tool_call_id: id, content })),
  ]),
  "openai-responses": {
    decides: true,
    ...growingList(
      (one, id) =>
        one.decided === undefined
          ? [
              { type: "function_call", call_id: id, name: one.tool, arguments: `{"n":${one.n}}` },
              ...answered(one, (output) => ({ type: "function_call_output", call_id: id, output })),
            ]
          : approved(one, id),
      (session, items) => ({ session_id: session, created_at: time(0), items }),
    ),
  },
  "ai-sdk": {
    decides: true,
    ...growingList(
      (one, toolCallId) => {
        const about = { toolCallId, toolName: one.tool };
        const call = { type: "tool-call", ...about, input: { n: one.n } };
        const approvalId = `ap-${toolCallId}`;
        const asked = { type: "tool-approval-request", approvalId, toolCallId };
        const response = { type: "tool-approval-response", approvalId, approved: one.decided === true };
        return [
          { role: "assistant", content: one.decided === undefined ? [call] : [call, asked] },
          ...(one.decided === undefined ? [] : [{ role: "tool", content: [response] }]),
          ...answered(one, (value) => ({
            role: "tool",
            content: [{ type: "tool-result", ...about, output: { type: "text", value } }],
          })),
        ];
      },
      (session, messages) => ({ id: session, createdAt: time(0), messages }),
    ),
  },
  anthropic: chat((one, id) => [
    { role: "assistant", content: [{ type: "tool_use", id, name: one.tool, input: { n: one.n } }] },
    ...answered(one, (content) => ({ role: "user", content: [{ type: "tool_result", tool_use_id: id, content }] })),
  ]),
  langchain: chat((one, id) => [
    { type: "ai", content: "", tool_calls: [{ id, name: one.tool, args: { n: one.n } }] },
    ...answered(one, (content) => ({ type: "tool", tool_call_id: id, content })),
  ]),
  "claude-code": {
    grows: "by lines",
    grown: (session, list) =>
      prefixes(
        list.flatMap((one, index) => {
          const id = idOf(session, index);
          const line = (role: string, block: JsonObject): JsonValue => ({
            type: role,
            uuid: `${id}-${role}`,
            sessionId: sessionOf(session),
            timestamp: time(index),
            message: { role, content: [block] },
          });
          return [
            line("assistant", { type: "tool_use", id, name: one.tool, input: { n: one.n } }),
            ...answered(one, (content) => line("user", { type: "tool_result", tool_use_id: id, content })),
          ];
        }),
      ),
  },
  codex: {
    grows: "by lines",
    grown: (session, list) => {
      const line = (index: number, type: string, payload: JsonObject): JsonValue => ({
        timestamp: time(index),
        type,
        payload,
      });
      return prefixes([
        line(0, "session_meta", { id: sessionOf(session), timestamp: time(0), cwd: "/app", source: "cli" }),
        ...list.flatMap((one, index) => {
          const call_id = idOf(session, index);
          const status = one.decided === true ? "approved" : "denied";
          const item = { type: "function_call", name: one.tool, arguments: `{"n":${one.n}}`, call_id };
          return [
            line(index, "response_item", item),
            ...(one.decided === undefined
              ? []
              : [line(index, "event_msg", { type: "guardian_assessment", id: "g", target_item_id: call_id, status })]),
            ...answered(one, (output) =>
              line(index, "response_item", { type: "function_call_output", call_id, output }),
            ),
          ];
        }),
      ]);
    },
  },
  inspect: {
    grows: "as a whole",
    grown: (session, list) => {
      const events = list.flatMap(({ tool, n, answer, decided }, index) => {
        const call = { id: idOf(session, index), function: tool, arguments: { n } };
        const decision = decided === true ? "approve" : "reject";
        return [
          ...(decided === undefined
            ? []
            : [{ event: "approval", timestamp: time(index), call, approver: "human", decision }]),
          {
            event: "tool",
            timestamp: time(index),
            ...call,
            ...(answer === undefined ? { pending: true } : { result: answer, completed: time(index) }),
          },
        ];
      });
      const spec = { task: "t", model: "m", dataset: {}, eval_id: "e" };
      const sample = { id: 1, epoch: 1, uuid: sessionOf(session), target: "x", messages: [] };
      return events.map((_, end): JsonValue[] => [
        { version: 2, eval: spec, samples: [{ ...sample, events: events.slice(0, end + 1) }] },
      ]);
    },
  },
  "swe-agent": {
    grows: "as a whole",
    grown: (session, list) => {
      const history: JsonObject[] = [
        { role: "user", content: `go ${session}`, agent: "main", message_type: "observation" },
        ...list.flatMap((one, index) => {
          const id = idOf(session, index);
          const calls = [{ id, type: "function", function: { name: one.tool, arguments: `{"n":${one.n}}` } }];
          const by = { agent: "main", message_type: "action" };
          return [
            { role: "assistant", content: "", ...by, action: one.tool, tool_calls: calls },
            ...answered(one, (content) => ({
              role: "tool",
              content,
              ...by,
              message_type: "observation",
              tool_call_ids: [id],
            })),
          ];
        }),
      ];
      return history
        .map((_, end): JsonValue[] => [
          { trajectory: [], history: history.slice(0, end + 1), info: {}, replay_config: null, environment: "e" },
        ])
        .slice(1);
    },
  },
  "otlp-json": {
    grows: "by lines",
    grown: (session, list) =>
      prefixes(
        list.map(({ tool, n, answer }, index) => {
          const attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool,
            "gen_ai.tool.call.id": idOf(session, index),
            "gen_ai.tool.call.arguments": `{"n":${n}}`,
            ...(answer === undefined ? {} : { "gen_ai.tool.call.result": answer }),
          };
          const nanos = `${START + index * 1000}000000`;
          const id = `${session}${index}`.padStart(16, "f");
          return traces([
            span(tool, attributes, { id, startTimeUnixNano: nanos, endTimeUnixNano: nanos }),
          ]) as unknown as JsonValue;
        }),
      ),
  },
};

function field(value: JsonValue, name: string): string {
  const member = (value as JsonObject)[name];
  const text = typeof member === "string" ? member : JSON.stringify(member);
  return `"${text.replaceAll('"', '""')}"`;
}

/** The text of a source. */
export function textOf({ text }: Form, values: readonly JsonValue[]): string {
  return text?.(values) ?? values.map((value) => JSON.stringify(value)).join("\n");
}

/** Calls with all their answers: what a store says, whether an answer came with its call or later. */
export function meaning(events: readonly AuditEvent[]): JsonValue[] {
  return events
    .filter(({ action }) => action === "tool_call")
    .map(({ eventId, ts, sessionId, payload }) => {
      const { tool, arguments: args, toolCallId, result } = payload as JsonObject;
      const answers = events
        .filter((event) => (event.payload as JsonObject).call === eventId)
        .map((event) => (event.payload as JsonObject).result)
        .concat(result ?? [])
        // A decision without an answer has none, whether it came with its call or later.
        .filter((answer) => answer !== undefined && answer !== null)
        .map((answer) => JSON.stringify(answer))
        .sort();
      const about = { tool: tool ?? null, args: args ?? null, toolCallId: toolCallId ?? null, answers };
      return { eventId, ts: ts.toISOString(), sessionId: sessionId ?? null, ...about } as JsonValue;
    });
}
