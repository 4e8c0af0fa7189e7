import { expect, test } from "vitest";
import { TranscriptFollower, type TranscriptItem } from "../src/index.js";
import { eventsOf, problemsOf } from "./support/read.js";

/** What each piece of a source gives, with a pause behind each. */
function followed(...pieces: readonly (readonly object[])[]): TranscriptItem[][] {
  const follower = new TranscriptFollower();
  const given = pieces.map((lines) => {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    return [...follower.feed(Buffer.from(text)), ...follower.pause()];
  });
  return [...given, [...follower.end()]];
}

const summary = (items: readonly TranscriptItem[]): unknown[] =>
  eventsOf(items).map(({ action, decision, payload }) => {
    const { result, error, decisionSource } = payload as Record<string, unknown>;
    return [action, decision, result, error, decisionSource];
  });

const message = (role: string, ...content: object[]) => ({ role, content, session_id: "session-0123456789" });
const CALL = message(
  "assistant",
  { type: "tool-call", toolCallId: "call_0123456789", toolName: "pay", input: { n: 1 } },
  { type: "tool-approval-request", approvalId: "approval-1", toolCallId: "call_0123456789" },
);
const decided = (approved: boolean) =>
  message("tool", { type: "tool-approval-response", approvalId: "approval-1", approved });
const ANSWER = message("tool", {
  type: "tool-result",
  toolCallId: "call_0123456789",
  toolName: "pay",
  output: { type: "text", value: "paid" },
});
const ASKED = ["tool_call", "observed", undefined, undefined, undefined];

test("a decision that comes after its call was stored is an event, and the answer has it, too", () => {
  const items = followed([CALL], [decided(true)], [decided(true)], [ANSWER]);
  expect(items.map(summary)).toEqual([
    [ASKED],
    [["policy_decision", "allow", undefined, undefined, "user"]],
    [],
    [["tool_result", "allow", "paid", undefined, "user"]],
    [],
  ]);
});

test("a denial that comes after its call was stored is its answer", () => {
  const items = followed([CALL], [decided(false)], []);
  expect(items.map(summary)).toEqual([[ASKED], [["tool_result", "deny", null, true, "user"]], [], []]);
});

test("a decision and an answer that come together after their call are one event", () => {
  const items = followed([CALL], [decided(true), ANSWER]);
  expect(items.map(summary)).toEqual([[ASKED], [["tool_result", "allow", "paid", undefined, "user"]], []]);
});

test("a decision about a call that was answered is named", () => {
  const items = followed([CALL, ANSWER], [decided(true)]);
  expect(problemsOf(items[1] ?? [])).toEqual([
    "left_out at 3 /content/0: is a decision about a call that had its answer before",
  ]);
});

test("the message of a stream for user interfaces is stored when the stream is finished, and once", () => {
  const chunks = [
    { type: "start", messageId: "message-1" },
    { type: "tool-input-available", toolCallId: "call_0123456789", toolName: "pay", input: {} },
    { type: "tool-output-available", toolCallId: "call_0123456789", output: "paid" },
  ];
  const items = followed(chunks.slice(0, 2), chunks.slice(2), [{ type: "finish" }], []);
  expect(items.map(summary)).toEqual([[], [], [["tool_call", "observed", "paid", undefined, undefined]], [], []]);
});
