import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { createSandbox, UNRECORDED } from "../support/run-aasm.js";

const sandbox = await createSandbox(UNRECORDED);
const long = (name: string): string => `${name}\n${"x".repeat(200)}\u001b[31m-end`;
const shown = (name: string): string => `${name}\\n${"x".repeat(200)}\\x1b[31m-end`;
const file = "f".repeat(120);
const event = {
  ts: "2024-03-01T00:00:00.000Z",
  agentId: long("agent"),
  teamId: long("team"),
  sessionId: long("session"),
  action: long("action"),
  decision: long("decision"),
  shadowDecision: long("shadow"),
  matchedRuleId: long("rule"),
  payload: { tool: long("tool") },
};

beforeAll(async () => {
  await sandbox.run(["demo"]);
  const input = [event, { ...event, agentId: "a" }].map((one) => JSON.stringify(one)).join("\n");
  await sandbox.json(["audit", "import", "-", "--path", "long.db"], 0, { input });
  await sandbox.json(["policy", "save", "-", "--name", "p", "--actor", long("actor"), "--path", "long.db"], 0, {
    input: "a: 1",
  });
  await sandbox.json(["policy", "activate", "p", "1", "--actor", long("actor"), "--path", "long.db"]);
  await sandbox.json(["retention", "hold", "add", "--reason", long("reason"), "--all", "--path", "long.db"]);
  await writeFile(join(sandbox.folder, "long.yaml"), `storage: { sqlite: { path: ${file}.db } }\n`);
});

const OF_AN_EVENT = ["agent", "team", "session", "action", "decision", "shadow", "rule", "tool"].map(shown);

/** Commands that list something: their lines in all, and what is in them. */
const cases: [args: string[], lines: number | undefined, ...whole: string[]][] = [
  [["audit", "query", "--path", "long.db"], 3, ...OF_AN_EVENT],
  [
    ["audit", "tail", "--no-follow", "--path", "long.db"],
    2,
    ...["agent", "action", "decision", "tool", "rule"].map(shown),
  ],
  [
    ["audit", "summarize", "--group-by", "agent,tool,session", "--path", "long.db"],
    3,
    shown("agent"),
    shown("session"),
  ],
  [["policy", "list", "--path", "long.db"], 2],
  [["policy", "history", "p", "--path", "long.db"], 5, shown("actor"), shown("actor")],
  [["retention", "hold", "list", "--path", "long.db"], 2, shown("reason")],
  [["config", "show", "--config", "long.yaml"], undefined, file],
  [["status", "--path", "long.db"], undefined],
  [["retention", "plan"], undefined],
  [["agents", "list"], 5],
  [["approvals", "list"], 2],
];

test.each(cases)("in a pipe every row is one line, whole and plain: %j", async (args, lines, ...whole) => {
  const { stdout, stderr, code } = await sandbox.run(args);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  if (lines !== undefined) expect(stdout.trimEnd().split("\n")).toHaveLength(lines);
  for (const text of whole) expect(stdout).toContain(text);
  for (const text of ["\u001b", "…"]) expect(stdout).not.toContain(text);
});

test("colour on a terminal, and in a pipe where it is forced", async () => {
  const red = "\u001b[31mdeny";
  const denied = ["audit", "query", "--decision", "deny", "--limit", "1"];
  expect((await sandbox.run(denied, { terminal: true })).stdout).toContain(red);
  expect((await sandbox.run(denied, { env: { FORCE_COLOR: "1" } })).stdout).toContain(red);
  for (const [args, env] of [
    [denied, { NO_COLOR: "1" }],
    [[...denied, "--no-color"], { FORCE_COLOR: "1" }],
  ] as const) {
    expect((await sandbox.run(args, { env, terminal: true })).stdout).not.toContain("\u001b");
  }
});

test("a pipe gets whole digests", async () => {
  const { versions } = await sandbox.json<{ versions: { digest: string }[] }>([
    "policy",
    "history",
    "p",
    "--path",
    "long.db",
  ]);
  expect((await sandbox.run(["policy", "history", "p", "--path", "long.db"])).stdout).toContain(versions[0]?.digest);
});
