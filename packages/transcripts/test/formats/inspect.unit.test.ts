import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect/index.js";
import { eventsOf, formatsOf, payloadsOf, problemsOf, readInParts, readJson, storeAll } from "../support/read.js";

const at = (second: number) => new Date(Date.UTC(2026, 10, 12, 10, 0, second)).toISOString().replace("Z", "+00:00");

const SPEC = {
  eval_id: "ZB2vu5GNujYaBdPSReCeop",
  run_id: "Ta3ZFVTCTcjsb3AEX9FD9v",
  created: at(0),
  task: "browser",
  task_id: "XSogYfcZrx876NZYKz3Xf5",
  dataset: { samples: 1, sample_ids: [1], shuffled: false },
  model: "openai/gpt-like",
  config: {},
};

const logOf = (...samples: object[]) => ({
  version: 2,
  status: "success",
  eval: SPEC,
  plan: { name: "plan", steps: [] },
  results: { total_samples: 1 },
  stats: {},
  samples,
});

const ask = (id: string, name: string, args: object, more: object = {}) => ({
  id,
  function: name,
  arguments: args,
  type: "function",
  ...more,
});
const assistant = (calls: object[], more: object = {}) => ({
  id: `m-${JSON.stringify(calls).length}`,
  content: "",
  source: "generate",
  role: "assistant",
  tool_calls: calls,
  model: "gpt-like",
  ...more,
});
const toolMessage = (id: string, content: unknown, more: object = {}) => ({
  content,
  role: "tool",
  tool_call_id: id,
  function: "x",
  ...more,
});
const model = (second: number, message: object) => ({
  timestamp: at(second),
  completed: at(second + 1),
  event: "model",
  model: "openai/gpt-like",
  input: [assistant([ask("call_1", "go", { url: "a" })])],
  tools: [],
  tool_choice: "auto",
  config: {},
  output: { model: "gpt-like", choices: [{ message, stop_reason: "tool_calls" }] },
  call: {
    request: {
      messages: [
        {
          role: "assistant",
          tool_calls: [{ id: "call_1", type: "function", function: { name: "go", arguments: "{}" } }],
        },
      ],
    },
    response: {},
  },
});
const tool = (second: number, id: string, name: string, args: object, more: object = {}) => ({
  timestamp: at(second),
  working_start: 1,
  event: "tool",
  type: "function",
  id,
  function: name,
  arguments: args,
  result: "done",
  completed: at(second + 1),
  ...more,
});
const approval = (second: number, id: string, decision: string, more: object = {}) => ({
  timestamp: at(second),
  event: "approval",
  message: "",
  call: ask(id, "go", {}),
  approver: "human",
  decision,
  ...more,
});
const sampleOf = (more: object) => ({
  id: 1,
  epoch: 1,
  input: "look",
  target: "x",
  messages: [{ id: "u", content: "look", source: "input", role: "user" }],
  output: {},
  uuid: "ATYFNjyWUz4mZ5Dgj6yd4f",
  attachments: {},
  ...more,
});

const CALLS = [ask("call_1", "go", { url: "a" }), ask("call_2", "click", { element_id: 151 })];
const SAMPLE = sampleOf({
  messages: [
    { id: "u", content: "look", source: "input", role: "user" },
    assistant(CALLS),
    toolMessage("call_2", "clicked"),
    toolMessage("call_1", "a long page"),
  ],
  events: [
    { timestamp: at(1), event: "sample_init", sample: {}, state: {} },
    model(2, assistant(CALLS)),
    tool(4, "call_1", "go", { url: "attachment://aa" }, { result: "attachment://bb" }),
    tool(5, "call_2", "click", { element_id: 151 }, { result: "clicked" }),
    { timestamp: at(8), event: "score", score: { value: "C" } },
  ],
  attachments: { aa: "a", bb: "a long page" },
});

test("a log: each call of each sample with its time, session, answer and texts", async () => {
  const items = await readJson(logOf(SAMPLE));
  expect(formatsOf(items)).toEqual(["inspect"]);
  expect(problemsOf(items)).toEqual([]);
  expect(eventsOf(items)).toMatchObject([
    {
      ts: new Date("2026-11-12T10:00:04Z"),
      agentId: "openai/gpt-like",
      sessionId: "ATYFNjyWUz4mZ5Dgj6yd4f",
      action: "tool_call",
      decision: "observed",
      payload: {
        tool: "go",
        arguments: { url: "a" },
        result: "a long page",
        toolCallId: "call_1",
        task: "browser",
        sample: "1",
        epoch: 1,
      },
    },
    { ts: new Date("2026-11-12T10:00:05Z"), payload: { tool: "click", result: "clicked" } },
  ]);
});

test("importing again adds nothing; a retry that copies samples adds only new ones", async () => {
  const second = sampleOf({ id: 2, uuid: "jejv2PukU7Xq5AJrutaZi7", events: [tool(9, "call_1", "go", {})] });
  const first = JSON.stringify(logOf(SAMPLE));
  const retry = JSON.stringify({ ...logOf(SAMPLE, second), eval: { ...SPEC, eval_id: "other" } }, undefined, 2);
  const { reports } = await storeAll([first, first, retry]);
  expect(reports.map(({ inserted }) => inserted)).toEqual([2, 0, 1]);
});

test("without events, the messages have the calls", async () => {
  const { events: _, ...withoutEvents } = SAMPLE as Record<string, unknown>;
  const items = await readJson(logOf(withoutEvents));
  expect(payloadsOf(items)).toMatchObject([
    { tool: "click", result: "clicked", timeAssumed: true },
    { tool: "go", result: "a long page" },
  ]);
  expect(problemsOf(items)).toEqual([]);
});

test("a call that the model asked for and no event has is stored once, without an answer", async () => {
  const message = assistant([ask("call_1", "go", {}), ask("call_2", "go", {}, { parse_error: "bad JSON" })]);
  const items = await readJson(
    logOf(sampleOf({ messages: [message], events: [model(2, message), tool(4, "call_1", "go", {})] })),
  );
  expect(payloadsOf(items)).toMatchObject([
    { toolCallId: "call_1", result: "done" },
    { toolCallId: "call_2", error: "bad JSON" },
  ]);
  expect(problemsOf(items)).toEqual([]);
});

test("ids repeat within a sample", async () => {
  const calls = [ask("bash_1", "bash", { cmd: "ls" })];
  const items = await readJson(
    logOf(
      sampleOf({
        messages: [assistant(calls), toolMessage("bash_1", "a"), assistant(calls), toolMessage("bash_1", "b")],
        events: [
          model(2, assistant(calls)),
          tool(4, "bash_1", "bash", { cmd: "ls" }, { result: "a" }),
          model(6, assistant(calls)),
          tool(8, "bash_1", "bash", { cmd: "ls" }, { result: "b" }),
        ],
      }),
    ),
  );
  expect(payloadsOf(items)).toMatchObject([{ result: "a" }, { result: "b" }]);
  expect(payloadsOf(items)).toHaveLength(2);
});

describe("decisions", () => {
  test.each([
    ["approve", "allow"],
    ["modify", "allow"],
    ["reject", "deny"],
    ["terminate", "deny"],
    ["escalate", "observed"],
  ])("an approver that says %s", async (said, decision) => {
    const items = await readJson(
      logOf(sampleOf({ events: [approval(3, "call_1", said, { explanation: "why" }), tool(3, "call_1", "go", {})] })),
    );
    expect(eventsOf(items)).toMatchObject([{ decision }]);
    if (decision !== "observed") {
      expect(payloadsOf(items)).toMatchObject([{ decisionSource: "human", decisionReason: "why" }]);
    }
  });

  test("one that escalates leaves it to the next one", async () => {
    const events = [
      approval(3, "call_1", "escalate", { approver: "auto" }),
      approval(3, "call_1", "reject"),
      tool(3, "call_1", "go", {}),
    ];
    const items = await readJson(logOf(sampleOf({ events })));
    expect(eventsOf(items)).toMatchObject([{ decision: "deny", payload: { decisionSource: "human" } }]);
  });

  test("what was changed before it ran", async () => {
    const modified = ask("call_1", "go", { url: "b" });
    const items = await readJson(
      logOf(
        sampleOf({ events: [approval(3, "call_1", "modify", { modified }), tool(3, "call_1", "go", { url: "a" })] }),
      ),
    );
    expect(payloadsOf(items)).toMatchObject([{ arguments: { url: "a" }, modifiedArguments: { url: "b" } }]);
  });

  test("an error that says so, where no event does", async () => {
    const error = { type: "approval", message: "no" };
    const items = await readJson(logOf(sampleOf({ events: [tool(3, "call_1", "go", {}, { result: "", error })] })));
    expect(eventsOf(items)).toMatchObject([{ decision: "deny", payload: { error } }]);
  });
});

test("errors of tools, and calls that did not end", async () => {
  const error = { type: "timeout", message: "too long" };
  const items = await readJson(
    logOf(
      sampleOf({
        events: [
          tool(3, "call_1", "go", {}, { result: "", error }),
          tool(4, "call_2", "go", {}, { failed: true }),
          tool(5, "call_3", "go", {}, { pending: true, result: "", completed: null }),
        ],
      }),
    ),
  );
  const payloads = payloadsOf(items);
  expect(payloads).toMatchObject([{ error }, { error: true }, { toolCallId: "call_3" }]);
  expect(payloads[2]).not.toHaveProperty("result");
});

test("calls that the provider ran", async () => {
  const message = assistant([], {
    content: [
      { type: "text", text: "searching" },
      {
        type: "tool_use",
        tool_type: "mcp_call",
        id: "mcp_1",
        name: "find",
        context: "files",
        arguments: '{"q":"a"}',
        result: "two",
        error: null,
      },
    ],
  });
  const items = await readJson(logOf(sampleOf({ messages: [message], events: [model(2, message)] })));
  expect(eventsOf(items)).toMatchObject([
    {
      ts: new Date("2026-11-12T10:00:03Z"),
      payload: { tool: "find", server: "files", toolType: "mcp_call", arguments: { q: "a" }, result: "two" },
    },
  ]);
  expect(eventsOf(items)).toHaveLength(1);
});

test("attempts that failed, events in events, and logs of 2024", async () => {
  const items = await readJson(
    logOf(
      sampleOf({
        error_retries: [{ message: "crash", events: [tool(1, "call_0", "go", {})] }],
        events: [tool(3, "call_1", "sub", {}, { events: [tool(4, "call_2", "go", {})] })],
      }),
      {
        id: "b",
        epoch: 1,
        input: "x",
        target: "y",
        messages: [],
        transcript: { events: [tool(5, "call_3", "go", { url: "tc://aa" })], content: { aa: "a" } },
      },
    ),
  );
  expect(payloadsOf(items)).toMatchObject([
    { toolCallId: "call_0" },
    { toolCallId: "call_1" },
    { toolCallId: "call_2" },
    { toolCallId: "call_3", arguments: { url: "a" } },
  ]);
  expect(eventsOf(items).at(-1)?.sessionId).toBe("ZB2vu5GNujYaBdPSReCeop/b/1");
});

test("a sample in a file of its own", async () => {
  const items = await readJson(SAMPLE);
  expect(formatsOf(items)).toEqual(["inspect"]);
  expect(eventsOf(items)).toMatchObject([{ sessionId: "ATYFNjyWUz4mZ5Dgj6yd4f" }, {}]);
});

test("what is odd is named", async () => {
  const items = await readJson(
    logOf(
      sampleOf({
        messages: [assistant([{ id: "x" }]), "text", toolMessage("call_9", "lost")],
        events: [
          tool(1, "call_1", "", {}),
          tool(2, "call_2", "go", { url: "attachment://gone" }, { timestamp: "yesterday" }),
        ],
      }),
    ),
  );
  expect(problemsOf(items)).toEqual([
    expect.stringContaining("/samples/0/events/0: is an event of a tool whose function has no name"),
    expect.stringContaining("unread_time at 1 /samples/0/events/1"),
    expect.stringContaining("/samples/0/messages/0/tool_calls/0: is a call whose function has no name"),
    expect.stringContaining("/samples/0/messages/1: stands where a message was expected"),
    expect.stringContaining("no_call at 1 /samples/0/messages/2"),
    expect.stringContaining("left_out at 1 /samples/0: refers to attachments"),
  ]);
  expect(payloadsOf(items)).toMatchObject([{ arguments: { url: "attachment://gone" } }]);
});

test("a log without samples says that nothing was found", async () => {
  const { samples: _, ...header } = logOf();
  expect(problemsOf(await readJson(header))).toEqual([expect.stringContaining("nothing_found")]);
});

test.each([[700], [900], [3000]])(
  "a log that is read in parts of %i characters has the same calls",
  async (partLength) => {
    const log = logOf(SAMPLE, { ...SAMPLE, id: 2, uuid: "jejv2PukU7Xq5AJrutaZi7" });
    const items = await readInParts(inspect, log, partLength);
    expect(problemsOf(items)).toEqual([]);
    expect(eventsOf(items)).toEqual(eventsOf(await readJson(log)));
  },
);
