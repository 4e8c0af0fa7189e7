import { describe, expect, test } from "vitest";
import { eventsOf, formatsOf, payloadsOf, problemsOf, read, storeAll } from "../support/read.js";

/** A UUID of version 7 of a minute of 12 November 2026. */
function uuid(minute: number, tail = "000000000001"): string {
  const hex = Date.UTC(2026, 10, 12, 10, minute).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-${tail}`;
}

const SESSION = uuid(0);

function line(second: number, type: string, payload: object): string {
  const timestamp = new Date(Date.UTC(2026, 10, 12, 10, 0, second)).toISOString();
  return JSON.stringify({ timestamp, type, payload });
}

const meta = (more: object = {}) =>
  line(0, "session_meta", {
    id: SESSION,
    timestamp: "2026-11-12T10:00:00.000Z",
    cwd: "/home/user/app",
    originator: "codex_cli_rs",
    cli_version: "0.99.0",
    source: "cli",
    ...more,
  });
const turn = (second: number, id = uuid(0)) =>
  line(second, "turn_context", {
    turn_id: id,
    cwd: "/home/user/app/web",
    approval_policy: "on-request",
    sandbox_policy: { type: "read-only" },
    model: "gpt-like",
  });
const item = (second: number, payload: object) => line(second, "response_item", payload);
const event = (second: number, payload: object) => line(second, "event_msg", payload);
const call = (second: number, id: string, name: string, args: object) =>
  item(second, { type: "function_call", name, arguments: JSON.stringify(args), call_id: id });
const output = (second: number, id: string, text: unknown) =>
  item(second, { type: "function_call_output", call_id: id, output: text });

const START = [
  meta(),
  event(1, { type: "task_started", turn_id: uuid(0), model_context_window: 272000 }),
  turn(1),
  item(1, { type: "message", role: "user", content: [{ type: "input_text", text: "fix the test" }] }),
  event(1, { type: "user_message", message: "fix the test" }),
  item(2, { type: "reasoning", summary: [], content: null, encrypted_content: "gAAA" }),
  call(3, "call_1", "exec_command", { cmd: "npm test" }),
];
const REST = [
  output(9, "call_1", "Chunk ID: 9f\nWall time: 5.1 seconds\nProcess exited with code 1\nOutput:\n1 failed\n"),
  event(9, { type: "token_count", info: null }),
  item(12, {
    type: "custom_tool_call",
    status: "completed",
    call_id: "call_2",
    name: "apply_patch",
    input: "*** Begin Patch\n*** Update File: a.ts\n*** End Patch",
  }),
  item(13, {
    type: "custom_tool_call_output",
    call_id: "call_2",
    output: '{"output":"ok","metadata":{"exit_code":0}}',
  }),
];

test("a rollout: each call with its time, session, model, folder and answer", async () => {
  const items = await read([...START, ...REST].join("\n"));
  expect(formatsOf(items)).toEqual(["codex"]);
  expect(problemsOf(items)).toEqual([]);
  expect(eventsOf(items)).toMatchObject([
    {
      ts: new Date("2026-11-12T10:00:03Z"),
      agentId: "codex",
      sessionId: SESSION,
      action: "tool_call",
      decision: "observed",
      payload: {
        tool: "exec_command",
        arguments: { cmd: "npm test" },
        toolCallId: "call_1",
        model: "gpt-like",
        cwd: "/home/user/app/web",
        exitCode: 1,
        error: true,
      },
    },
    {
      ts: new Date("2026-11-12T10:00:12Z"),
      payload: {
        tool: "apply_patch",
        arguments: "*** Begin Patch\n*** Update File: a.ts\n*** End Patch",
        result: { output: "ok", metadata: { exit_code: 0 } },
        exitCode: 0,
      },
    },
  ]);
  expect(payloadsOf(items)[1]).not.toHaveProperty("error");
});

test.each([
  [
    { type: "local_shell_call", call_id: "call_1", status: "completed", action: { type: "exec", command: ["ls"] } },
    { tool: "local_shell", arguments: { type: "exec", command: ["ls"] }, toolCallId: "call_1" },
  ],
  [
    { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "x" } },
    { tool: "web_search", arguments: { type: "search", query: "x" }, toolCallId: "ws_1" },
  ],
  [
    { type: "function_call", name: "list", namespace: "mcp__files", arguments: "", call_id: "call_1" },
    { tool: "list", namespace: "mcp__files", arguments: {} },
  ],
  [
    { type: "tool_search_call", call_id: "call_1", execution: "client", arguments: { query: "mail" } },
    { tool: "tool_search", arguments: { query: "mail" } },
  ],
  [
    { type: "image_generation_call", id: "ig_1", status: "completed", revised_prompt: "a cat", result: "Zm9v" },
    { tool: "image_generation", arguments: { revised_prompt: "a cat" }, result: "Zm9v" },
  ],
])("an item of each kind %#", async (payload, expected) => {
  const items = await read([meta(), item(1, payload)].join("\n"));
  expect(problemsOf(items)).toEqual([]);
  expect(payloadsOf(items)).toMatchObject([expected]);
});

test("outputs as text parts, and as an object that says that the call failed", async () => {
  const items = await read(
    [
      meta(),
      call(1, "call_1", "view", {}),
      output(2, "call_1", [{ type: "input_text", text: "seen" }]),
      call(3, "call_2", "view", {}),
      output(4, "call_2", { content: "no such file", success: false }),
    ].join("\n"),
  );
  expect(payloadsOf(items)).toMatchObject([{ result: "seen" }, { result: "no such file", error: true }]);
});

describe("decisions", () => {
  test.each([
    ["user", "exec command rejected by user"],
    ["rule", "approval policy is Never; reject command \u2014 you cannot ask for escalated permissions"],
    // As Codex 0.171 writes them.
    ["user", 'exec_command failed: CreateProcess { message: "Rejected(\\"rejected by user\\")" }'],
    ["rule", 'exec_command failed: CreateProcess { message: "Rejected(\\"`rm x` rejected: policy forbids it\\")" }'],
    ["hook", "Command blocked by PreToolUse hook: not here. Command: rm -rf x"],
    ["guardian", "This action was rejected due to unacceptable risk.\nReason: it pushes"],
  ])("what the %s denied is a denial", async (source, text) => {
    const items = await read([meta(), call(1, "call_1", "shell", {}), output(2, "call_1", text)].join("\n"));
    expect(eventsOf(items)).toMatchObject([{ decision: "deny", payload: { error: true, decisionSource: source } }]);
  });

  test("a command of which the event says that it was declined", async () => {
    const items = await read(
      [
        meta(),
        call(1, "call_1", "shell", {}),
        event(2, { type: "exec_command_end", call_id: "call_1", exit_code: -1, status: "declined" }),
        output(2, "call_1", "rejected"),
      ].join("\n"),
    );
    expect(eventsOf(items)).toMatchObject([{ decision: "deny", payload: { exitCode: -1, decisionSource: "user" } }]);
  });

  test.each([
    ["approved", "allow"],
    ["denied", "deny"],
    ["in_progress", "observed"],
    ["aborted", "observed"],
  ])("an automatic review that says %s", async (status, decision) => {
    const items = await read(
      [
        meta(),
        call(1, "call_1", "shell", {}),
        event(2, { type: "guardian_assessment", id: "g1", target_item_id: "call_1", turn_id: uuid(0), status }),
        output(3, "call_1", "done"),
      ].join("\n"),
    );
    expect(eventsOf(items)).toMatchObject([{ decision }]);
  });

  test("a question whose answer is not in the file decides nothing", async () => {
    const items = await read(
      [
        meta(),
        call(1, "call_1", "shell", {}),
        event(2, { type: "exec_approval_request", call_id: "call_1", command: ["rm", "x"], cwd: "/" }),
        output(3, "call_1", "done"),
      ].join("\n"),
    );
    expect(eventsOf(items)).toMatchObject([{ decision: "observed" }]);
    expect(problemsOf(items)).toEqual([]);
  });
});

describe("events about calls", () => {
  test("those about calls of items add to them", async () => {
    const items = await read(
      [
        meta(),
        call(1, "call_1", "mcp__files__read", { path: "a" }),
        event(2, {
          type: "mcp_tool_call_end",
          call_id: "call_1",
          invocation: { server: "files", tool: "read", arguments: { path: "a" } },
          duration: { secs: 0, nanos: 1 },
          result: { Ok: { content: [{ type: "text", text: "gone" }], isError: true } },
        }),
        output(2, "call_1", "gone"),
      ].join("\n"),
    );
    expect(payloadsOf(items)).toMatchObject([{ tool: "mcp__files__read", server: "files", error: true }]);
  });

  test.each([
    [
      {
        type: "exec_command_end",
        call_id: "x",
        command: ["ls"],
        cwd: "/",
        exit_code: 0,
        aggregated_output: "a",
        source: "user_shell",
      },
      {
        tool: "exec_command",
        arguments: { command: ["ls"], cwd: "/" },
        result: "a",
        exitCode: 0,
        source: "user_shell",
      },
    ],
    [
      {
        type: "item_completed",
        item: { type: "CommandExecution", id: "x", command: ["ls"], exit_code: 2, aggregated_output: "a" },
      },
      { tool: "exec_command", arguments: { command: ["ls"] }, result: "a", exitCode: 2, error: true },
    ],
    [
      {
        type: "item_completed",
        item: { type: "McpToolCall", id: "x", server: "s", tool: "t", arguments: { a: 1 }, error: { message: "no" } },
      },
      { tool: "t", server: "s", arguments: { a: 1 }, result: { message: "no" }, error: true },
    ],
    [
      { type: "patch_apply_end", call_id: "x", success: true, stdout: "ok", stderr: "", changes: { "a.ts": {} } },
      { tool: "apply_patch", arguments: { changes: { "a.ts": {} } }, result: "ok" },
    ],
    [
      {
        type: "dynamic_tool_call_response",
        call_id: "x",
        tool: "t",
        arguments: { a: 1 },
        content_items: [],
        success: false,
      },
      { tool: "t", arguments: { a: 1 }, error: true },
    ],
  ])("those about calls that no item has are calls %#", async (payload, expected) => {
    const items = await read([meta(), event(1, payload), event(1, payload)].join("\n"));
    expect(problemsOf(items)).toEqual([]);
    expect(payloadsOf(items)).toMatchObject([{ ...expected, toolCallId: "x" }]);
    expect(payloadsOf(items)).toHaveLength(1);
  });

  test("others are named", async () => {
    const items = await read(
      [...START, event(5, { type: "view_image_tool_call", call_id: "x", path: "/a" })].join("\n"),
    );
    expect(problemsOf(items)).toEqual([expect.stringContaining("left_out at 8 /payload: is an event about a call")]);
  });
});

test("the history that replaces a compacted one adds only what was not there", async () => {
  const history = [
    { type: "message", role: "user", content: [] },
    { type: "function_call", name: "exec_command", arguments: '{"cmd":"npm test"}', call_id: "call_1" },
    { type: "function_call_output", call_id: "call_1", output: "shortened" },
    { type: "function_call", name: "old", arguments: "{}", call_id: "call_0" },
    { type: "function_call_output", call_id: "call_0", output: "was" },
  ];
  const compacted = line(20, "compacted", { message: "summary", replacement_history: history });
  const items = await read([...START, ...REST, compacted].join("\n"));
  expect(problemsOf(items)).toEqual([]);
  expect(payloadsOf(items).map(({ tool }) => tool)).toEqual(["exec_command", "apply_patch", "old"]);
});

test("read while it is written, then whole: each call once", async () => {
  const part = `${START.join("\n")}\n${REST[0]?.slice(0, 60)}`;
  const whole = [...START, ...REST].join("\n");
  const { reports, events } = await storeAll([part, whole, whole]);
  expect(reports.map(({ inserted }) => inserted)).toEqual([1, 2, 0]);
  expect(events.map(({ action }) => action)).toEqual(["tool_call", "tool_result", "tool_call"]);
  expect(problemsOf(await read(part))).toEqual([expect.stringContaining("it is the last line and has no line feed")]);
});

describe("a fork", () => {
  const FORK = uuid(30);
  const stamp = (text: string) => text.replace(/"timestamp":"[^"]*"/, '"timestamp":"2026-11-12T10:30:00.010Z"');
  const own = (type: string, payload: object) =>
    JSON.stringify({ timestamp: "2026-11-12T10:30:20.000Z", type, payload });
  const forkOf = (more: object) => [
    stamp(meta())
      .replace(SESSION, FORK)
      .replace(
        '"source"',
        `${JSON.stringify(more).slice(1, -1)}${more && Object.keys(more).length > 0 ? "," : ""}"source"`,
      ),
    ...[...START, ...REST].map(stamp),
  ];
  const mine = [
    own("response_item", { type: "function_call", name: "mine", arguments: "{}", call_id: "call_9" }),
    own("response_item", { type: "function_call_output", call_id: "call_9", output: "ok" }),
  ];
  const file = [
    ...forkOf({ forked_from_id: SESSION }),
    own("turn_context", { turn_id: uuid(30), cwd: "/", model: "gpt-like" }),
    ...mine,
  ];

  test("stores its own calls, and names the copied ones", async () => {
    const items = await read(file.join("\n"));
    expect(eventsOf(items)).toMatchObject([{ sessionId: FORK, payload: { tool: "mine" } }]);
    expect(problemsOf(items)).toEqual([
      expect.stringContaining("left_out at 8 /payload: is a copy of a call"),
      expect.stringContaining("left_out at 11 /payload: is a copy of a call"),
    ]);
  });

  test.each([[false], [true]])("with the session it is of, each call once, in either order", async (forkFirst) => {
    const parent = [...START, ...REST].join("\n");
    const sources = [parent, file.join("\n")];
    const { events } = await storeAll(forkFirst ? sources.toReversed() : sources);
    expect(events.map(({ payload }) => (payload as { tool: string }).tool)).toEqual([
      "exec_command",
      "apply_patch",
      "mine",
    ]);
  });

  test("of an older version, whose turns have no times: the copy ends with the first pause", async () => {
    const old = [...forkOf({}), own("turn_context", { cwd: "/", model: "gpt-like" }), ...mine].map((text) =>
      text.replaceAll(/"turn_id":"[^"]*",?/g, ""),
    );
    expect(payloadsOf(await read(old.join("\n")))).toMatchObject([{ tool: "mine" }]);
  });

  test("files that were put together are sessions of their own", async () => {
    const other = uuid(40);
    const second = [...START, ...REST].map((text) =>
      text.replaceAll(SESSION, other).replaceAll("call_", "call_b").replaceAll("T10:00", "T10:40"),
    );
    const items = await read([...START, ...REST, ...second].join("\n"));
    expect(eventsOf(items).map(({ sessionId }) => sessionId)).toEqual([SESSION, SESSION, other, other]);
  });
});

test("subagents are told apart", async () => {
  const source = { subagent: { thread_spawn: { parent_thread_id: uuid(0), depth: 1, agent_role: "explorer" } } };
  const items = await read([meta({ source }), call(1, "call_1", "read", {})].join("\n"));
  expect(payloadsOf(items)).toMatchObject([{ subagent: "explorer" }]);
});

test("calls of unknown kinds, and lines that are none, are named", async () => {
  const items = await read(
    [
      meta(),
      item(1, { type: "future_call", call_id: "call_1", action: {} }),
      line(2, "new_kind", { entries: [{ type: "function_call", name: "x", call_id: "call_2" }] }),
      JSON.stringify({ type: "response_item", payload: { type: "function_call", name: "", call_id: "call_3" } }),
      "[1]",
      JSON.stringify({ type: "response_item", payload: { type: "function_call", name: "t", call_id: "call_4" } }),
      output(6, "call_5", "lost"),
    ].join("\n"),
  );
  expect(problemsOf(items)).toEqual([
    expect.stringContaining("not_read at 2 /payload: is an item of a tool"),
    expect.stringContaining("not_read at 3 /payload"),
    expect.stringContaining("not_read at 4 /payload: is a call whose tool has no name"),
    expect.stringContaining("not_read at 5 /0: is no line of a rollout"),
    expect.stringContaining("unread_time at 6 /payload: has no timestamp"),
    expect.stringContaining("no_call at 7 /payload"),
  ]);
  expect(payloadsOf(items)).toMatchObject([{ tool: "t", timeAssumed: true }]);
});
