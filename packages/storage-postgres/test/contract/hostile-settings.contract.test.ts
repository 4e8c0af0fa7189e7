import { CONTRACT_CASES, runStorageContract } from "@agent-assembly/storage-contract";
import { postgresHarness } from "@agent-assembly/storage-postgres/testing";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, describe, it } from "vitest";
import { addHostilePath, HOSTILE_SETTINGS, roleDatabase } from "../support/hostile-role.js";

/** Cases whose answers pass through what the settings change: numbers, times, bytes, arrays, JSON, names. */
const KINDS = [
  "audit.append",
  "audit.query",
  "audit.summarize",
  "metrics.query",
  "metrics.define",
  "agents",
  "holds",
  "partitions.list",
];

describeNeeding("postgres", "a role with hostile settings", async () => {
  const database = await roleDatabase("postgres", HOSTILE_SETTINGS);
  await addHostilePath(database);
  afterAll(() => database[Symbol.asyncDispose]());
  runStorageContract(postgresHarness("hostile settings", database.options), {
    describe,
    afterAll,
    // The last one says that some were left out.
    it: (title, body) => (title.startsWith("runs every case") ? undefined : it(title, body)),
    cases: CONTRACT_CASES.filter(({ id }) => KINDS.some((kind) => id.startsWith(kind))),
  });
});
