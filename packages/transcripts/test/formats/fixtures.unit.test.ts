import { expect, test } from "vitest";
import { eventsOf, formatsOf, problemsOf, readFixture } from "../support/read.js";

/** What happened, in short: the time, the tool, what was decided, and the answer. */
async function shortOf(name: string): Promise<unknown[]> {
  return eventsOf(await readFixture(name)).map(({ ts, decision, payload }) => {
    const { tool, result, error } = payload as Record<string, unknown>;
    return [ts.toISOString().slice(11, 19), tool, decision, result, ...(error === undefined ? [] : [error])];
  });
}

test("a forked rollout of Codex", async () => {
  const items = await readFixture("codex-fork.jsonl");
  expect(formatsOf(items)).toEqual(["codex"]);
  expect(await shortOf("codex-fork.jsonl")).toEqual([
    ["09:30:22", "exec_command", "observed", expect.stringContaining("1 failed"), true],
    ["09:30:26", "apply_patch", "observed", expect.stringContaining("Success")],
    ["09:30:28", "exec_command", "deny", "exec command rejected by user", true],
  ]);
  expect(eventsOf(items)[0]).toMatchObject({
    sessionId: "019a0c7a-0000-7abc-8def-000000000002",
    payload: { arguments: { cmd: "npm test", order: "12345678901234567890" } },
  });
  expect(problemsOf(items)).toEqual([
    expect.stringContaining("left_out at 4 /payload: is a copy of a call"),
    expect.stringContaining("number_as_text at 9 /payload"),
  ]);
});

test("a log of Inspect", async () => {
  const items = await readFixture("inspect-log.json");
  expect(formatsOf(items)).toEqual(["inspect"]);
  expect(problemsOf(items)).toEqual([]);
  expect(await shortOf("inspect-log.json")).toEqual([
    ["09:00:04", "bash", "allow", "a.txt"],
    ["09:00:06", "bash", "deny", "", { type: "approval", message: "Not that." }],
    ["09:00:09", "submit", "observed", undefined],
  ]);
});

test("a trajectory of SWE-agent", async () => {
  const items = await readFixture("swe-agent-run.traj");
  expect(formatsOf(items)).toEqual(["swe-agent"]);
  expect(problemsOf(items)).toEqual([]);
  expect(await shortOf("swe-agent-run.traj")).toEqual([
    ["00:00:00", "find_file", "observed", "Found 1 matches"],
    ["00:00:00", "bash", "observed", "8.2\n(Open file: n/a)"],
    ["00:00:00", "submit", "observed", "diff --git a/a.py b/a.py"],
  ]);
});
