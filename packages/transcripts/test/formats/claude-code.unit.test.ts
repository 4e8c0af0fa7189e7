import { expect, test } from "vitest";
import { eventsOf, formatsOf, payloadsOf, problemsOf, read, storeAll } from "../support/read.js";

const SESSION = "0b0a6a53-11c2-4f0e-9d55-2f6b7d1f0001";

function line(second: number, type: "user" | "assistant", content: unknown, more: object = {}): string {
  const timestamp = new Date(Date.UTC(2026, 10, 12, 10, 0, second)).toISOString();
  const message = {
    role: type,
    content,
    ...(type === "assistant" ? { model: "claude-like", id: `msg_${second}` } : {}),
  };
  return JSON.stringify({
    type,
    uuid: `u${second}`,
    sessionId: SESSION,
    timestamp,
    cwd: "/home/user/app",
    message,
    ...more,
  });
}

const use = (id: string, name: string, input: object) => [{ type: "tool_use", id, name, input }];
const result = (id: string, content: unknown, more: object = {}) => [
  { type: "tool_result", tool_use_id: id, content, ...more },
];

const FIRST_LINES = [
  JSON.stringify({ type: "summary", summary: "Fix test", leafUuid: "x" }),
  JSON.stringify({ type: "file-history-snapshot", messageId: "y", snapshot: {} }),
  line(0, "user", "fix the test"),
  line(1, "assistant", [{ type: "text", text: "Looking." }]),
  line(2, "assistant", use("toolu_1", "Bash", { command: "npm test" })),
];
const LAST_LINES = [
  line(9, "user", result("toolu_1", "1 failed")),
  line(12, "assistant", use("toolu_2", "Edit", { file_path: "a.ts" })),
  line(13, "user", result("toolu_2", "ok")),
];

test("a session file: each call with its time, session, model and answer", async () => {
  const items = await read([...FIRST_LINES, ...LAST_LINES].join("\n"));
  expect(formatsOf(items)).toEqual(["claude-code"]);
  expect(problemsOf(items)).toEqual([]);
  expect(eventsOf(items)).toMatchObject([
    {
      ts: new Date("2026-11-12T10:00:02Z"),
      agentId: "claude-code",
      sessionId: SESSION,
      action: "tool_call",
      decision: "observed",
      payload: {
        tool: "Bash",
        arguments: { command: "npm test" },
        result: "1 failed",
        toolCallId: "toolu_1",
        model: "claude-like",
      },
    },
    { ts: new Date("2026-11-12T10:00:12Z"), payload: { tool: "Edit", result: "ok" } },
  ]);
});

test("read while it is written, then whole: each call once", async () => {
  const part = `${FIRST_LINES.join("\n")}\n${LAST_LINES[0]?.slice(0, 40)}`;
  const whole = [...FIRST_LINES, ...LAST_LINES].join("\n");
  const { reports, events } = await storeAll([part, whole, whole]);
  expect(reports.map(({ inserted }) => inserted)).toEqual([1, 2, 0]);
  expect(events.map(({ action, payload }) => [action, (payload as { tool: string }).tool])).toEqual([
    ["tool_call", "Bash"],
    ["tool_result", "Bash"],
    ["tool_call", "Edit"],
  ]);
  expect(problemsOf(await read(part))).toEqual([expect.stringContaining("it is the last line and has no line feed")]);
});

test("a resumed session that copies the history of another adds only what is new", async () => {
  const first = [...FIRST_LINES, ...LAST_LINES];
  const copy = [
    ...first.map((text) => text.replaceAll(SESSION, "another-session")),
    line(20, "assistant", use("toolu_3", "Read", {})),
  ];
  const { reports } = await storeAll([first.join("\n"), copy.join("\n")]);
  expect(reports).toMatchObject([{ inserted: 2 }, { inserted: 1, duplicates: 2, rejected: 0 }]);
});

test.each([
  ["user", "The user doesn't want to proceed with this tool use. The tool use was rejected.", {}],
  ["user", "stopped", { toolUseResult: "User rejected tool use" }],
  ["rule", "Permission to use Bash with command rm -rf /tmp/x has been denied.", {}],
  ["hook", "PreToolUse:Bash hook error: [guard.py]: not in this folder", {}],
])("what the %s denied is a denial", async (source, content, more) => {
  const items = await read(
    [
      line(0, "assistant", use("toolu_1", "Bash", { command: "rm -rf /tmp/x" })),
      line(1, "user", result("toolu_1", content, { is_error: true }), more),
    ].join("\n"),
  );
  expect(eventsOf(items)).toMatchObject([{ decision: "deny", payload: { error: true, decisionSource: source } }]);
});

test("a tool that failed, or speaks of a denial, was not denied", async () => {
  const items = await read(
    [
      line(0, "assistant", use("toolu_1", "Bash", {})),
      line(1, "user", result("toolu_1", "Exit code 1", { is_error: true })),
      line(2, "assistant", use("toolu_2", "Read", {})),
      line(3, "user", result("toolu_2", "User rejected tool use")),
    ].join("\n"),
  );
  expect(eventsOf(items)).toMatchObject([
    { decision: "observed", payload: { error: true } },
    { decision: "observed", payload: { result: "User rejected tool use" } },
  ]);
});

test("calls of subagents are told apart", async () => {
  const items = await read(line(0, "assistant", use("toolu_1", "Grep", {}), { isSidechain: true, agentId: "a1b2" }));
  expect(payloadsOf(items)).toMatchObject([{ tool: "Grep", subagent: "a1b2" }]);
});

test("what a subagent reports to its session is the same call", async () => {
  const own = line(0, "assistant", use("toolu_1", "Grep", {}), { isSidechain: true, agentId: "a1b2" });
  const report = JSON.stringify({
    type: "progress",
    sessionId: SESSION,
    uuid: "p",
    data: { type: "agent_progress", message: JSON.parse(own) },
  });
  expect(payloadsOf(await read([own, report].join("\n")))).toHaveLength(1);
  expect(payloadsOf(await read(report))).toMatchObject([{ tool: "Grep" }]);
});

test("a call in a line of an unknown kind is named", async () => {
  const odd = JSON.stringify({
    type: "new-kind",
    sessionId: SESSION,
    entries: [{ type: "tool_use", id: "toolu_9", name: "x", input: {} }],
  });
  expect(problemsOf(await read([...FIRST_LINES, odd].join("\n")))).toEqual([expect.stringContaining("not_read at 6")]);
});

test("named as another format, one message says what it is", async () => {
  const items = await read([...FIRST_LINES, ...LAST_LINES].join("\n"), { format: "openai-chat" });
  expect(problemsOf(items)).toEqual([expect.stringContaining("looks like claude-code")]);
});
