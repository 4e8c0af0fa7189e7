import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();
const first = "# first\nrules:\n  - allow: read\n";
const second = "# second\nrules:\n  - allow: read\n  - deny: write\n";

test("a policy's life: save, activate, change, compare, roll back", async () => {
  const file = join(sandbox.folder, "access.yaml");
  await writeFile(file, first);
  const saved = await sandbox.json(["policy", "save", file, "--actor", "ann"]);
  expect(saved).toMatchObject({ name: "access", version: 1, format: "yaml", actor: "ann", created: true });
  expect(await sandbox.json(["policy", "save", file, "--actor", "bob"])).toMatchObject({ version: 1, created: false });
  expect((await sandbox.run(["policy", "active", "access"])).stderr).toContain("has no active version");
  expect(
    await sandbox.json(["policy", "activate", "access", "1", "--expected-active", "none", "--actor", "ann"]),
  ).toMatchObject({ from: null, to: 1 });

  expect(await sandbox.json(["policy", "save", "-", "--name", "access"], 0, { input: second })).toMatchObject({
    version: 2,
  });
  const stale = await sandbox.run(["policy", "save", "-", "--name", "access", "--expected-latest", "1"], {
    input: "a: 1\n",
  });
  expect(stale.code).toBe(1);
  expect(stale.stderr).toContain("conflict");
  expect(await sandbox.json(["policy", "activate", "access", "latest"])).toMatchObject({ from: 1, to: 2 });
  expect((await sandbox.run(["policy", "active", "access", "--source"])).stdout).toBe(second);
  expect(await sandbox.json(["policy", "active", "access"])).toMatchObject({
    version: 2,
    source: second,
    document: { rules: [{ allow: "read" }, { deny: "write" }] },
  });

  const diff = await sandbox.run(["policy", "diff", "access"]);
  expect(diff.stdout).toContain("-# first\n+# second\n");
  expect(diff.stdout).toContain("+  - deny: write\n");
  expect(await sandbox.json(["policy", "diff", "access", "1", "1"])).toEqual({
    name: "access",
    from: 1,
    to: 1,
    same: true,
    patch: "",
  });

  expect(await sandbox.json(["policy", "rollback", "access"])).toMatchObject({ kind: "rollback", from: 2, to: 1 });
  expect((await sandbox.run(["policy", "rollback", "access"])).code).toBe(1);
  expect(await sandbox.json(["policy", "list"])).toEqual({ items: [{ name: "access", latest: 2, active: 1 }] });
  const history = await sandbox.json<{ versions: { version: number }[]; activations: { kind: string }[] }>([
    "policy",
    "history",
    "access",
  ]);
  expect(history.versions.map(({ version }) => version)).toEqual([2, 1]);
  expect(history.activations.map(({ kind }) => kind)).toEqual(["rollback", "activate", "activate"]);
  expect((await sandbox.run(["policy", "history", "access"])).stdout).toContain("1 *");
});

test("show: the latest version or another, with its document", async () => {
  const latest = await sandbox.run(["policy", "show", "access"]);
  expect(latest).toMatchObject({ code: 0, stderr: "" });
  expect(latest.stdout).toMatch(/^policy +access\nversion +2 \(latest\)\nactive +no, version 1 is\n/);
  expect(latest.stdout.endsWith(`\n\n${second}`)).toBe(true);
  const older = await sandbox.run(["policy", "show", "access", "1"]);
  expect(older.stdout).toMatch(/\nversion +1 of 2\nactive +yes\n/);
  expect(await sandbox.json(["policy", "show", "access", "1"])).toMatchObject({
    name: "access",
    version: 1,
    latest: 2,
    active: 1,
    actor: "ann",
    source: first,
    document: { rules: [{ allow: "read" }] },
  });
});

test("show --source prints every byte, and without it nothing that drives the terminal", async () => {
  const source = "\ufeffa: 1 # \u202e\r\nb:\t2";
  await sandbox.json(["policy", "save", "-", "--name", "odd"], 0, { input: source });
  expect((await sandbox.run(["policy", "show", "odd", "--source"])).stdout).toBe(source);
  expect((await sandbox.run(["policy", "show", "odd"])).stdout).toMatch(
    /\nactive +no version is\n[\s\S]*\n\n\\u\{feff\}a: 1 # \\u\{202e\}\nb:\t2\n$/,
  );
  await sandbox.json(["policy", "activate", "odd", "latest"]);
  expect((await sandbox.run(["policy", "active", "odd", "--source"])).stdout).toBe(source);
});

test("what cannot be is refused with what to do", async () => {
  const broken = await sandbox.run(["policy", "save", "-", "--name", "b"], { input: "a: [" });
  expect(broken.code).toBe(1);
  expect(broken.stderr).toMatch(/^aasm: invalid_argument: /);
  expect((await sandbox.run(["policy", "save", "-"], { input: "a: 1" })).stderr).toContain("needs --name");
  expect((await sandbox.run(["policy", "history", "none"])).stderr).toContain("aasm policy list");
  expect((await sandbox.run(["policy", "show", "none"])).stderr).toMatch(/^aasm: not_found: .*aasm policy list/);
  expect((await sandbox.run(["policy", "show", "access", "9"])).stderr).toContain("has no version 9");
  expect((await sandbox.run(["policy", "diff", "access", "1", "9"])).stderr).toContain("has no version 9");
  expect((await sandbox.run(["policy", "activate", "access", "9"])).stderr).toContain("not_found");
});
