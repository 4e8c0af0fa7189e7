import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startS3 } from "@agent-assembly/test-services";
import { afterAll, beforeAll, expect, test } from "vitest";
import { daysAgo, importOldEvents } from "../support/old-events.js";
import { createSandbox, UNRECORDED } from "../support/run-aasm.js";

const sandbox = await createSandbox(UNRECORDED);
let env: Record<string, string>;
let stop: (() => Promise<void>) | undefined;

beforeAll(async () => {
  const server = await startS3({ buckets: ["audit"] });
  stop = server.stop;
  const { accessKeyId, secretAccessKey } = server.credentials;
  env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  await sandbox.run(["migrate"]);
  await writeFile(
    join(sandbox.folder, ".aasm", "config.yaml"),
    `storage:
  retention:
    cold_action: archive
    archive_url: s3://audit/production
    s3: { endpoint: "${server.endpoint}", region: ${server.region}, force_path_style: true }
`,
  );
});
afterAll(() => stop?.());

/** What a process prints whose environment holds the credentials: the AWS SDK looks nowhere else. */
async function document(args: readonly string[]): Promise<unknown> {
  const { stdout, stderr } = await sandbox.spawn([...args, "--json"], { env });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test("an archive in S3: its place from the file, its credentials from the environment", {
  timeout: 120_000,
}, async () => {
  const old = ["--to", daysAgo(90), "--limit", "100"];
  await importOldEvents(sandbox, { days: 92, perDay: 10 });
  const before = (await sandbox.run(["audit", "export"])).stdout;
  const beforeOld = await sandbox.json(["audit", "query", ...old]);
  const run = await sandbox.spawn(["retention", "run", "--yes"], { env });
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout).toContain("20 rows left the store");
  expect(await document(["archive", "list"])).toMatchObject({
    url: "s3://audit/production",
    items: [{ rows: 10 }, { rows: 10 }],
  });
  expect(await document(["archive", "verify"])).toMatchObject({ verified: true, files: 2, rows: 20 });
  expect(await document(["archive", "query", ...old])).toEqual(beforeOld);
  expect(await document(["archive", "restore"])).toMatchObject({ inserted: 20 });
  expect((await sandbox.run(["audit", "export"])).stdout).toBe(before);
});

test("a bucket that is not there, and no credentials, are errors that say so", async () => {
  const missing = await sandbox.spawn(["archive", "list", "--archive-url", "s3://elsewhere/x"], { env });
  expect(missing.code).toBe(1);
  expect(missing.stderr).toMatch(
    /^aasm: not_found: archive s3:\/\/elsewhere\/x: the bucket does not exist\. Create it, or correct/,
  );
  const nobody = await sandbox.spawn(["archive", "list"], { env: { AWS_EC2_METADATA_DISABLED: "true" } });
  expect(nobody.code).toBe(1);
  expect(nobody.stderr).toBe(
    "aasm: permission_denied: archive s3://audit/production: no credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.\n",
  );
});
