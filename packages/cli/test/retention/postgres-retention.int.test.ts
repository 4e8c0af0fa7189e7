import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { daysAgo, importOldEvents } from "../support/old-events.js";
import { createPostgresSandbox, describePostgres, PASSWORD, PROFILES } from "../support/postgres-sandbox.js";
import { UNRECORDED } from "../support/run-aasm.js";

interface Plan {
  readonly totals: Record<"archive" | "held", { readonly partitions: number; readonly rows: number }>;
}

describePostgres("retention", PROFILES, async (profile) => {
  const sandbox = await createPostgresSandbox(profile, "cli_retention", UNRECORDED);
  const url = ["--archive-url", pathToFileURL(join(sandbox.folder, "archive")).href];
  const archiving = ["--cold-action", "archive", "--hot-days", "30", "--warm-days", "90", ...url];
  let before: string;

  test("plan, run, verify, query, restore: nothing is lost on the way", { timeout: 300_000 }, async () => {
    await sandbox.json(["migrate"]);
    await importOldEvents(sandbox, { days: 130, perDay: 20 });
    before = (await sandbox.run(["audit", "export"])).stdout;
    const plan = await sandbox.json<Plan>(["retention", "plan", ...archiving]);
    const { rows } = plan.totals.archive;
    // Chunks of seven days leave whole, days do too: between 5 weeks of events and 40 days of them.
    expect(rows).toBeGreaterThanOrEqual(profile === "postgres" ? 800 : 500);
    expect(rows).toBeLessThanOrEqual(800);
    expect(await sandbox.json(["retention", "run", "--yes", ...archiving])).toMatchObject({
      outcome: "succeeded",
      rows,
      archivedRows: rows,
    });
    expect(await sandbox.json(["archive", "verify", ...url])).toMatchObject({ verified: true, rows });
    expect(await sandbox.json(["audit", "count"])).toEqual({ count: 131 * 20 - rows });
    const archived = (await sandbox.run(["archive", "query", "--format", "jsonl", ...url])).stdout;
    expect(archived + (await sandbox.run(["audit", "export"])).stdout).toBe(before);
    expect(await sandbox.json(["archive", "restore", "--hold", "Case 42", ...url])).toMatchObject({ inserted: rows });
    expect((await sandbox.run(["audit", "export"])).stdout).toBe(before);
    expect((await sandbox.json<Plan>(["retention", "plan", ...archiving])).totals).toMatchObject({
      archive: { rows: 0 },
      held: { rows },
    });
  });

  test("status has the tiers, and no password anywhere", async () => {
    const { code, stdout } = await sandbox.run(["status"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/archived +\d+ events in \d+ partitions/);
    expect(stdout).toMatch(/last retention .*: succeeded, \d+ rows left the store\n/);
    expect(stdout).not.toContain(PASSWORD);
  });

  test("what an archive says is not taken for the database's word", async () => {
    const away = ["--archive-url", "s3://bucket/x"];
    const env = {
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1",
    };
    const restore = await sandbox.spawn(["archive", "restore", "--from", daysAgo(130), ...away], { env });
    expect(restore.code).toBe(1);
    expect(restore.stderr).toMatch(/^aasm: unavailable: archive s3:\/\/bucket\/x: the service cannot be reached/);
  });
});
