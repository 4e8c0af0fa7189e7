import { execFile } from "node:child_process";
import { chmod, cp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { createSandbox, UNRECORDED } from "../support/run-aasm.js";
import { addEvents, changeLines, eventFile, idOf, type Sealed, timeOf } from "../support/sealed-store.js";
import { sqliteExec } from "../support/store-sql.js";

const AUDITOR = fileURLToPath(new URL("../../../evidence/bin/evidence.js", import.meta.url));
const NAME = ["--name", "example.com/audit"];

interface Verified {
  readonly leaves: number;
  readonly events: number;
  readonly findings: readonly { readonly code: string; readonly leaf?: number; readonly eventId?: string }[];
}

/** Runs the command that auditors install, which knows no store. */
async function auditor(...args: readonly string[]): Promise<{ code: number; stdout: string }> {
  try {
    return { code: 0, stdout: (await promisify(execFile)(process.execPath, [AUDITOR, ...args])).stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, stdout };
  }
}

describe("a store that is written to by several processes", { timeout: 120_000 }, async () => {
  const sandbox = await createSandbox(UNRECORDED);
  const store = join(sandbox.folder, ".aasm", "local.db");
  const key = join(sandbox.folder, "log.key");
  const env = { AAASM_EVIDENCE_KEY_FILE: key };
  let vkey: string;

  beforeAll(async () => {
    await sandbox.run(["migrate"]);
    ({ verifierKey: vkey } = await sandbox.json<Sealed>(["evidence", "init", "--key", key, ...NAME]));
    const files = await Promise.all([0, 1, 2, 3].map((writer) => eventFile(sandbox.folder, writer * 300, 300)));
    const writers = files.map((file) => sandbox.spawn(["audit", "import", file]));
    const sealers = [0, 1].map(() => sandbox.spawn(["evidence", "seal", "--once"], { env }));
    for (const { code, stderr } of await Promise.all([...writers, ...sealers])) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    }
    await sandbox.json(["evidence", "seal", "--once"], 0, { env });
  });

  test("is clean: every event has one leaf", async () => {
    const report = await sandbox.json<Verified>(["evidence", "verify", "--key", vkey]);
    expect(report).toMatchObject({ events: 1200, findings: [], unchecked: [], keysFromLog: false });
    const { stdout, code } = await sandbox.run(["evidence", "verify"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /with the keys that it names itself: see --key\nclean: 1,200 events, 0 dropped, 1,20\d leaves\n$/,
    );
  });

  test("keeps what verifications came to, and says where it does not", async () => {
    const since = "2026-01-01T00:00:00.000Z";
    expect(await sandbox.run(["evidence", "verify", "--from", since])).toMatchObject({ code: 0, stderr: "" });
    const { verification } = await sandbox.json<{ verification: object }>(["evidence", "status"]);
    expect(verification).toMatchObject({
      actor: userInfo().username,
      state: "ended",
      verdict: "clean",
      from: since,
      origin: "example.com/audit",
      counts: { events: 1200, uncompared: 0 },
      keysFromLog: true,
    });
    expect((await sandbox.run(["evidence", "status"])).stdout).toMatch(
      new RegExp(`^verified +clean, from ${since}, .* by ${userInfo().username}$`, "m"),
    );
    await sqliteExec(
      store,
      "CREATE TRIGGER refuse BEFORE INSERT ON evidence_verifications BEGIN SELECT RAISE(ABORT, 'refused'); END",
    );
    const { code, stderr } = await sandbox.run(["evidence", "verify"]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^The store does not keep this verdict: /),
    });
    await sqliteExec(store, "DROP TRIGGER refuse");
  });

  test("says where it stands, also in aasm status, without the key", async () => {
    await addEvents(sandbox, 1200, 2);
    const status = await sandbox.json<object>(["evidence", "status"]);
    expect(status).toMatchObject({ origin: "example.com/audit", waiting: { events: 2, more: false }, anchors: [] });
    const { evidence } = await sandbox.json<{ evidence: object }>(["status"]);
    expect(evidence).toMatchObject({ origin: "example.com/audit", lagMs: expect.any(Number) });
    const text = (await sandbox.run(["status"])).stdout;
    expect(text).toMatch(/^evidence +1,20\d leaves, an event waits for .*, last checkpoint of 1,20\d .*$/m);
    const { events, checkpoint, size } = await sandbox.json<Sealed & { checkpoint: number }>(["evidence", "seal"], 0, {
      env,
    });
    expect([events, checkpoint]).toEqual([2, size]);
    expect((await sandbox.run(["status"])).stdout).toMatch(/^evidence +1,20\d leaves, nothing waits/m);
  });

  test("seals without a key, and says that nothing is signed; a checkpoint needs one", async () => {
    await addEvents(sandbox, 1202, 1);
    const sealed = await sandbox.run(["evidence", "seal"]);
    expect(sealed).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing is signed without a key") });
    expect(await sandbox.run(["evidence", "checkpoint"])).toMatchObject({ code: 2, stdout: "" });
    const { stdout } = await sandbox.run(["evidence", "checkpoint", "--key", key]);
    expect(stdout.split("\n").slice(0, 2)).toEqual(["example.com/audit", expect.stringMatching(/^12\d\d$/)]);
    const file = join(sandbox.folder, "kept");
    await writeFile(file, stdout);
    expect(await sandbox.run(["evidence", "verify", "--key", vkey, "--earlier", file])).toMatchObject({ code: 0 });
  });

  test("watches until it is told to end, and signs", async () => {
    await addEvents(sandbox, 1203, 1);
    const { code, stdout } = await sandbox.spawn(["evidence", "seal", "--watch", "--json"], {
      env,
      onStart: (child) => {
        child.stdout?.on("data", (text: string) => {
          if (text.includes('"checkpoint"')) child.kill("SIGTERM");
        });
      },
    });
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(lines).toMatchObject([{ watching: { origin: "example.com/audit", signs: true } }, { checkpoint: {} }]);
  });

  test("proves an event to those who have the proof and the key", async () => {
    const out = join(sandbox.folder, "one.tlog-proof");
    const { code } = await sandbox.run(["evidence", "prove", idOf(7), "--out", out]);
    expect(code).toBe(0);
    expect((await sandbox.run(["evidence", "prove", idOf(7)])).stdout).toBe(await readFile(out, "utf8"));
    expect((await auditor("proof", out, "--key", vkey)).stdout).toContain(`is event ${idOf(7)} of`);
    expect(await sandbox.run(["evidence", "prove", idOf(7), "--out", out])).toMatchObject({ code: 1 });
    expect(await sandbox.run(["evidence", "prove", idOf(9999)])).toMatchObject({
      code: 1,
      stderr: `aasm: not_found: there is no event ${idOf(9999)} in the store\n`,
    });
    expect(await sandbox.run(["evidence", "prove", "7"])).toMatchObject({ code: 2 });
  });

  test("is exported, and verified where no store is", async () => {
    const out = join(sandbox.folder, "x");
    const range = ["--from", timeOf(100), "--to", timeOf(400)];
    const written = await sandbox.json<object>(["evidence", "export", ...range, "--out", out]);
    expect(written).toMatchObject({ events: 300, problems: [] });
    const away = `${store}.away`;
    await rename(store, away);
    try {
      const complete = expect.stringMatching(/\ncomplete: 300 events, 0 missing, 0 erased, 0 dropped\n$/);
      expect(await auditor("verify", out, "--key", vkey)).toEqual({ code: 0, stdout: complete });
      const here = await sandbox.run(["evidence", "verify", out, "--key", vkey]);
      expect(here).toEqual({ code: 0, stdout: complete, stderr: "" });
      const part = ["--from", timeOf(150), "--to", timeOf(160), "--key", vkey];
      expect(await sandbox.json<object>(["evidence", "verify", out, ...part])).toMatchObject({ events: 10 });
    } finally {
      await rename(away, store);
    }
    expect(await sandbox.run(["evidence", "export", "--out", out])).toMatchObject({ code: 1 });
  });

  test("names a row that was taken out of an export, or put into it", async () => {
    const [thinned, padded] = [join(sandbox.folder, "thinned"), join(sandbox.folder, "padded")];
    await cp(join(sandbox.folder, "x"), thinned, { recursive: true });
    await cp(join(sandbox.folder, "x"), padded, { recursive: true });
    await changeLines(join(thinned, "events.jsonl"), (lines) => lines.filter((line) => !line.includes(idOf(200))));
    const missing = await sandbox.json<Verified>(["evidence", "verify", thinned, "--key", vkey], 1);
    expect(missing.findings).toMatchObject([
      { code: "export_incomplete", leaf: expect.any(Number), eventId: idOf(200) },
    ]);
    await changeLines(join(padded, "events.jsonl"), (lines) => [...lines, lines[5] as string]);
    const added = await sandbox.json<Verified>(["evidence", "verify", padded, "--key", vkey], 1);
    expect(new Set(added.findings.map(({ code }) => code))).toEqual(new Set(["export_altered"]));
  });

  test("takes other keys for what they are", async () => {
    const other = "example.com/audit+29b87bfc+AQOh";
    const files = [join(sandbox.folder, "x"), "--key"];
    expect(await sandbox.run(["evidence", "verify", ...files, other])).toMatchObject({ code: 2 });
    expect(await sandbox.run(["evidence", "verify", join(sandbox.folder, "x")])).toMatchObject({ code: 2 });
    const fresh = await createOther();
    const report = await sandbox.json<Verified>(["evidence", "verify", "--key", fresh], 1);
    expect(new Set(report.findings.map(({ code }) => code))).toEqual(new Set(["key_unknown"]));
    expect(await sandbox.json<Verified>(["evidence", "verify", ...files, fresh], 1)).toMatchObject({
      findings: [{ code: "key_unknown" }],
    });
    expect(await sandbox.run(["evidence", "verify", join(sandbox.folder, "none"), "--key", vkey])).toMatchObject({
      code: 3,
    });
  });

  test("verifies a range of the store", async () => {
    const range = ["--from", timeOf(100), "--to", timeOf(400)];
    expect(await sandbox.json<object>(["evidence", "verify", "--key", vkey, ...range])).toMatchObject({
      passed: expect.any(Number),
      uncompared: 0,
      findings: [],
    });
    const state = ["--state", join(sandbox.folder, "verify.state")];
    expect(await sandbox.run(["evidence", "verify", ...range, ...state])).toMatchObject({ code: 2 });
    const backwards = ["--from", timeOf(400), "--to", timeOf(100)];
    expect(await sandbox.run(["evidence", "verify", ...backwards])).toMatchObject({ code: 2 });
  });

  test("names an event that was edited by SQL, in one line", async () => {
    await sqliteExec(store, `UPDATE audit_events SET decision = 'redact' WHERE event_id = '${idOf(471)}'`);
    const { code, stdout } = await sandbox.run(["evidence", "verify", "--key", vkey]);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^edited {2}leaf \\d+ {2}event ${idOf(471)}: .*\n1 finding: 1,204 events, `));
    expect(await sandbox.run(["evidence", "prove", idOf(471)])).toMatchObject({ code: 1 });
    const exported = await sandbox.run(["evidence", "export", "--out", join(sandbox.folder, "edited")]);
    expect(exported).toMatchObject({ code: 1, stdout: expect.stringMatching(/^not as sealed: the row of leaf \d+/) });
  });

  async function createOther(): Promise<string> {
    const place = ["--path", join(sandbox.folder, "other.db")];
    await sandbox.run(["migrate", ...place]);
    const file = join(sandbox.folder, "other.key");
    const made = await sandbox.json<Sealed>(["evidence", "init", "--key", file, ...NAME, ...place]);
    return made.verifierKey;
  }
});

describe("keys", { timeout: 60_000 }, async () => {
  const sandbox = await createSandbox(UNRECORDED);
  const file = join(sandbox.folder, "log.key");

  beforeAll(() => sandbox.run(["migrate"]));

  test("a store that is not sealed is not clean: it cannot be checked", async () => {
    const stderr = expect.stringContaining("Run aasm evidence init once.");
    expect(await sandbox.run(["evidence", "verify"])).toEqual({ code: 3, stdout: "", stderr });
    expect(await sandbox.run(["evidence", "status"])).toMatchObject({ code: 1, stderr });
    expect((await sandbox.run(["status"])).stdout).not.toMatch(/^evidence +\d/m);
    expect(await sandbox.run(["evidence", "init"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--key"),
    });
  });

  test("init overwrites no file, and leaves none behind that no log has", async () => {
    await writeFile(file, "something else\n");
    expect(await sandbox.run(["evidence", "init", "--key", file])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is there already, and a key is never overwritten"),
    });
    expect(await readFile(file, "utf8")).toBe("something else\n");
    expect(await sandbox.run(["evidence", "seal", "--key", file])).toMatchObject({
      code: 1,
      stderr: expect.not.stringContaining("something else"),
    });
    await rm(file);
    expect(await sandbox.run(["evidence", "init", "--key", file, "--name", "two words"])).toMatchObject({ code: 2 });
    await addEvents(sandbox, 0, 3);
    const { code, stdout } = await sandbox.run(["evidence", "init", "--key", file, ...NAME]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /\nVerifier key {2}example\.com\/audit\+[\da-f]{8}\+\S+\nSealed 3 events .* 4 leaves\.\nProtected from 2/,
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, "utf8")).toMatch(/^PRIVATE\+KEY\+example\.com\/audit\+[\da-f]{8}\+\S+\n$/);
    const second = join(sandbox.folder, "second.key");
    expect(await sandbox.run(["evidence", "init", "--key", second])).toMatchObject({ code: 1 });
    await expect(stat(second)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("a key that others can read is refused, with the remedy", async () => {
    await chmod(file, 0o644);
    const { code, stderr } = await sandbox.run(["evidence", "seal", "--key", file]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^aasm: permission_denied: .* has mode 0644\. Run chmod 0600 on it\./);
    await chmod(file, 0o600);
  });

  test("a key may be in the environment, once", async () => {
    const env = { AAASM_EVIDENCE_KEY: await readFile(file, "utf8") };
    await addEvents(sandbox, 3, 1);
    expect(await sandbox.json<object>(["evidence", "seal"], 0, { env })).toMatchObject({ events: 1, checkpoint: 5 });
    const both = { ...env, AAASM_EVIDENCE_KEY_FILE: file };
    expect(await sandbox.run(["evidence", "seal"], { env: both })).toMatchObject({ code: 2 });
    expect(await sandbox.run(["evidence", "seal", "--once", "--watch"], { env })).toMatchObject({ code: 2 });
  });
});

describe("a backup that is put back", { timeout: 60_000 }, async () => {
  const sandbox = await createSandbox(UNRECORDED);
  const store = join(sandbox.folder, ".aasm", "local.db");
  const backup = join(sandbox.folder, "backup.db");
  const anchor = join(sandbox.folder, "anchor");
  const key = ["--key", join(sandbox.folder, "log.key")];

  beforeAll(async () => {
    await sandbox.run(["migrate"]);
    await addEvents(sandbox, 0, 5);
    await sandbox.json(["evidence", "init", ...key, ...NAME]);
  });

  test("the newest checkpoint goes to the anchor, which the store then continues", async () => {
    const anchored = await sandbox.json<object>(["evidence", "anchor", "--file", anchor]);
    expect(anchored).toMatchObject({ kind: "file", where: anchor, size: 6, findings: [] });
    await sandbox.json(["backup", backup]);
    await addEvents(sandbox, 5, 5);
    await sandbox.json(["evidence", "seal", ...key, "--anchor-file", anchor]);
    expect(await sandbox.json<object>(["evidence", "status"])).toMatchObject({
      anchors: [{ kind: "file", where: anchor, size: 11 }],
    });
    expect(await sandbox.json<object>(["evidence", "verify"])).toMatchObject({ anchors: [{ size: 11 }], findings: [] });
  });

  test("an anchor that cannot be asked is no pass", async () => {
    const file = join(sandbox.folder, "log.key");
    const { code, stdout } = await sandbox.run(["evidence", "verify", "--anchor-file", file]);
    expect(code).toBe(3);
    expect(stdout).toContain(`could not check: the file anchor ${file}: `);
    expect(await sandbox.run(["evidence", "anchor", "--file", file])).toMatchObject({ code: 3 });
  });

  test("signs no second history", async () => {
    for (const suffix of ["", "-wal", "-shm"]) await rm(`${store}${suffix}`, { force: true });
    await sandbox.json(["restore", backup]);
    await addEvents(sandbox, 20, 1);
    // The backup has a receipt of the anchor, so that none needs to name it.
    const { code, stdout, stderr } = await sandbox.run(["evidence", "checkpoint", ...key]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`history_forked: the file anchor ${anchor} has size 11, this store 7; nothing is signed`);
    const { findings } = await sandbox.json<Verified>(["evidence", "verify"], 1);
    expect(findings).toMatchObject([{ code: "rollback", leaf: 7 }]);
    const refused = await sandbox.json<Verified>(["evidence", "anchor", "--file", anchor], 1);
    expect(refused).toMatchObject({ size: null, findings: [{ code: "rollback" }] });
  });

  test("nor one that has grown past the first", async () => {
    await addEvents(sandbox, 21, 10);
    const { code, stderr } = await sandbox.run(["evidence", "seal", ...key]);
    expect(code).toBe(1);
    expect(stderr).toContain("history_forked");
    const { findings } = await sandbox.json<Verified>(["evidence", "verify", "--anchor-file", anchor], 1);
    expect(findings.map(({ code: found }) => found)).toEqual(["history_forked"]);
  });

  test("is continued by another log, which names the one that was ahead", async () => {
    expect(await sandbox.json<object>(["evidence", "status"])).toMatchObject({ state: "forked", logs: [{ log: 1 }] });
    const second = join(sandbox.folder, "second.key");
    const fork = ["evidence", "fork", "--key", second];
    expect(await sandbox.run(fork)).toMatchObject({ code: 2 });
    const forked = await sandbox.json<Sealed>([...fork, "--reason", "restored a backup"]);
    const continues = { origin: "example.com/audit", size: 11 };
    expect(forked).toMatchObject({ log: 2, origin: "example.com/audit/2", continues, events: 16 });
    expect((await stat(second)).mode & 0o777).toBe(0o600);
    await expect(sandbox.json(["evidence", "seal", "--key", second])).resolves.toMatchObject({ events: 0 });
    expect(await sandbox.run(["evidence", "seal", ...key])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        "the key is of example.com/audit, and the log of the store is example.com/audit/2",
      ),
    });
    const report = await sandbox.json<Verified>(["evidence", "verify", "--key", forked.verifierKey]);
    expect(report).toMatchObject({ log: 2, continues, events: 16, findings: [], unchecked: [] });
    const first = await sandbox.json<Verified>(["evidence", "verify", "--log", "1"], 1);
    expect(first).toMatchObject({ log: 1, findings: [{ code: "history_forked" }] });
    const out = join(sandbox.folder, "forked");
    await sandbox.json(["evidence", "export", "--out", out]);
    const { code, stdout } = await auditor("verify", out, "--key", forked.verifierKey);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^continues the log example.com\/audit after .* 11 leaves, since .*: restored a backup$/m);
    expect(await sandbox.json<object>(["evidence", "status"])).toMatchObject({ state: "open", logs: [{}, { log: 2 }] });
  });
});
