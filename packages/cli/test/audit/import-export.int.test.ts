import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { TRANSCRIPT_FORMATS } from "@agent-assembly/transcripts";
import { describe, expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();
const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const inFolder = (name: string): string => join(sandbox.folder, name);

interface Report {
  readonly inserted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly olderThanRetention?: { readonly events: number; readonly keptDays: number };
  readonly sources: {
    readonly source: string;
    readonly formats: string[];
    readonly sessions: number;
    readonly calls: number;
  }[];
  readonly problems: {
    readonly source: string;
    readonly line?: number;
    readonly pointer?: string;
    readonly code: string;
    readonly severity: string;
    readonly reason: string;
    readonly count: number;
  }[];
}

const hostile = {
  agentId: 'quote " comma, =SUM(A1) \n new line',
  sessionId: " leading and trailing ",
  action: "tool_call",
  decision: "allow",
};

/** Two thousand events, more than two batches, with values that are hard to carry. */
function sampleLines(): string[] {
  return Array.from({ length: 2000 }, (_, i) =>
    JSON.stringify({
      ts: new Date(Date.UTC(2020, 0, 1) + Math.floor(i / 3) * 1000).toISOString(),
      eventId: `00000000-0000-4000-8000-${i.toString(16).padStart(12, "0")}`,
      ...(i % 50 === 0
        ? hostile
        : { agentId: `agent-${i % 7}`, action: "tool_call", decision: i % 9 === 0 ? "deny" : "allow" }),
      ...(i % 4 === 0 ? { dryRun: true, shadowDecision: "deny", matchedRuleId: "r-1" } : {}),
      ...(i % 5 === 0 ? {} : { payload: { tool: "t", text: `\u0000 ä 😀 \ud800 ${i}`, n: [i, -0.5, 1e21, null] } }),
    }),
  );
}

describe("transcripts", () => {
  test("every call is stored once, however often it is imported; the format is recognised", async () => {
    const args = ["audit", "import", fixture("runs-under-traj.json"), "--path", "chat.db"];
    expect(await sandbox.json(args)).toMatchObject({
      inserted: 4,
      duplicates: 0,
      rejected: 0,
      sources: [{ formats: ["openai-chat"], sessions: 2, agents: 1, calls: 4, assumedTimes: 4 }],
      problems: [],
    });
    expect(await sandbox.json(args)).toMatchObject({ inserted: 0, duplicates: 4, rejected: 0, problems: [] });
    const query = async (...filter: string[]) =>
      (await sandbox.json<{ items: unknown[] }>(["audit", "query", "--path", "chat.db", ...filter])).items.length;
    expect(await query("--tool", "renew")).toBe(2);
    expect(await query("--session", "task-7/trial-2")).toBe(1);
    expect(await query("--payload", "/arguments/book=b-1")).toBe(1);
    expect(await query("--payload", "/result/loans/1=b-2")).toBe(1);
    expect(await query("--payload", "/result=Error: reserved by another reader")).toBe(1);
  });

  test("other shapes, from standard input, with broken lines", async () => {
    const input = await readFile(fixture("chat-lines.jsonl"), "utf8");
    const report = await sandbox.json<Report>(["audit", "import", "-", "--path", "lines.db"], 1, { input });
    expect(report).toMatchObject({ inserted: 2, rejected: 2 });
    expect(report.problems.map(({ line }) => line)).toEqual([4, 5]);
    const more = ["--agent", "me", "--decision", "allow"];
    expect(
      await sandbox.json(["audit", "import", fixture("single-chat.json"), "--path", "lines.db", ...more]),
    ).toMatchObject({
      inserted: 1,
    });
    expect(
      await sandbox.json(["audit", "count", "--agent", "me", "--decision", "allow", "--path", "lines.db"]),
    ).toEqual({
      count: 1,
    });
  });

  test("named as another format, the message says what to do", async () => {
    const result = await sandbox.run([
      "audit",
      "import",
      fixture("single-chat.json"),
      "--format",
      "jsonl",
      "--path",
      "wrong.db",
    ]);
    expect(result.code).toBe(1);
    expect(result.stdout).toContain("looks like openai-chat");
  });

  test("a folder, a pattern and a file: each by itself, one summary; what cannot be read stops no other", async () => {
    await mkdir(inFolder("logs/deep"), { recursive: true });
    await copyFile(fixture("single-chat.json"), inFolder("logs/deep/a.json"));
    await writeFile(inFolder("logs/b.json.gz"), gzipSync(await readFile(fixture("runs-under-traj.json"))));
    await writeFile(inFolder("logs/c.json"), '{"nothing": "here"}');
    await mkdir(inFolder("empty"), { recursive: true });
    const report = await sandbox.json<Report>(
      ["audit", "import", "logs", "lo*s/**/a.json", "none.json", "empty", "x*.json", "--path", "many.db"],
      1,
    );
    expect(report.sources.map(({ source, formats, calls }) => [source, formats, calls])).toEqual([
      ["logs/b.json.gz", ["openai-chat"], 4],
      ["logs/c.json", [], 0],
      ["logs/deep/a.json", ["openai-chat"], 1],
      ["none.json", [], 0],
      ["empty", [], 0],
      ["x*.json", [], 0],
    ]);
    expect(report).toMatchObject({ inserted: 5, rejected: 3 });
    expect(report.problems.map(({ source, code, severity }) => [source, code, severity])).toEqual([
      ["none.json", "not_found", "error"],
      ["empty", "not_found", "error"],
      ["x*.json", "not_found", "error"],
      ["logs/c.json", "unknown_format", "warning"],
    ]);
    expect(await sandbox.json(["audit", "import", "logs", "--path", "many.db"])).toMatchObject({
      duplicates: 5,
      rejected: 0,
    });
    expect((await sandbox.run(["audit", "import", "logs/c.json", "--path", "many.db"])).code).toBe(1);
  });

  test.skipIf(process.platform === "win32")(
    "in a folder, what has the name of a source and is none is named",
    async () => {
      await mkdir(inFolder("odd/sub.json"), { recursive: true });
      await copyFile(fixture("single-chat.json"), inFolder("odd/a.json"));
      await symlink("nowhere", inFolder("odd/broken.json"));
      execFileSync("mkfifo", [inFolder("odd/fifo.jsonl")]);
      const report = await sandbox.json<Report>(["audit", "import", "odd", "--path", "odd.db"], 1);
      expect(report).toMatchObject({ inserted: 1, rejected: 2 });
      expect(report.problems.map(({ source, reason }) => [source, reason])).toEqual([
        ["odd/broken.json", expect.stringContaining("broken link")],
        ["odd/fifo.jsonl", expect.stringContaining("is no regular file")],
      ]);
    },
  );

  test("--dry-run shows what would be stored, and stores nothing", async () => {
    const args = ["audit", "import", fixture("runs-under-traj.json"), "--dry-run", "--path", "dry.db"];
    expect(await sandbox.json(args)).toMatchObject({ dryRun: true, inserted: 0, sources: [{ calls: 4 }] });
    const { stdout } = await sandbox.run(args);
    expect(stdout).toContain("openai-chat, 2 sessions, 4 calls, 1 agent");
    await expect(stat(inFolder("dry.db"))).rejects.toThrow("ENOENT");
  });

  test("what retention will remove is said, with the number", async () => {
    const args = ["audit", "import", fixture("single-chat.json"), "--path", "old.db"];
    expect(await sandbox.json<Report>(args)).toMatchObject({ olderThanRetention: { events: 1, keptDays: 90 } });
    expect((await sandbox.run(args)).stdout).toContain(
      "1 event is older than 90 days, so the next retention run removes",
    );
    const young = JSON.stringify({
      created_at: new Date().toISOString(),
      messages: [{ role: "assistant", function_call: { name: "f" } }],
    });
    const report = await sandbox.json<Report>(["audit", "import", "-", "--path", "old.db"], 0, { input: young });
    expect(report.olderThanRetention).toBeUndefined();
  });

  test("on a terminal it is asked before anything is stored; --yes answers, and elsewhere it is only said", async () => {
    const question = "1 event is older than 90 days";
    const run = (db: string, answer: string, ...more: string[]) =>
      sandbox.run(["audit", "import", fixture("single-chat.json"), "--path", db, ...more], {
        asks: true,
        input: answer,
      });
    const count = async (db: string) => (await sandbox.json<{ count: number }>(["audit", "count", "--path", db])).count;

    for (const answer of ["n\n", "\n", ""]) {
      const declined = await run("asked.db", answer);
      expect([declined.code, declined.stdout]).toEqual([1, expect.stringContaining("Nothing was imported.\n")]);
      expect(declined.stderr).toContain(question);
      await expect(stat(inFolder("asked.db"))).rejects.toThrow("ENOENT");
    }
    const accepted = await run("asked.db", "y\n");
    expect([accepted.code, accepted.stderr]).toEqual([0, expect.stringContaining(`${question}`)]);
    expect(await count("asked.db")).toBe(1);

    const yes = await run("yes.db", "", "--yes");
    expect([yes.code, yes.stdout]).toEqual([0, expect.stringContaining(question)]);
    expect(yes.stderr).not.toContain("[y/N]");
    expect(await count("yes.db")).toBe(1);

    const dry = await run("dry-asked.db", "", "--dry-run");
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining(question)]);
    expect(dry.stderr).not.toContain("[y/N]");

    const young = JSON.stringify({ ...hostile, ts: new Date().toISOString() });
    await writeFile(inFolder("young.jsonl"), young);
    const none = await sandbox.run(["audit", "import", "young.jsonl", "--path", "yes.db"], { asks: true });
    expect([none.code, none.stderr.includes("[y/N]")]).toEqual([0, false]);
  });

  test("times without a zone are read in the zone that was asked for", async () => {
    const input = JSON.stringify({
      created_at: "2026-07-01 12:00:00",
      messages: [{ role: "assistant", function_call: { name: "f" } }],
    });
    const report = await sandbox.json<{ sources: { from: string }[] }>(
      ["audit", "import", "-", "--time-zone", "Europe/Berlin", "--dry-run"],
      0,
      { input },
    );
    expect(report.sources[0]?.from).toBe("2026-07-01T10:00:00.000Z");
    const wrong = await sandbox.run(["audit", "import", "-", "--time-zone", "Mars/Olympus"], { input });
    expect(wrong.code).toBeGreaterThan(0);
    expect(wrong.stderr).toContain("IANA time zone");
  });

  test("the help names the formats that are read", async () => {
    const { stdout } = await sandbox.run(["audit", "import", "--help"]);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(TRANSCRIPT_FORMATS.join(", "));
  });
});

describe("round trip", () => {
  test.each(["jsonl", "csv"])("%s: out, in elsewhere, and out again gives the same bytes", async (format) => {
    await writeFile(inFolder("sample.jsonl"), `${sampleLines().join("\n")}\n`);
    const [first, second] = [`first-${format}.db`, `second-${format}.db`];
    expect(await sandbox.json(["audit", "import", "sample.jsonl", "--path", first])).toMatchObject({
      inserted: 2000,
      rejected: 0,
    });
    const out = `out.${format}`;
    const exported = await sandbox.json<{ exported: number; bytes: number }>([
      "audit",
      "export",
      "--format",
      format,
      "--out",
      out,
      "--path",
      first,
    ]);
    expect(exported).toMatchObject({ exported: 2000, bytes: (await stat(inFolder(out))).size });
    expect((await stat(inFolder(out))).mode & 0o777).toBe(0o600);
    expect(await sandbox.json(["audit", "import", out, "--format", format, "--path", second])).toMatchObject({
      inserted: 2000,
      rejected: 0,
    });
    expect(await sandbox.json(["audit", "import", out, "--format", format, "--path", second])).toMatchObject({
      duplicates: 2000,
    });
    const again = await sandbox.run(["audit", "export", "--format", format, "--path", second]);
    expect(again.stdout).toBe(await readFile(inFolder(out), "utf8"));
    expect((await readdir(sandbox.folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("a filter narrows it, recordedAt comes on request", async () => {
    const all = await sandbox.run([
      "audit",
      "export",
      "--decision",
      "deny",
      "--recorded-at",
      "--path",
      "first-jsonl.db",
    ]);
    const lines = all.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { decision: string; recordedAt: string });
    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines) expect(line).toMatchObject({ decision: "deny", recordedAt: expect.stringMatching(/Z$/) });
  });

  test("a reader that leaves early is no error", async () => {
    const result = await sandbox.spawn(["audit", "export", "--path", "first-jsonl.db"], {
      onStart: (child) => child.stdout?.once("data", () => child.stdout?.destroy()),
    });
    expect(result).toMatchObject({ code: 0, stderr: "" });
  });

  test("a folder that is not there is an error, and nothing is left behind", async () => {
    const result = await sandbox.run(["audit", "export", "--out", "no/such/out.jsonl", "--path", "first-jsonl.db"]);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("ENOENT");
  });
});

describe("broken input", () => {
  const good = (n: number): string =>
    JSON.stringify({
      ts: "2024-01-01T00:00:00Z",
      eventId: `00000000-0000-4000-8000-00000000000${n}`,
      agentId: "a",
      action: "x",
      decision: "allow",
    });
  const lines = [
    good(1),
    "{broken",
    JSON.stringify({ ts: "2024-01-01T00:00:00Z", agentId: "", action: "x", decision: "allow" }),
    JSON.stringify({ ts: "2024-01-01", agentId: "a", action: "x", decision: "allow", agent: "b" }),
    JSON.stringify({ ts: "2999-01-01T00:00:00Z", agentId: "a", action: "x", decision: "allow" }),
    JSON.stringify({
      ts: "2024-01-01T00:00:00Z",
      agentId: "a",
      action: "x",
      decision: "allow",
      payload: "x".repeat(300_000),
    }),
    good(1).replace('"allow"', '"deny"'),
    good(2),
  ];

  test("good lines are stored, the others listed with number and reason", async () => {
    await writeFile(inFolder("broken.jsonl"), lines.join("\n"));
    const report = await sandbox.json<Report>(["audit", "import", "broken.jsonl", "--path", "broken.db"], 1);
    expect(report).toMatchObject({ inserted: 2, duplicates: 0, rejected: 6 });
    const byLine = new Map(report.problems.map((problem) => [problem.line, problem]));
    expect([...byLine.keys()].sort()).toEqual([2, 3, 4, 5, 6, 7]);
    expect(byLine.get(2)?.reason).toContain("is not valid JSON at character 2");
    expect(byLine.get(3)?.reason).toContain("agentId must not be empty");
    expect(byLine.get(4)?.reason).toContain('"agent"');
    expect(byLine.get(5)).toMatchObject({ code: "out_of_range" });
    expect(byLine.get(6)).toMatchObject({ code: "too_large" });
    expect(byLine.get(7)).toMatchObject({ code: "conflict" });
    expect(await sandbox.json(["audit", "count", "--path", "broken.db"])).toEqual({ count: 2 });
  });

  test("--strict stores nothing, from a file and from standard input", async () => {
    for (const [file, input] of [
      ["broken.jsonl", ""],
      ["-", lines.join("\n")],
    ] as const) {
      const report = await sandbox.json<Report>(["audit", "import", file, "--strict", "--path", "strict.db"], 1, {
        input,
      });
      expect(report).toMatchObject({ inserted: 0, rejected: 5, stopped: true });
      await expect(stat(inFolder("strict.db"))).rejects.toThrow("ENOENT");
    }
    const clean = await sandbox.json(["audit", "import", "-", "--strict", "--path", "strict.db"], 0, {
      input: `${good(1)}\n${good(2)}\n`,
    });
    expect(clean).toMatchObject({ inserted: 2 });
  });

  test("the printed list is short, the count is whole", async () => {
    const nonsense = "nonsense\n".repeat(500);
    const kinds = Array.from({ length: 30 }, (_, n) => `${" ".repeat(n)}nope\n`).join("");
    const result = await sandbox.run(["audit", "import", "-", "--path", "some.db"], {
      input: `${good(1)}\n${nonsense}${kinds}`,
    });
    expect(result.code).toBe(1);
    expect(result.stdout).toContain("530 rejected");
    expect(result.stdout).toContain("(500 times, first here)");
    expect(result.stdout).toContain("... and 11 more kinds of problems");
  });

  test("a larger payload can be let in", async () => {
    const report = await sandbox.json<Report>(
      ["audit", "import", "broken.jsonl", "--max-payload-bytes", "400000", "--path", "large.db"],
      1,
    );
    expect(report).toMatchObject({ inserted: 3, rejected: 5 });
  });

  test("a file that is not there, and a folder without files", async () => {
    const missing = await sandbox.run(["audit", "import", "none.jsonl", "--path", "x.db"]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("none.jsonl")]);
    await mkdir(inFolder("nothing"));
    expect((await sandbox.run(["audit", "import", "nothing", "--path", "x.db"])).stdout).toContain(
      "the folder holds no file that ends in",
    );
  });
});
