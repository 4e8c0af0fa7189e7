import { chmod, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createSandbox, UNRECORDED } from "../support/run-aasm.js";
import { addEvents, type Sealed } from "../support/sealed-store.js";

interface Rotated {
  readonly leaf: number;
  readonly checkpoint: number;
  readonly verifierKey: string;
}

describe("the key of a log", { timeout: 120_000 }, async () => {
  const sandbox = await createSandbox(UNRECORDED);
  const [first, second] = [join(sandbox.folder, "first.key"), join(sandbox.folder, "second.key")];
  const anchor = join(sandbox.folder, "anchor");
  let old: string;
  let next: Rotated;

  beforeAll(async () => {
    await sandbox.run(["migrate"]);
    await addEvents(sandbox, 0, 5);
    ({ verifierKey: old } = await sandbox.json<Sealed>([
      "evidence",
      "init",
      "--key",
      first,
      "--name",
      "example.com/audit",
    ]));
  });

  test("is replaced by a new one, which both sign", async () => {
    const before = (await sandbox.run(["evidence", "checkpoint", "--key", first])).stdout;
    const rotate = ["evidence", "rotate-key", "--key", first, "--new-key", second, "--anchor-file", anchor];
    next = await sandbox.json<Rotated>([...rotate, "--reason", "yearly"]);
    expect(next).toMatchObject({ leaf: 6, checkpoint: 7 });
    expect((await stat(second)).mode & 0o777).toBe(0o600);
    const status = await sandbox.json<object>(["evidence", "status"]);
    expect(status).toMatchObject({
      keys: [
        { vkey: old, from: 0, to: 6 },
        { vkey: next.verifierKey, from: 7, to: null },
      ],
      anchors: [{ kind: "file", where: anchor, size: 7 }],
    });
    const kept = join(sandbox.folder, "kept");
    await writeFile(kept, before);
    for (const vkey of [old, next.verifierKey]) {
      expect(await sandbox.run(["evidence", "verify", "--key", vkey, "--earlier", kept])).toMatchObject({ code: 0 });
    }
  });

  test("signs nothing after it was replaced", async () => {
    await addEvents(sandbox, 5, 1);
    expect(await sandbox.run(["evidence", "seal", "--key", first])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("does not sign this log: since leaf 6"),
    });
    await sandbox.json(["evidence", "seal", "--key", second]);
    expect(await sandbox.json<object>(["evidence", "verify", "--key", old], 1)).toMatchObject({
      findings: [{ code: "key_unknown" }],
    });
    expect(await sandbox.run(["evidence", "verify", "--key", next.verifierKey])).toMatchObject({ code: 0 });
    const out = join(sandbox.folder, "x");
    await sandbox.json(["evidence", "export", "--out", out]);
    expect(await readFile(join(out, "keys", "0.vkey"), "utf8")).toBe(`${old}\n`);
    expect(await readFile(join(out, "keys", "1.vkey"), "utf8")).toBe(`${next.verifierKey}\n`);
    expect(await sandbox.run(["evidence", "verify", out, "--key", next.verifierKey])).toMatchObject({ code: 0 });
    expect(await sandbox.run(["evidence", "verify", out, "--key", old])).toMatchObject({ code: 1 });
  });

  test("is refused from a file that others can read, and none is left behind that no log has", async () => {
    const third = join(sandbox.folder, "third.key");
    const rotate = ["evidence", "rotate-key", "--new-key", third, "--key"];
    expect(await sandbox.run([...rotate, first])).toMatchObject({ code: 1 });
    await expect(stat(third)).rejects.toMatchObject({ code: "ENOENT" });
    await writeFile(third, await readFile(second), { mode: 0o644 });
    await chmod(third, 0o644);
    expect(await sandbox.run([...rotate, second])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("permission_denied"),
    });
    await chmod(third, 0o600);
    expect(await sandbox.run([...rotate, second])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("the new key has signed this log before"),
    });
    expect((await stat(third)).isFile()).toBe(true);
  });

  test("seals on where an anchor cannot be reached, and says so", async () => {
    await addEvents(sandbox, 6, 2);
    await rm(anchor, { recursive: true });
    await writeFile(anchor, "no folder");
    const { code, stdout } = await sandbox.spawn(["evidence", "seal", "--watch", "--json", "--key", second], {
      onStart: (child) => {
        child.stdout?.on("data", (text: string) => {
          if (text.includes('"problem"')) child.kill("SIGTERM");
        });
      },
    });
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(lines).toMatchObject([{ watching: {} }, { problem: { message: expect.stringContaining(anchor) } }]);
    expect(await sandbox.json<object>(["evidence", "status"])).toMatchObject({ waiting: { events: 0 } });
  });
});
