import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();
const START = Date.UTC(2024, 2, 1);
const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

/** Ten events an hour apart; numbers decide what they hold. */
const events = Array.from({ length: 10 }, (_, n) => ({
  ts: new Date(START + n * 3_600_000).toISOString(),
  eventId: id(n),
  agentId: `agent-${n % 2}`,
  teamId: `team-${n % 3}`,
  orgId: n < 5 ? "org-a" : "org-b",
  sessionId: `session-${n}`,
  traceId: `trace-${n % 4}`,
  action: n % 2 === 0 ? "tool_call" : "policy_decision",
  decision: n % 3 === 0 ? "deny" : "allow",
  dryRun: n === 4,
  ...(n === 5 ? { shadowDecision: "deny" } : {}),
  ...(n === 6 ? { matchedRuleId: "rule-6" } : {}),
  payload: { tool: n < 8 ? "search" : "fetch", n, text: n === 9 ? "\u001b[2J\u202eevil" : "x" },
}));

beforeAll(async () => {
  await writeFile(join(sandbox.folder, "config.yaml"), "storage: { sqlite: { path: audit.db } }\n");
  await writeFile(join(sandbox.folder, "events.jsonl"), events.map((event) => JSON.stringify(event)).join("\n"));
  await sandbox.json(["audit", "import", "events.jsonl", ...CONFIG]);
});

const CONFIG = ["--config", "config.yaml"];
interface Listed {
  readonly items: { readonly sessionId: string; readonly ts: string; readonly eventId: string }[];
  readonly next?: string;
}

describe("every filter", () => {
  const cases: [filter: string[], numbers: number[]][] = [
    [
      ["--agent", "agent-1", "--order", "oldest"],
      [1, 3, 5, 7, 9],
    ],
    [
      ["--team", "team-2"],
      [8, 5, 2],
    ],
    [
      ["--org", "org-a", "--decision", "deny"],
      [3, 0],
    ],
    [
      ["--session", "session-3", "--session", "session-4"],
      [4, 3],
    ],
    [
      ["--trace", "trace-3"],
      [7, 3],
    ],
    [["--action", "tool_call", "--tool", "fetch"], [8]],
    [["--shadow-decision", "deny"], [5]],
    [["--rule", "rule-6"], [6]],
    [["--event-id", id(7).toUpperCase()], [7]],
    [["--dry-run"], [4]],
    [
      ["--no-dry-run", "--to", "2024-03-01T02:00:00Z"],
      [1, 0],
    ],
    [["--payload", "/n=2"], [2]],
    [["--payload", "/text=x", "--payload", "/tool=fetch"], [8]],
    [
      ["--from", "2024-03-01T08:00:00Z"],
      [9, 8],
    ],
    [["--from", "1h"], []],
  ];
  test.each(cases)("%j", async (filter, numbers) => {
    const { items, next } = await sandbox.json<Listed>(["audit", "query", ...filter, ...CONFIG]);
    expect(items.map((item) => item.sessionId)).toEqual(numbers.map((n) => `session-${n}`));
    expect(next).toBeUndefined();
    const counted = filter.filter((word, i) => word !== "--order" && filter[i - 1] !== "--order");
    expect(await sandbox.json(["audit", "count", ...counted, ...CONFIG])).toEqual({ count: numbers.length });
  });
});

test("cursors walk through everything once", async () => {
  const seen: string[] = [];
  let cursor: string[] = [];
  for (;;) {
    const page = await sandbox.json<Listed>(["audit", "query", "--limit", "3", ...cursor, ...CONFIG]);
    seen.push(...page.items.map((item) => item.eventId));
    if (page.next === undefined) break;
    cursor = ["--cursor", page.next];
  }
  expect(seen).toEqual(events.map((event) => event.eventId).reverse());
});

describe("show", () => {
  test("one event with its payload, for people and as JSON", async () => {
    const shown = await sandbox.run(["audit", "show", id(9).toUpperCase(), ...CONFIG]);
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(shown.stdout).toMatch(/^event id +00000000-0000-4000-8000-000000000009\n/);
    expect(shown.stdout).toMatch(/\ntime +2024-03-01 09:00:00Z \(\d+d ago\)\n/);
    expect(shown.stdout).toMatch(/\nsession +session-9\n/);
    expect(shown.stdout).toContain('\n\n{\n  "tool": "fetch",\n  "n": 9,\n  "text": "\\u001b[2J\\u202eevil"\n}\n');
    const { recordedAt, ...event } = await sandbox.json<Record<string, unknown>>(["audit", "show", id(4), ...CONFIG]);
    expect(event).toEqual(events[4]);
    expect(recordedAt).toEqual(expect.stringMatching(/Z$/));
    expect((await sandbox.run(["audit", "show", id(4), ...CONFIG])).stdout).toContain("allow (dry run)");
  });

  test("no event has the id, in all of the store or in a range of it", async () => {
    const none = await sandbox.run(["audit", "show", id(77), ...CONFIG]);
    expect(none).toMatchObject({ code: 1, stdout: "" });
    expect(none.stderr).toMatch(
      /^aasm: not_found: there is no event 0{8}-0000-4000-8000-0{10}77 in the store\. [^\n]+\n$/,
    );
    expect((await sandbox.run(["audit", "show", id(9), "--to", "2024-03-01", ...CONFIG])).code).toBe(1);
    expect((await sandbox.run(["audit", "show", id(9), "--from", "2024-03-01", ...CONFIG])).code).toBe(0);
  });

  test("an id that was given twice is told apart by time", async () => {
    const path = ["--path", "twice.db"];
    const twice = [events[1], { ...events[1], ts: "2024-04-01T00:00:00.000Z" }];
    await sandbox.json(["audit", "import", "-", ...path], 0, { input: twice.map((e) => JSON.stringify(e)).join("\n") });
    const both = await sandbox.run(["audit", "show", id(1), ...path]);
    expect(both).toMatchObject({ code: 1, stdout: "" });
    expect(both.stderr).toMatch(
      /^aasm: conflict: .*2024-03-01 01:00:00Z and 2024-04-01 00:00:00Z\. Select one with --from/,
    );
    expect(await sandbox.json(["audit", "show", id(1), "--to", "2024-03-31", ...path])).toMatchObject(events[1] ?? {});
  });

  test("an event without a payload", async () => {
    const path = ["--path", "bare.db"];
    const { payload: _, ...bare } = events[0] as (typeof events)[number];
    await sandbox.json(["audit", "import", "-", ...path], 0, { input: JSON.stringify(bare) });
    expect((await sandbox.run(["audit", "show", id(0), ...path])).stdout).toMatch(/\npayload +none\n$/);
  });
});

test("a damaged cursor is refused", async () => {
  const result = await sandbox.run(["audit", "query", "--cursor", "nonsense", ...CONFIG]);
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/^aasm: invalid_argument: .*cursor/);
});

test("a table fits the width it is given, and data in it is harmless", async () => {
  const { stdout } = await sandbox.run(["audit", "query", ...CONFIG], { env: { COLUMNS: "70" } });
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(11);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(70);
  expect(lines[1]).toMatch(/^2024-03-01 09:00:00Z {2}\d+d ago {2,}agent/);
  expect(stdout).not.toContain("\u001b");
  const json = await sandbox.run(["audit", "query", "--json", ...CONFIG]);
  for (const character of ["\u001b", "\u202e"]) expect(json.stdout).not.toContain(character);
});

test("summaries count per dimension and per bucket", async () => {
  const byTool = await sandbox.json<{ rows: unknown[] }>([
    "audit",
    "summarize",
    "--group-by",
    "tool,decision",
    ...CONFIG,
  ]);
  expect(byTool.rows).toEqual([
    { key: { tool: "fetch", decision: "allow" }, count: 1 },
    { key: { tool: "fetch", decision: "deny" }, count: 1 },
    { key: { tool: "search", decision: "allow" }, count: 5 },
    { key: { tool: "search", decision: "deny" }, count: 3 },
  ]);
  const zoned = await sandbox.json<{ rows: unknown[] }>([
    "audit",
    "summarize",
    "--bucket",
    "1d",
    "--time-zone",
    "America/New_York",
    ...CONFIG,
  ]);
  expect(zoned.rows).toEqual([
    { bucket: "2024-02-29T05:00:00.000Z", key: {}, count: 5 },
    { bucket: "2024-03-01T05:00:00.000Z", key: {}, count: 5 },
  ]);
  const explained = await sandbox.run(["audit", "summarize", "--session", "session-8", "--explain", ...CONFIG]);
  expect(explained.stdout).toMatch(/READ +FROM +TO\nevents +the beginning +the end\nNo kept counts were read\.\n$/);
  const counted = [
    "audit",
    "summarize",
    "--explain",
    "--from",
    "2024-01-31",
    "--to",
    "2024-04-01T00:30:00Z",
    ...CONFIG,
  ];
  const { explanation } = await sandbox.json<{ explanation: unknown }>(counted);
  expect(explanation).toMatchObject({ source: expect.any(String), uncounted: expect.any(Number) });
  const kept = await sandbox.json<{ rows: unknown[] }>(["audit", "summarize", "--include-dropped", ...CONFIG]);
  expect(kept.rows).toEqual([{ key: {}, count: 10 }]);
  const refused = await sandbox.run(["audit", "summarize", "--include-dropped", "--bucket", "1h", ...CONFIG]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("1d, 1w or 1mo in UTC")]);
  const drawn = await sandbox.run(["audit", "summarize", "--bucket", "6h", "--group-by", "agent", ...CONFIG], {
    env: { COLUMNS: "60" },
  });
  expect(drawn.stdout).toMatch(/FROM +AGENT +COUNT/);
  expect(drawn.stdout).toContain("█");
});

describe("tail", () => {
  test("without following: the latest events, oldest first", async () => {
    const { items } = await sandbox.json<Listed>(["audit", "tail", "--no-follow", "-n", "2", ...CONFIG]);
    expect(items.map((item) => item.sessionId)).toEqual(["session-8", "session-9"]);
  });

  test("new events appear as they are stored; Ctrl-C ends it with 130", async () => {
    const late = {
      ts: new Date().toISOString(),
      eventId: id(99),
      agentId: "late",
      action: "tool_call",
      decision: "allow",
    };
    const result = await sandbox.spawn(["audit", "tail", "-n", "1", "--json", ...CONFIG], {
      onStart: (child) => {
        let seen = "";
        child.stdout?.on("data", (text: string) => {
          const before = seen.split("\n").length;
          seen += text;
          const now = seen.split("\n").length;
          if (before < 2 && now >= 2) {
            void sandbox.json(["audit", "import", "-", "--path", "audit.db"], 0, { input: JSON.stringify(late) });
          }
          if (now >= 3) child.kill("SIGINT");
        });
      },
    });
    expect(result.code).toBe(130);
    expect(result.stderr).toBe("");
    const lines = result.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: { eventId: string }; position?: string });
    expect(lines.map(({ event }) => event.eventId)).toEqual([id(9), id(99)]);
    expect(lines[1]?.position).toEqual(expect.any(String));
  });
});

describe("an import that is interrupted", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "by %s says how many events were stored, and goes on when it is run again",
    async (signal) => {
      const path = `${signal}.db`;
      const lines = Array.from({ length: 30_000 }, (_, n) =>
        JSON.stringify({
          ts: new Date(Date.now() - 60_000).toISOString(),
          eventId: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
          agentId: "a",
          action: "message",
          decision: "allow",
        }),
      ).join("\n");
      await writeFile(join(sandbox.folder, `${signal}.jsonl`), lines);
      const args = ["audit", "import", `${signal}.jsonl`, "--path", path];
      const interrupted = await sandbox.spawn(args, {
        onStart: (child) => {
          const look = setInterval(() => {
            if (!existsSync(join(sandbox.folder, `${path}-wal`))) return;
            clearInterval(look);
            child.kill(signal);
          }, 1);
          child.once("exit", () => clearInterval(look));
        },
      });
      expect(interrupted.code).toBe(130);
      const said =
        /^aasm: interrupted: ([\d,]+) events were stored; the same command stores the others, and none twice\n$/.exec(
          interrupted.stderr,
        );
      const stored = Number(said?.[1]?.replaceAll(",", ""));
      expect((await sandbox.run(["audit", "count", "--path", path])).stdout).toBe(`${stored.toLocaleString("en")}\n`);
      expect((await sandbox.run(args)).code).toBe(0);
      expect((await sandbox.run(["audit", "count", "--path", path])).stdout).toBe("30,000\n");
    },
  );
});
