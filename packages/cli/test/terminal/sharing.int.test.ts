import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();
const CONFIG = join(sandbox.folder, ".aasm", "config.yaml");
const PASSWORD = "hunter2";
const REMOTE = `storage:\n  postgres:\n    database_url: postgres://u:${PASSWORD}@h/d\n`;
const EVENT = JSON.stringify({ ts: new Date().toISOString(), agentId: "a", action: "x", decision: "allow" });

function canEnter(folder: string): boolean {
  const enters = (statSync(folder).mode & 0o001) !== 0;
  return enters && (folder === dirname(folder) || canEnter(dirname(folder)));
}

function write(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  chmodSync(dirname(path), 0o755);
  writeFileSync(path, text);
  chmodSync(path, mode);
}

chmodSync(sandbox.folder, 0o755);
const isReachable = canEnter(sandbox.folder);

// On macOS the temporary folder is the user's own, and Windows has no such modes.
describe.skipIf(process.geteuid === undefined || !isReachable)(
  "where every user can enter the temporary folder",
  () => {
    beforeEach(() => rmSync(CONFIG, { force: true }));

    test("a configuration that every user can write to is not used because it lies there", async () => {
      write(CONFIG, "mode: local\n", 0o666);
      for (const args of [["status"], ["config", "validate"], ["audit", "count"]]) {
        const { code, stdout, stderr } = await sandbox.run(args);
        expect([code, stdout]).toEqual([1, ""]);
        expect(stderr).toMatch(/^aasm: permission_denied: configuration file .*config\.yaml: every user can write to /);
        expect(stderr).toContain('which has mode 0666; run "chmod o-w" on it');
      }
      chmodSync(CONFIG, 0o644);
      expect(await sandbox.run(["config", "validate"])).toMatchObject({ code: 0, stderr: "" });
      chmodSync(dirname(CONFIG), 0o777);
      expect((await sandbox.run(["config", "validate"])).stderr).toContain("every user can replace");
      chmodSync(dirname(CONFIG), 0o755);
    });

    test("one that is named is used, and said to be so", async () => {
      write(CONFIG, "mode: local\n", 0o666);
      const warning = /^aasm: warning: every user can write to .*config\.yaml, which has mode 0666; /;
      expect(await sandbox.run(["config", "validate", CONFIG])).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(warning),
      });
      expect(await sandbox.run(["--config", CONFIG, "config", "show"])).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(warning),
      });
    });

    test("one with a secret that every user can read is said to be so, without the secret", async () => {
      write(CONFIG, `mode: local\n${REMOTE}`, 0o644);
      const validated = await sandbox.run(["config", "validate"]);
      expect(validated.code).toBe(0);
      expect(validated.stderr).toMatch(
        /^aasm: warning: every user can read .* mode 0644; run "chmod o-rwx" on it: it holds a/,
      );
      const shown = await sandbox.run(["config", "show", "--json"]);
      const imported = await sandbox.run(["audit", "import", "-"], { input: EVENT });
      const status = await sandbox.run(["status"]);
      const json = JSON.parse((await sandbox.run(["status", "--json"])).stdout) as { configWarnings: string[] };
      for (const { stderr } of [imported, status])
        expect(stderr).toMatch(/^aasm: warning: every user can read .*config\.yaml/);
      expect(json.configWarnings).toEqual([expect.stringContaining("it holds a password or a key")]);
      for (const { stdout, stderr } of [validated, shown, imported, status])
        expect(stdout + stderr).not.toContain(PASSWORD);
      for (const [text, mode] of [
        [REMOTE, 0o600],
        ["storage:\n  postgres:\n    database_url: postgres://u@h/d\n", 0o644],
      ] as const) {
        write(CONFIG, `mode: local\n${text}`, mode);
        expect((await sandbox.run(["config", "validate"])).stderr).toBe("");
      }
    });

    test("policies and imports that every user can write to are read, and said to be so", async () => {
      write(join(sandbox.folder, "p.yaml"), "rules: []\n", 0o666);
      write(join(sandbox.folder, "e.jsonl"), EVENT, 0o666);
      for (const args of [
        ["policy", "save", "p.yaml"],
        ["audit", "import", "e.jsonl"],
        ["audit", "import", "--strict", "e.jsonl"],
      ]) {
        const { code, stderr } = await sandbox.run(args);
        expect([code, stderr]).toEqual([
          0,
          expect.stringMatching(
            /^aasm: note: every user can write to [^\n]*, which has mode 0666; run "chmod o-w" on it\n$/,
          ),
        ]);
      }
    });
  },
);

describe.skipIf(process.platform === "win32")("~/.aasm as a link", () => {
  const link = dirname(CONFIG);

  test("to a folder is followed; to nothing, to a file and to itself it is refused with the path", async () => {
    mkdirSync(join(sandbox.folder, "elsewhere"), { mode: 0o700 });
    writeFileSync(join(sandbox.folder, "a-file"), "");
    const says: Readonly<Record<string, string>> = { nothing: "ENOENT", "a-file": "ENOTDIR", ".aasm": "ELOOP" };
    for (const target of ["elsewhere", ...Object.keys(says)]) {
      rmSync(link, { recursive: true, force: true });
      symlinkSync(target, link);
      const { code, stderr } = await sandbox.run(["audit", "import", "-"], { input: EVENT });
      if (target === "elsewhere") {
        expect([code, stderr]).toEqual([0, ""]);
        expect(statSync(join(sandbox.folder, "elsewhere", "local.db")).mode & 0o777).toBe(0o600);
      } else {
        expect([code, stderr]).toEqual([1, expect.stringContaining(`(${says[target]})`)]);
        expect(stderr).toContain(link);
      }
    }
    rmSync(link, { force: true });
  });
});
