import { type ExecFileException, execFile, execFileSync, spawn } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createSandbox, type RunResult } from "../support/run-aasm.js";

const sandbox = await createSandbox();
const BIN = fileURLToPath(new URL("../../bin/aasm.js", import.meta.url));
const EVENT = JSON.stringify({ ts: new Date().toISOString(), agentId: "a", action: "x", decision: "allow" });
/** Many times what the work takes; only what hangs reaches it. */
const LIMIT_MS = 60_000;

function at(name: string): string {
  return join(sandbox.folder, name);
}

function fifo(name: string): string {
  execFileSync("mkfifo", [at(name)]);
  return name;
}

/** A command line of bash, where `aasm` is the built command; killed when it hangs. */
function bash(line: string): Promise<RunResult> {
  const child = spawn("bash", ["-c", `aasm() { "${process.execPath}" "${BIN}" "$@"; }\n${line}`], {
    cwd: sandbox.folder,
    env: { ...process.env, HOME: sandbox.folder },
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

describe.skipIf(process.platform === "win32")("import", () => {
  test.each(["", "--strict "])("reads what a command gives: <(command) %s", async (strict) => {
    writeFileSync(at("event.jsonl"), `${EVENT}\n`);
    const { code, stdout, stderr } = await bash(
      `aasm audit import --path p${strict.length}.db ${strict}<(cat event.jsonl)`,
    );
    expect([code, stdout, stderr]).toEqual([
      0,
      expect.stringContaining("Imported: 1 inserted, 0 duplicates, 0 rejected\n"),
      "",
    ]);
  });

  test("waits for who writes to a FIFO that its user names", async () => {
    const name = fifo("named");
    const { code, stdout } = await bash(`aasm audit import --path f.db ${name} & echo '${EVENT}' > ${name}; wait $!`);
    expect([code, stdout]).toEqual([0, expect.stringContaining("1 inserted")]);
  });

  test("from a FIFO that nobody writes to ends with Ctrl-C", async () => {
    const name = fifo("silent");
    const child = spawn(process.execPath, [BIN, "audit", "import", "--path", at("c.db"), at(name)], {
      env: { ...process.env, HOME: sandbox.folder },
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
    });
    // The database is there once the command reads.
    await expect.poll(() => lstatSync(at("c.db"), { throwIfNoEntry: false }) !== undefined).toBe(true);
    child.kill("SIGINT");
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code).toBe(130);
  });

  test.each([
    ["/dev/zero", "it is a character device, not a regular file. Name a file or a pipe, or - for standard input."],
  ])("of %s is refused", async (name, says) => {
    for (const format of ["jsonl", "csv", "openai-chat"]) {
      const { code, stderr } = await sandbox.spawn(["audit", "import", "--format", format, "--path", "z.db", name]);
      expect([code, stderr]).toEqual([1, expect.stringContaining(says)]);
      expect(stderr).toMatch(/^aasm: invalid_argument: file /);
    }
  });

  test("of a file that this user cannot read is refused", async () => {
    writeFileSync(at("secret.jsonl"), EVENT);
    chmodSync(at("secret.jsonl"), 0);
    // Root can read everything.
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const args = [BIN, "audit", "import", "--path", "z.db", at("secret.jsonl")];
    const { error, stderr } = await new Promise<{ error: ExecFileException | null; stderr: string }>((resolve) => {
      execFile(process.execPath, args, { ...user, cwd: "/", env: { HOME: "/" } }, (failed, _, text) =>
        resolve({ error: failed, stderr: text }),
      );
    });
    expect([error?.code, stderr]).toEqual([1, expect.stringContaining("permission_denied: file ")]);
  });

  test("follows a link", async () => {
    writeFileSync(at("real.jsonl"), EVENT);
    symlinkSync(at("real.jsonl"), at("link.jsonl"));
    expect((await sandbox.run(["audit", "import", "--path", "l.db", "link.jsonl"])).stdout).toContain("1 inserted");
  });
});

describe("an event from others", () => {
  test("with a column that is named like a prototype is refused", async () => {
    const result = await sandbox.run(["audit", "import", "--format", "csv", "--path", "proto.db", "-"], {
      input: "ts,agentId,action,decision,__proto__\n2026-01-01T00:00:00Z,a,x,allow,y\n",
    });
    expect([result.code, result.stdout]).toEqual([1, expect.stringContaining('unknown column "__proto__"')]);
    const json = await sandbox.run(["audit", "import", "--path", "proto.db", "-"], {
      input: `${EVENT.replace("{", '{"__proto__":{"agentId":"b"},')}\n`,
    });
    expect([json.code, json.stdout]).toEqual([1, expect.stringContaining("__proto__")]);
  });
});

describe.skipIf(process.platform === "win32")("a policy", () => {
  test("comes from a command, and from no device, FIFO or file that is too large", async () => {
    const saved = await bash(`aasm policy save --path y.db --name p <(echo 'rules: []')`);
    expect([saved.code, saved.stdout]).toEqual([0, "p version 1 saved\n"]);
    writeFileSync(at("large.yaml"), "");
    truncateSync(at("large.yaml"), 3 * 1024 ** 3);
    for (const [file, says] of [
      ["/dev/zero", "it is a character device"],
      [fifo("policy.yaml"), "it is a FIFO, not a regular file"],
      ["large.yaml", "it has 3 GiB (3221225472 bytes); at most 1 MiB are read"],
    ] as const) {
      const { code, stderr } = await bash(`aasm policy save --path y.db ${file}`);
      expect([code, stderr]).toEqual([1, expect.stringContaining(says)]);
    }
    const endless = await bash("aasm policy save --path y.db --name z - < /dev/zero");
    expect([endless.code, endless.stderr]).toEqual([1, expect.stringContaining("larger than the 1 MiB")]);
  });
});

describe.skipIf(process.platform === "win32")("the configuration", () => {
  test("comes from a command or a link, and from no device, FIFO, folder or file that is too large", async () => {
    writeFileSync(at("real.yaml"), `storage: { sqlite: { path: ${at("config.db")} } }\n`);
    symlinkSync(at("real.yaml"), at("link.yaml"));
    expect((await bash("aasm migrate --path config.db >/dev/null; aasm --config link.yaml audit count")).code).toBe(0);
    expect((await bash("aasm --config <(cat real.yaml) audit count")).code).toBe(0);
    writeFileSync(at("large-config.yaml"), "");
    truncateSync(at("large-config.yaml"), 3 * 1024 ** 3);
    for (const [file, says] of [
      ["/dev/zero", "it is a character device"],
      [fifo("config.yaml"), "it is a FIFO, not a regular file"],
      [".", "it is a folder"],
      ["large-config.yaml", "it has 3 GiB (3221225472 bytes); at most 1 MiB are read"],
    ] as const) {
      const { code, stderr } = await bash(`aasm --config ${file} audit count`);
      expect([code, stderr]).toEqual([1, expect.stringContaining(says)]);
      expect(stderr).toContain(`configuration file ${file === "/dev/zero" ? file : ""}`);
    }
  });

  test("and the database are found when ~/.aasm is a link", async () => {
    const home = at("home");
    mkdirSync(home);
    mkdirSync(at("elsewhere"), { mode: 0o700 });
    symlinkSync(at("elsewhere"), join(home, ".aasm"));
    const env = { HOME: home };
    expect((await sandbox.run(["audit", "import", "-"], { env, input: `${EVENT}\n` })).code).toBe(0);
    expect((await sandbox.run(["status"], { env })).stdout).not.toContain("every user");
    chmodSync(at("elsewhere"), 0o755);
    chmodSync(sandbox.folder, 0o755);
    const database = join(at("elsewhere"), "local.db");
    chmodSync(database, 0o644);
    expect((await sandbox.run(["status"], { env })).stdout).toContain(`every user can read ${database}`);
  });
});

describe.skipIf(process.platform === "win32")("an export", () => {
  test("replaces a link that somebody placed, and does not write through it", async () => {
    await sandbox.run(["audit", "import", "--path", "e.db", "-"], { input: `${EVENT}\n` });
    writeFileSync(at("victim"), "precious");
    symlinkSync(at("victim"), at("out.jsonl"));
    const { code } = await sandbox.run(["audit", "export", "--path", "e.db", "--out", "out.jsonl"]);
    expect(code).toBe(0);
    expect(readFileSync(at("victim"), "utf8")).toBe("precious");
    const made = lstatSync(at("out.jsonl"));
    expect([made.isFile(), made.mode & 0o777]).toEqual([true, 0o600]);
  });

  test.each(["a FIFO", "a folder"])("does not replace %s", async (what) => {
    const name = what === "a FIFO" ? fifo("out.fifo") : "out.folder";
    if (what === "a folder") mkdirSync(at(name));
    const { code, stderr } = await sandbox.run(["audit", "export", "--path", "e.db", "--out", name]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`it is ${what}, not a regular file`)]);
    expect(lstatSync(at(name)).isFile()).toBe(false);
  });
});
