import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { importOldEvents } from "../support/old-events.js";
import { createSandbox, UNRECORDED } from "../support/run-aasm.js";
import type { Sealed } from "../support/sealed-store.js";

interface Verified {
  readonly leaves: number;
  readonly events: number;
  readonly dropped: number;
  readonly findings: readonly { readonly code: string }[];
}

/** Of 94 days. */
const EVENTS = 940;

describe("a sealed store whose events go into an archive and come back", { timeout: 240_000 }, async () => {
  const sandbox = await createSandbox(UNRECORDED);
  const folder = join(sandbox.folder, "archive");
  const url = `file://${folder}`;
  const key = join(sandbox.folder, "log.key");
  const env = { AAASM_EVIDENCE_KEY_FILE: key, AAASM_RETENTION_ARCHIVE_URL: url };
  let vkey: string;
  let leaves: number;

  const verify = (...options: string[]): Promise<Verified> =>
    sandbox.json<Verified>(["evidence", "verify", "--key", vkey, ...options], 0, { env });
  const complete = async (name: string, ...options: string[]): Promise<object> => {
    const out = join(sandbox.folder, name);
    await sandbox.json(["evidence", "export", "--out", out, ...options], 0, { env });
    return sandbox.json<object>(["evidence", "verify", out, "--key", vkey], 0, { env });
  };

  beforeAll(async () => {
    await importOldEvents(sandbox, { days: 93, perDay: 10 });
    ({ verifierKey: vkey, size: leaves } = await sandbox.json<Sealed>(
      ["evidence", "init", "--key", key, "--name", "example.com/audit"],
      0,
      { env },
    ));
  });

  test("is clean after the run, and with its archive", async () => {
    const run = ["retention", "run", "--yes", "--cold-action", "archive"];
    expect(await sandbox.json<object>(run, 0, { env })).toMatchObject({ outcome: "succeeded", rows: 30, warnings: [] });
    await sandbox.json(["evidence", "seal", "--once"], 0, { env });
    expect(await verify("--archive", url)).toMatchObject({ events: EVENTS, dropped: 30, findings: [] });
    expect(await sandbox.json<object>(["archive", "verify"], 0, { env })).toMatchObject({ verified: true });
  });

  test("exports the whole range with rows of the archive, and says what was dropped without it", async () => {
    expect(await complete("without")).toMatchObject({
      isComplete: true,
      present: EVENTS - 30,
      missing: 0,
      droppedAtEdges: 30,
    });
    expect(await complete("with", "--archive", url)).toMatchObject({
      isComplete: true,
      events: EVENTS,
      present: EVENTS,
    });
  });

  test("is clean after a restore, and has no more leaves but for statements", async () => {
    const before = await verify();
    expect(await sandbox.json<object>(["archive", "restore"], 0, { env })).toMatchObject({
      inserted: 30,
      conflicts: 0,
    });
    const after = await verify();
    expect(after).toMatchObject({ events: EVENTS, dropped: 0, findings: [] });
    // One statement for the archive of each day.
    expect(before).toMatchObject({ events: EVENTS, dropped: 30 });
    expect(after.leaves).toBe(before.leaves + 3);
    expect(before.leaves).toBeGreaterThan(leaves);
    await sandbox.json(["evidence", "seal", "--once"], 0, { env });
    expect(await complete("restored")).toMatchObject({ isComplete: true, events: EVENTS, present: EVENTS, dropped: 0 });
  });

  test("names an archive that is gone, once its events are dropped again", async () => {
    const run = ["retention", "run", "--yes", "--cold-action", "archive"];
    expect(await sandbox.json<object>(run, 0, { env })).toMatchObject({ outcome: "succeeded", rows: 30 });
    expect((await verify("--archive", url)).findings).toEqual([]);
    for (const path of readdirSync(join(folder, "_manifests", "dataset=audit"))) {
      rmSync(join(folder, "_manifests", "dataset=audit", path));
    }
    const { code, stdout } = await sandbox.run(["evidence", "verify", "--key", vkey, "--archive", url], { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^archive_missing {2}leaf \d+: the archive .* is not at file:/m);
  });
});
