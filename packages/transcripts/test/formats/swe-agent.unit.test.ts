import { expect, test } from "vitest";
import { sweAgent } from "../../src/formats/swe-agent/index.js";
import { eventsOf, formatsOf, payloadsOf, problemsOf, readInParts, readJson, storeAll } from "../support/read.js";

const CONFIG = JSON.stringify({
  agent: { type: "default", model: { name: "gpt-like", temperature: 0 } },
  problem_statement: { type: "text", id: "test-repo-i1" },
  output_dir: "trajectories/user/run-1",
});

const system = { role: "system", content: "You work in a shell.", agent: "main", message_type: "system_prompt" };
const issue = { role: "user", content: "fix it", agent: "main", message_type: "observation" };
const step = (action: string, observation: string, query: object[] = [system, issue]) => ({
  action,
  observation,
  response: `I do ${action}`,
  thought: `I do ${action}`,
  execution_time: 0.3,
  state: { open_file: "n/a", working_dir: "/repo" },
  query,
  extra_info: {},
});
const acts = (action: string, more: object = {}) => ({
  role: "assistant",
  content: `I do ${action}`,
  thought: `I do ${action}`,
  action,
  agent: "main",
  message_type: "action",
  ...more,
});
const calls = (action: string, ...list: (readonly [id: string, name: string, args: object])[]) =>
  acts(action, {
    tool_calls: list.map(([id, name, args]) => ({
      id,
      type: "function",
      function: { name, arguments: JSON.stringify(args) },
    })),
  });
const observed = (content: string, ...ids: string[]) => ({
  role: "tool",
  content,
  agent: "main",
  tool_call_ids: ids,
  message_type: "observation",
});
const run = (trajectory: object[], history: unknown[], more: object = {}) => ({
  trajectory,
  history,
  info: { exit_status: "submitted", model_stats: { instance_cost: 0.1 } },
  replay_config: CONFIG,
  environment: "swe_main",
  ...more,
});

const FUNCTIONS = run(
  [
    step("find_file a.py", "found"),
    step("open a.py", "text of b", [
      system,
      issue,
      calls("find_file a.py", ["call_t1", "find_file", { file_name: "a.py" }]),
    ]),
  ],
  [
    system,
    issue,
    calls("find_file a.py", ["call_t1", "find_file", { file_name: "a.py" }]),
    observed("found a.py", "call_t1"),
    calls("open a.py", ["call_t2", "open", { path: "a.py" }], ["call_t3", "open", { path: "b.py" }]),
    observed("text of b", "call_t3"),
    observed("text of a", "call_t2"),
  ],
);

test("function calls: each one of the history once, with its own answer", async () => {
  const items = await readJson(FUNCTIONS);
  expect(formatsOf(items)).toEqual(["swe-agent"]);
  expect(problemsOf(items)).toEqual([]);
  expect(eventsOf(items)).toMatchObject([
    {
      ts: new Date("2024-01-01T00:00:00Z"),
      agentId: "swe-agent",
      sessionId: expect.stringMatching(/^swe-agent-[0-9a-f]{16}$/),
      action: "tool_call",
      decision: "observed",
      payload: {
        tool: "find_file",
        arguments: { file_name: "a.py" },
        result: "found a.py",
        toolCallId: "call_t1",
        model: "gpt-like",
        environment: "swe_main",
        instance: "test-repo-i1",
        timeAssumed: true,
      },
    },
    { payload: { toolCallId: "call_t3", arguments: { path: "b.py" }, result: "text of b" } },
    { payload: { toolCallId: "call_t2", arguments: { path: "a.py" }, result: "text of a" } },
  ]);
});

test("named as the chat messages it is made of, it is the same", async () => {
  const source = JSON.stringify(FUNCTIONS);
  const [asChat, asItself] = [await storeAll([source], { format: "openai-chat" }), await storeAll([source])];
  expect(asChat.events.map(({ eventId }) => eventId)).toEqual(asItself.events.map(({ eventId }) => eventId));
  expect(asChat.reports).toMatchObject([{ inserted: 3, rejected: 0 }]);
});

test("steps that the history does not have are named", async () => {
  const more = {
    ...FUNCTIONS,
    trajectory: [step("vim", ""), ...FUNCTIONS.trajectory, step("", ""), step("submit", "diff")],
  };
  const items = await readJson(more);
  expect(eventsOf(items)).toHaveLength(3);
  expect(problemsOf(items)).toEqual([
    expect.stringContaining("left_out at 1 /trajectory/0: is a step whose action is no call in the history"),
    expect.stringContaining("left_out at 1 /trajectory/4"),
  ]);
});

const ACTIONS = run(
  [step("ls -F\n", "a.py"), step("", "no action"), step("FLAG=1 python a.py", "8.2"), step("submit", "diff")],
  [
    system,
    { role: "user", content: "Here is a demonstration", agent: "main", is_demo: true },
    acts("demo_command", { is_demo: true }),
    issue,
    acts("ls -F\n"),
    { ...issue, content: "a.py\n(Open file: n/a)" },
  ],
  { environment: "SWE-agent__test-repo" },
);

test("actions: each step is a call of the command it begins with, and demonstrations are named", async () => {
  const items = await readJson(ACTIONS);
  expect(payloadsOf(items)).toMatchObject([
    { tool: "ls", arguments: { action: "ls -F\n" }, result: "a.py" },
    { tool: "bash", arguments: { action: "FLAG=1 python a.py" }, result: "8.2" },
    { tool: "submit", arguments: { action: "submit" }, result: "diff" },
  ]);
  expect(problemsOf(items)).toEqual([
    expect.stringContaining("left_out at 1 /history/2: is a call of a demonstration"),
  ]);
});

test("a demonstration file: a history alone, with either kind of action", async () => {
  const { history } = FUNCTIONS;
  expect(payloadsOf(await readJson({ history }))).toHaveLength(3);
  const actions = [system, issue, acts("ls"), { ...issue, content: "a.py" }, acts("submit")];
  const items = await readJson({ history: actions });
  expect(formatsOf(items)).toEqual(["swe-agent"]);
  expect(payloadsOf(items)).toMatchObject([{ tool: "ls", result: "a.py" }, { tool: "submit" }]);
});

test("attempts, of which the chosen one is there twice", async () => {
  const other = run([step("pwd", "/repo")], [system, issue, acts("pwd")]);
  const items = await readJson({ attempts: [ACTIONS, other], ...ACTIONS, info: { best_attempt_idx: 0 } });
  expect(payloadsOf(items).map(({ tool }) => tool)).toEqual(["ls", "bash", "submit", "pwd"]);
  expect(new Set(eventsOf(items).map(({ sessionId }) => sessionId)).size).toBe(2);
});

test("saved after each step, then again: each call once; another run of the same instance is another session", async () => {
  const beginning = { ...ACTIONS, trajectory: ACTIONS.trajectory.slice(0, 1) };
  const again = { ...ACTIONS, replay_config: CONFIG.replace("run-1", "run-2") };
  const sources = [beginning, ACTIONS, ACTIONS, again].map((one) => JSON.stringify(one, undefined, 2));
  const { reports } = await storeAll(sources);
  expect(reports.map(({ inserted }) => inserted)).toEqual([1, 2, 0, 3]);
});

test.each([[700], [2000]])("a trajectory that is read in parts of %i characters has the same calls", async (length) => {
  for (const whole of [FUNCTIONS, ACTIONS, { attempts: [FUNCTIONS, ACTIONS] }]) {
    expect(eventsOf(await readInParts(sweAgent, whole, length))).toEqual(eventsOf(await readJson(whole)));
  }
});

test("what is odd is named", async () => {
  const items = await readJson(run([step("ls", "a.py"), { action: 7, observation: "x" }], [system, 5, issue]));
  expect(problemsOf(items)).toEqual([expect.stringContaining("/trajectory/1: stands where a step was expected")]);
  const odd = await readJson({ ...FUNCTIONS, history: [...FUNCTIONS.history, 5, observed("lost", "call_t9")] });
  expect(problemsOf(odd)).toEqual([
    expect.stringContaining("not_read at 1 /history/7: stands where a message was expected"),
    expect.stringContaining("no_call at 1 /history/8"),
  ]);
});
