import { join } from "node:path";
import { createSealer, verifyStore } from "@agent-assembly/evidence";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { expect, test } from "vitest";
import { importOldEvents } from "../support/old-events.js";
import { createSandbox, UNRECORDED } from "../support/run-aasm.js";

const sandbox = await createSandbox(UNRECORDED);

test("a run states in the log of a sealed store what it drops", { timeout: 120_000 }, async () => {
  await importOldEvents(sandbox, { days: 93, perDay: 10 });
  const path = join(sandbox.folder, ".aasm", "local.db");
  {
    await using storage = await openSqliteStorage({ path });
    const sealer = createSealer(storage, { origin: "example.com/audit" });
    await sealer.init();
    await sealer.sealOnce();
  }
  const report = await sandbox.json<object>(["retention", "run", "--yes"]);
  expect(report).toMatchObject({ outcome: "succeeded", rows: 30, warnings: [] });
  await using storage = await openSqliteStorage({ path });
  expect(await verifyStore(storage)).toMatchObject({ dropped: 30, findings: [] });
});
