import { expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";
import { sqliteExec } from "../support/store-sql.js";

const sandbox = await createSandbox();
const at = ["--path", "local.db"];

const changeByHand = (sql: string): Promise<void> => sqliteExec(`${sandbox.folder}/local.db`, sql);

test("kept counts that were changed by hand are found by --verify, and right after --rebuild-counts", async () => {
  await sandbox.json(["demo", ...at]);
  await changeByHand("UPDATE audit_count_state SET folded_seq = 100");

  const found = await sandbox.json<{ drift: unknown[]; counts: string[] }>(["migrate", "--verify", ...at], 1);
  expect(found).toMatchObject({ verified: false, drift: [] });
  expect(found.counts.join("\n")).toMatch(/counts by action, decision, dryRun per day: \d+ cells? differ/);
  const { code, stdout } = await sandbox.run(["migrate", "--verify", ...at]);
  expect(code).toBe(1);
  expect(stdout).toContain("Run aasm migrate --rebuild-counts");

  expect((await sandbox.run(["migrate", "--rebuild-counts", ...at])).stdout).toBe(
    "The counts of audit events are rebuilt.\n",
  );
  expect(await sandbox.json(["migrate", "--verify", ...at])).toMatchObject({ verified: true, counts: [] });
  expect(await sandbox.json(["migrate", "--rebuild-counts", ...at])).toMatchObject({ rebuilt: true });
});

test("counts are rebuilt in a store that is current, and nowhere else", async () => {
  const { code, stderr } = await sandbox.run(["migrate", "--rebuild-counts", "--path", "new.db"]);
  expect([code, stderr]).toEqual([1, ""]);
});
