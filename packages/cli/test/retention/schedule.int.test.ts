import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openStorage } from "@agent-assembly/storage";
import { describe, expect, test } from "vitest";
import { start } from "../support/daemon.js";
import { importOldEvents } from "../support/old-events.js";
import { createSandbox, type Sandbox, UNRECORDED } from "../support/run-aasm.js";

const SCHEDULE = ["retention", "schedule"];

async function prepare(sandbox: Sandbox): Promise<(schedule: string, more?: string) => Promise<void>> {
  const archive = pathToFileURL(join(sandbox.folder, "archive")).href;
  const path = join(sandbox.folder, ".aasm", "config.yaml");
  await sandbox.run(["migrate"]);
  return (schedule, more = "") =>
    writeFile(
      path,
      `storage: { retention: { cold_action: archive, archive_url: "${archive}", schedule: "${schedule}", jitter_secs: 0${more} } }\n`,
    );
}

describe("the daemon", async () => {
  const sandbox = await createSandbox(UNRECORDED);

  test("reads a changed file again, keeps the old settings when it is bad, and ends on SIGTERM with 0", async () => {
    const configure = await prepare(sandbox);
    await configure("0 3 1 1 *");
    const daemon = start(sandbox, SCHEDULE);
    await daemon.line(/schedule "0 3 1 1 \*" in UTC; watching \S+config\.yaml\n/);
    await daemon.line(/waiting until \d{4}-01-01 03:00:00Z/);
    await configure("0 4 1 1 *", ", hot_day: 3");
    await daemon.line(
      /not taken over, the old settings stay: configuration file \S+: unknown key storage\.retention\.hot_day; .*"hot_days"\?\n/,
    );
    await configure("0 5 1 1 *");
    await daemon.line(/configuration read again \(the file changed\): schedule "0 5 1 1 \*"\n/);
    await daemon.line(/waiting until \d{4}-01-01 05:00:00Z/);
    daemon.child.kill("SIGHUP");
    await daemon.line(/configuration read again \(SIGHUP\)/);
    await rm(join(sandbox.folder, ".aasm", "config.yaml"));
    await daemon.line(/not taken over, the old settings stay: configuration file \S+: the file no longer exists/);
    daemon.child.kill("SIGTERM");
    const { code, stdout, stderr } = await daemon.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/ stopped$/);
  });

  test("with --json each line is a document; Ctrl-C ends it with 130", async () => {
    const configure = await prepare(sandbox);
    await configure("0 3 1 1 *", ", dry_run: true");
    const daemon = start(sandbox, [...SCHEDULE, "--json"]);
    await daemon.line(/"event":"waiting"/);
    daemon.child.kill("SIGINT");
    const { code, stdout } = await daemon.ended;
    expect(code).toBe(130);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string });
    expect(events).toMatchObject([
      { event: "watching", schedule: "0 3 1 1 *", dryRun: true, at: expect.any(String) },
      { event: "waiting", until: expect.stringMatching(/-01-01T03:00:00\.000Z$/) },
      { event: "stopped" },
    ]);
  });

  test("a configuration that cannot be used is an error at the start", async () => {
    const configure = await prepare(sandbox);
    await configure("61 * * * *");
    const result = await sandbox.run(SCHEDULE);
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toMatch(
      /^aasm: invalid_argument: configuration file \S+: storage\.retention\.schedule is "61 \* \* \* \*"; allowed: five/,
    );
  });
});

describe("a run that goes on at SIGTERM", async () => {
  const sandbox = await createSandbox(UNRECORDED);

  test("ends between two steps, and another run finishes it", { timeout: 300_000 }, async () => {
    const configure = await prepare(sandbox);
    await importOldEvents(sandbox, { days: 150, perDay: 40 });
    await configure("0 3 * * *");
    await recordRunOf(sandbox, new Date(Date.now() - 3 * 86_400_000));
    const before = (await sandbox.run(["audit", "export"])).stdout;
    const daemon = start(sandbox, SCHEDULE);
    await daemon.line(/run for \S+ 03:00:00Z begins, which was missed\n/);
    await daemon.line(/plan: archive 2,400 rows/);
    await daemon.line(/archived 40 rows of audit/);
    daemon.child.kill("SIGTERM");
    const { code, stdout } = await daemon.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/run interrupted: .*\n.* stopped\n$/);
    const { items } = await sandbox.json<{ items: object[] }>(["retention", "history"]);
    expect(items[0]).toMatchObject({ outcome: "interrupted", scheduledFor: expect.any(String) });
    const archived = join(sandbox.folder, "archive", "_manifests", "dataset=audit");
    expect((await readdir(archived)).length).toBeLessThan(60);
    expect(await sandbox.json(["retention", "run", "--yes"])).toMatchObject({ outcome: "succeeded" });
    const out = (await sandbox.run(["archive", "query", "--format", "jsonl"])).stdout;
    expect(out + (await sandbox.run(["audit", "export"])).stdout).toBe(before);
  });
});

/** A run of an earlier daemon: those of the schedule since then were missed. */
async function recordRunOf({ folder }: Sandbox, time: Date): Promise<void> {
  await using storage = await openStorage({ backend: "sqlite", path: join(folder, ".aasm", "local.db") });
  const run = { runId: "00000000-0000-7000-8000-000000000001", startedAt: time, scheduledFor: time };
  await storage.retentionSupport.recordRun({
    ...run,
    finishedAt: time,
    outcome: "succeeded",
    rows: 0,
    bytes: 0,
    detail: "",
  });
}
