import { join } from "node:path";
import { expect, test } from "vitest";
import { createPostgresSandbox, describePostgres } from "../support/postgres-sandbox.js";
import { UNRECORDED } from "../support/run-aasm.js";
import { addEvents, idOf, type Sealed, timeOf } from "../support/sealed-store.js";

describePostgres("evidence", ["postgres"], async (profile) => {
  const sandbox = await createPostgresSandbox(profile, "evidence", UNRECORDED);

  test("seal, status, prove, export, verify", { timeout: 120_000 }, async () => {
    const key = ["--key", join(sandbox.folder, "log.key")];
    await sandbox.run(["migrate"]);
    await addEvents(sandbox, 0, 300);
    const { verifierKey } = await sandbox.json<Sealed>(["evidence", "init", ...key, "--name", "example.com/audit"]);
    await addEvents(sandbox, 300, 20);
    expect(await sandbox.json<object>(["evidence", "seal", ...key])).toMatchObject({ events: 20, checkpoint: 321 });
    const { evidence } = await sandbox.json<{ evidence: object }>(["status"]);
    expect(evidence).toMatchObject({ size: 321, lagMs: 0, checkpoint: { size: 321 } });
    expect(await sandbox.json<object>(["evidence", "prove", idOf(310)])).toMatchObject({ size: 321 });
    const out = join(sandbox.folder, "x");
    await sandbox.json(["evidence", "export", "--from", timeOf(290), "--out", out]);
    const vkey = ["--key", verifierKey];
    expect(await sandbox.json<object>(["evidence", "verify", out, ...vkey])).toMatchObject({
      isComplete: true,
      events: 30,
    });
    expect(await sandbox.json<object>(["evidence", "verify", ...vkey])).toMatchObject({ events: 320, findings: [] });
    await sandbox.sql(`UPDATE audit_events SET decision = 'redact' WHERE event_id = '${idOf(40)}'`);
    const { code, stdout } = await sandbox.run(["evidence", "verify", ...vkey]);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^edited {2}leaf \\d+ {2}event ${idOf(40)}: `));
  });
});
