import { readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { createSandbox, type Sandbox, UNRECORDED } from "../support/run-aasm.js";
import { addEvents, idOf, type Sealed } from "../support/sealed-store.js";

const PARTS = ["--parts", "payload:/to,agentId"];
const WHY = ["--request", "R1", "--basis", "Art. 17(1)(b)"];
const of = (n: number): string[] => ["evidence", "erase", "--event-id", idOf(n)];

interface Certificate {
  readonly erasureId: string;
  readonly events: number;
  readonly remains: readonly string[];
  readonly archives: readonly { readonly events: number }[];
  readonly evidence?: { readonly statements: readonly { readonly leaf: number; readonly proof?: string }[] };
}

/** Files below a folder that hold a text. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text));
}

async function held(sandbox: Sandbox): Promise<string> {
  return (
    await sandbox.json<{ holdId: string }>(["retention", "hold", "add", "--agent", "agent-1", "--reason", "case"])
  ).holdId;
}

describe("erasing in a store that is not sealed", { timeout: 120_000 }, async () => {
  const sandbox = await createSandbox(UNRECORDED);
  const store = join(sandbox.folder, ".aasm");
  beforeAll(async () => {
    await sandbox.run(["migrate"]);
    await addEvents(sandbox, 0, 20);
  });

  test("refuses what is not said clearly", async () => {
    for (const [args, message] of [
      [["evidence", "erase", ...PARTS, ...WHY, "--yes"], "at least one filter option"],
      [[...of(3), ...WHY, "--yes"], "--parts is missing"],
      [[...of(3), "--parts", "action", ...WHY, "--yes"], "cannot be erased"],
      [[...of(3), ...PARTS, ...WHY], "there is no terminal to ask on"],
      [[...of(3), ...PARTS, ...WHY, "--plan", "--certificate", "c.json"], "--certificate"],
    ] as const) {
      const { code, stderr } = await sandbox.run(args);
      expect([1, 2]).toContain(code);
      expect(stderr).toContain(message);
    }
  });

  test("plans, and changes nothing", async () => {
    const { code, stdout } = await sandbox.run([...of(3), ...PARTS, ...WHY, "--plan"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^events +1$/m);
    expect(stdout).toContain("Plan: nothing was changed.");
    expect(filesWith(store, "user-3@example.com")).not.toEqual([]);
  });

  test("asks, and erases nothing when the answer is no", async () => {
    const { code, stdout } = await sandbox.run([...of(3), ...PARTS, ...WHY], { asks: true, input: "n\n" });
    expect(code).toBe(0);
    expect(stdout).toContain("Nothing was changed.");
  });

  test("refuses what a legal hold covers, in plan and command", async () => {
    const holdId = await held(sandbox);
    for (const how of ["--plan", "--yes"]) {
      const { code, stdout } = await sandbox.run([...of(4), ...PARTS, ...WHY, how]);
      expect(code).toBe(1);
      expect(stdout).toContain(`the legal hold ${holdId} covers 1 event`);
    }
    expect(filesWith(store, "user-4@example.com")).not.toEqual([]);
  });

  test("erases, and leaves the value in no file", async () => {
    const certificate = await sandbox.json<Certificate>([...of(3), ...PARTS, ...WHY, "--yes"]);
    expect(certificate).toMatchObject({ state: "done", events: 1, remains: [], request: "R1" });
    expect(certificate).not.toHaveProperty("evidence");
    expect(filesWith(store, "user-3@example.com")).toEqual([]);
    const { items } = await sandbox.json<{ items: object[] }>(["audit", "query", "--event-id", idOf(3)]);
    expect(items).toMatchObject([{ agentId: "erased", payload: { tool: "send_mail" } }]);
    const again = await sandbox.json<Certificate>([...of(3), ...PARTS, ...WHY, "--yes"]);
    expect(again).toMatchObject({ erasureId: certificate.erasureId, newEvents: 0 });
  });
});

describe("erasing in a sealed store with an archive", { timeout: 120_000 }, async () => {
  const sandbox = await createSandbox(UNRECORDED);
  const store = join(sandbox.folder, ".aasm");
  const archive = join(sandbox.folder, "archive");
  const url = pathToFileURL(archive).href;
  const key = join(sandbox.folder, "log.key");
  const env = { AAASM_EVIDENCE_KEY_FILE: key, AAASM_RETENTION_ARCHIVE_URL: url };
  let vkey: string;

  beforeAll(async () => {
    await sandbox.run(["migrate"]);
    ({ verifierKey: vkey } = await sandbox.json<Sealed>(["evidence", "init", "--key", key, "--name", "example.com/a"]));
    // Older than retention keeps.
    const lines = (first: number, ts: number): string =>
      Array.from({ length: 20 }, (_, at) =>
        JSON.stringify({
          ts: new Date(ts + at * 1000).toISOString(),
          eventId: idOf(first + at),
          agentId: `agent-${at % 3}`,
          action: "tool_call",
          decision: "allow",
          payload: { tool: "send_mail", to: `user-${first + at}@example.com` },
        }),
      ).join("\n");
    const file = join(sandbox.folder, "events.jsonl");
    const DAY_MS = 86_400_000;
    await writeFile(file, `${lines(0, Date.now() - 200 * DAY_MS)}\n${lines(100, Date.now() - DAY_MS)}\n`);
    await sandbox.json(["audit", "import", file, "--yes"]);
    await sandbox.json(["evidence", "seal", "--once"], 0, { env });
    await sandbox.json(["retention", "run", "--cold-action", "archive", "--yes"], 0, { env });
  });

  test("takes the parts out of rows, files and salts, and certifies it with proofs", async () => {
    const certificate = join(sandbox.folder, "certificate.json");
    const args = ["evidence", "erase", "--event-id", idOf(3), "--event-id", idOf(103), ...PARTS, ...WHY];
    const { code, stdout } = await sandbox.run([...args, "--yes", "--certificate", certificate], { env });
    expect(code).toBe(0);
    expect(stdout).toContain(`Certificate: ${certificate}`);
    const written = JSON.parse(await readFile(certificate, "utf8")) as Certificate;
    expect(written).toMatchObject({ events: 1, archives: [{ events: 1 }], remains: [] });
    const statement = { leaf: expect.any(Number), proof: expect.stringContaining("c2sp.org/tlog-proof") };
    expect(written.evidence?.statements).toEqual([statement, statement]);
    expect(filesWith(store, "user-103@example.com")).toEqual([]);
    const { stdout: archived } = await sandbox.run(["archive", "query", "--json"], { env });
    expect(archived).not.toContain("user-3@example.com");
    expect(archived).toContain("user-4@example.com");
    expect((await sandbox.run(["archive", "verify"], { env })).code).toBe(0);
    const verified = await sandbox.run(["evidence", "verify", "--key", vkey], { env });
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("1 erased") });
    // The file is there: it is not overwritten.
    const second = await sandbox.run([...args, "--yes", "--certificate", certificate], { env });
    expect(second.code).not.toBe(0);
    const proven = await sandbox.run(["evidence", "prove", "--leaf", String(written.evidence?.statements[0]?.leaf)], {
      env,
    });
    expect(proven.stdout).toBe(written.evidence?.statements[0]?.proof);
  });
});
