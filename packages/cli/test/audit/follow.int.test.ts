import { type ChildProcess, execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createSandbox, type RunResult } from "../support/run-aasm.js";

const sandbox = await createSandbox();
const at = (name: string): string => join(sandbox.folder, name);
/** Many times what the work takes; only what hangs reaches it. */
const LIMIT = { timeout: 300_000 };
const NOW = Date.now() - 60_000;
const SESSION = "0b1c7a52-0000-4000-8000-000000000001";

interface Stored {
  readonly action: string;
  readonly payload: { readonly toolCallId: string; readonly result?: unknown };
}

function line(type: "assistant" | "user", n: number, block: object, session = SESSION): string {
  const timestamp = new Date(NOW + n).toISOString();
  const message = { role: type, content: [block] };
  return `${JSON.stringify({ type, uuid: `${type}-${n}`, sessionId: session, timestamp, message })}\n`;
}

const idOf = (n: number): string => `toolu_00000000000${n}`;
const call = (n: number): string => line("assistant", n, { type: "tool_use", id: idOf(n), name: "Bash", input: { n } });
const answer = (n: number): string =>
  line("user", n, { type: "tool_result", tool_use_id: idOf(n), content: `answer ${n}` });

/** Ids of calls that are stored, and `ID=ANSWER` for those with one, in or after the call. */
async function stored(db: string): Promise<string[]> {
  if (!existsSync(at(db))) return [];
  const { items } = await sandbox.json<{ items: Stored[] }>(["audit", "query", "--order", "oldest", "--path", db]);
  return items
    .map(({ action, payload: { toolCallId, result } }) =>
      action === "tool_result" ? `${toolCallId} later ${result}` : [toolCallId, result].filter(Boolean).join("="),
    )
    .sort();
}

/** `aasm audit import --follow` as a process, which has read what is there. */
async function follow(...args: string[]) {
  let child: ChildProcess | undefined;
  let output = "";
  const ended = sandbox.spawn(["audit", "import", "--follow", ...args], {
    onStart: (started) => {
      child = started;
      started.stdout?.on("data", (text: string) => {
        output += text;
      });
    },
  });
  const says = (text: string) => expect.poll(() => output, LIMIT).toContain(text);
  await says("Following");
  const end = (signal: NodeJS.Signals): Promise<RunResult> => {
    child?.kill(signal);
    return ended;
  };
  return { says, end };
}

const storedIn = (db: string) => expect.poll(() => stored(db), LIMIT);

describe("import --follow", () => {
  test("stores what is appended, once each line is complete; Ctrl-C ends with the summary and 130", async () => {
    writeFileSync(at("a.jsonl"), call(1));
    const following = await follow("a.jsonl", "--path", "a.db");
    await storedIn("a.db").toEqual([idOf(1)]);
    const [half, rest] = [call(2).slice(0, 90), call(2).slice(90)];
    appendFileSync(at("a.jsonl"), answer(1) + half);
    await storedIn("a.db").toEqual([idOf(1), `${idOf(1)} later answer 1`]);
    appendFileSync(at("a.jsonl"), rest + answer(2));
    await storedIn("a.db").toContain(`${idOf(2)}=answer 2`);
    appendFileSync(at("a.jsonl"), call(3).slice(0, 50));
    const { code, stdout, stderr } = await following.end("SIGINT");
    expect([code, stderr]).toEqual([130, ""]);
    expect(stdout).toContain("Imported: 3 inserted, 0 duplicates, 0 rejected\n");
    expect(stdout).toContain("claude-code, 1 session, 2 calls, 1 other event");
  });

  test("killed and started again, it stores each call once, and the answers that came meanwhile", async () => {
    writeFileSync(at("kill.jsonl"), call(1) + call(2));
    const first = await follow("kill.jsonl", "--path", "kill.db");
    appendFileSync(at("kill.jsonl"), answer(1));
    await storedIn("kill.db").toContain(`${idOf(1)} later answer 1`);
    await first.end("SIGKILL");
    appendFileSync(at("kill.jsonl"), answer(2) + call(3));
    const second = await follow("kill.jsonl", "--path", "kill.db");
    await storedIn("kill.db").toEqual([
      idOf(1),
      `${idOf(1)} later answer 1`,
      idOf(2),
      `${idOf(2)} later answer 2`,
      idOf(3),
    ]);
    expect((await second.end("SIGTERM")).code).toBe(0);
  });

  test("takes new files of folders, and says when one is cut off, replaced or removed", async () => {
    mkdirSync(at("sessions/deep"), { recursive: true });
    const following = await follow("sessions", "--path", "s.db");
    writeFileSync(at("sessions/a.jsonl"), call(1) + answer(1));
    writeFileSync(at("sessions/deep/b.jsonl"), call(2));
    writeFileSync(at("sessions/config.json"), "{}\n");
    await storedIn("s.db").toEqual([`${idOf(1)}=answer 1`, idOf(2)]);
    // What was written before the file lost its name is read, too.
    appendFileSync(at("sessions/a.jsonl"), call(3));
    renameSync(at("sessions/a.jsonl"), at("sessions/a.jsonl.1"));
    writeFileSync(at("sessions/a.jsonl"), call(4));
    await following.says("a.jsonl: was replaced by another file");
    await storedIn("s.db").toEqual([`${idOf(1)}=answer 1`, idOf(2), idOf(3), idOf(4)]);
    writeFileSync(at("sessions/deep/b.jsonl"), "");
    await following.says("b.jsonl: became shorter");
    writeFileSync(at("sessions/deep/b.jsonl"), call(2) + call(5));
    await storedIn("s.db").toContain(idOf(5));
    writeFileSync(at("sessions/deep/b.jsonl"), call(6) + call(7) + call(8));
    await following.says("b.jsonl: was written anew");
    await storedIn("s.db").toContain(idOf(8));
    rmSync(at("sessions/a.jsonl"));
    await following.says("a.jsonl: was removed");
    writeFileSync(at("sessions/a.jsonl"), call(9));
    await storedIn("s.db").toContain(idOf(9));
    const { code, stdout } = await following.end("SIGINT");
    expect(code).toBe(130);
    expect(stdout).toContain("Imported: 9 inserted, 1 duplicate, 0 rejected");
    for (const note of ["(replaced)", "(truncated)", "(rewritten)", "(removed)"]) expect(stdout).toContain(note);
  });

  test("a file of which it could not be told what it is, until more came", async () => {
    writeFileSync(at("late.jsonl"), "");
    const following = await follow("late.jsonl", "--path", "late.db");
    appendFileSync(at("late.jsonl"), '{"some":"line"}\n');
    appendFileSync(at("late.jsonl"), call(1));
    await storedIn("late.db").toEqual([idOf(1)]);
    await following.end("SIGINT");
  });

  const event = {
    ts: new Date().toISOString(),
    eventId: SESSION,
    agentId: "a",
    action: "x",
    decision: "allow",
    payload: { toolCallId: "1" },
  };
  const span = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", name: "execute_tool f" };
  const chat = { role: "assistant", tool_calls: [{ id: "call_1", function: { name: "f", arguments: "{}" } }] };
  test.each([
    ["jsonl", event, "1"],
    [
      "codex",
      { timestamp: event.ts, type: "response_item", payload: { type: "function_call", name: "f", call_id: "1" } },
      "1",
    ],
    ["openai-chat", chat, "call_1"],
    [
      "otlp-json",
      {
        resourceSpans: [
          {
            resource: { attributes: [{ key: "service.name", value: { stringValue: "s" } }] },
            scopeSpans: [
              {
                spans: [
                  {
                    ...span,
                    startTimeUnixNano: `${Date.now()}000000`,
                    attributes: [
                      { key: "gen_ai.tool.name", value: { stringValue: "f" } },
                      { key: "gen_ai.tool.call.id", value: { stringValue: "1" } },
                    ],
                  },
                ],
              },
            ],
          },
        ],
      },
      "1",
    ],
  ] as const)("%s, whose line is complete without a line feed", async (format, value, id) => {
    const [file, db] = [`${format}-lines.jsonl`, `${format}-lines.db`];
    writeFileSync(at(file), "");
    const following = await follow(file, "--format", format, "--path", db, "--yes");
    appendFileSync(at(file), JSON.stringify(value));
    await storedIn(db).toEqual([id]);
    appendFileSync(at(file), "\n");
    const { stdout } = await following.end("SIGINT");
    expect(stdout).toContain("Imported: 1 inserted, 0 duplicates, 0 rejected");
  });
});

describe("import --follow refuses", () => {
  test.each([
    ["a document", "doc.json", '{\n"messages": []}\n', "is one JSON document"],
    ["a list", "list.json", "[{}]\n", "is one JSON document"],
    ["a table", "table.csv", "ts,agentId,action,decision\n", "is csv"],
    ["what is compressed", "packed.jsonl.gz", gzipSync(call(1)), "is compressed (gzip)"],
    ["UTF-16", "wide.jsonl", Buffer.from(`\ufeff${call(1)}`, "utf16le"), "is UTF-16"],
  ])("%s", async (_, name, content, reason) => {
    writeFileSync(at(name), content);
    const { code, stdout } = await sandbox.spawn(["audit", "import", "--follow", name, "--path", "no.db"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining(`${reason}`)]);
    expect(stdout).toContain("import it when it is complete (not_followed)");
  });

  test.skipIf(process.platform === "win32")("what is no regular file", async () => {
    execFileSync("mkfifo", [at("fifo")]);
    const { code, stdout } = await sandbox.spawn(["audit", "import", "--follow", "fifo", "--path", "no.db"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("it is a FIFO, not a regular file")]);
  });

  test.each([
    [["none.jsonl"], 1, "none.jsonl does not exist"],
    [["-"], 2, "not standard input"],
    [["a.jsonl", "--dry-run"], 2, "--follow and --dry-run exclude each other"],
    [["a.jsonl", "--strict"], 2, "--follow and --strict exclude each other"],
    [["a.jsonl", "--format", "inspect"], 1, "a source of inspect is read when it is complete"],
  ])("%j", async (args, expected, says) => {
    const { code, stderr } = await sandbox.run(["audit", "import", "--follow", ...args, "--path", "never.db"]);
    expect([code, stderr]).toEqual([expected, expect.stringContaining(says)]);
    expect(existsSync(at("never.db"))).toBe(false);
  });
});
