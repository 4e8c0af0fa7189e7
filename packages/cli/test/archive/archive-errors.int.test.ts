import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { daysAgo, importOldEvents } from "../support/old-events.js";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();
const folder = join(sandbox.folder, "archive");
const url = ["--archive-url", pathToFileURL(folder).href];
const manifests = join(folder, "_manifests", "dataset=audit");
const kept = join(sandbox.folder, "as-it-was");

beforeAll(async () => {
  await importOldEvents(sandbox, { days: 93, perDay: 10 });
  await sandbox.json(["retention", "run", "--yes", "--cold-action", "archive", ...url]);
  await cp(folder, kept, { recursive: true });
});
beforeEach(async () => {
  await rm(folder, { recursive: true });
  await cp(kept, folder, { recursive: true });
});

async function firstFile(): Promise<string> {
  const day = join(folder, "dataset=audit", `date=${daysAgo(93)}`);
  const [name] = await readdir(day);
  return join(day, name as string);
}

async function firstManifest(): Promise<string> {
  const [name] = (await readdir(manifests)).sort();
  return join(manifests, name as string);
}

async function edit(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}

describe("damage", () => {
  test("a flipped byte: verify names the file and ends with 1, restore takes nothing from it", async () => {
    const file = await firstFile();
    await edit(file, (bytes) => {
      bytes[100] = (bytes[100] as number) ^ 1;
      return bytes;
    });
    const { code, stdout, stderr } = await sandbox.run(["archive", "verify", ...url]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toMatch(/dataset=audit\/date=\S+\.parquet +damaged +10 +its SHA-256 is not the one/);
    expect(stdout).toContain("! 1 of 3 files in ");
    expect(await sandbox.json(["archive", "verify", "--from", daysAgo(92), ...url])).toMatchObject({ files: 2 });
    expect(await sandbox.json(["archive", "verify", ...url], 1)).toMatchObject({
      verified: false,
      damaged: [{ status: "damaged", rows: 10 }],
    });
    const restore = await sandbox.run(["archive", "restore", ...url]);
    expect(restore.code).toBe(1);
    expect(restore.stderr).toMatch(/^aasm: corrupt: damaged file \S+\.parquet: .*\. Restore it from a copy\.\n$/);
    expect(await sandbox.json(["audit", "count", "--to", daysAgo(92)])).toEqual({ count: 0 });
  });

  test("a file that is gone, and one that was never ours", async () => {
    const file = await firstFile();
    await rm(file);
    expect(await sandbox.json(["archive", "verify", ...url], 1)).toMatchObject({ damaged: [{ status: "missing" }] });
    await writeFile(file, "PAR1 but no Parquet PAR1");
    const query = await sandbox.run(["archive", "query", "--order", "oldest", ...url]);
    expect(query.code).toBe(1);
    expect(query.stderr).toMatch(/^aasm: corrupt: file \S+\.parquet: .*\n$/);
  });

  test("a manifest that is cut off, and one of newer software", async () => {
    const manifest = await firstManifest();
    await edit(manifest, (bytes) => bytes.subarray(0, 50));
    for (const command of ["list", "query"]) {
      const { code, stderr } = await sandbox.run(["archive", command, ...url]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^aasm: corrupt: damaged manifest \S+\.json: .*\. Restore it from a copy\.\n$/);
    }
    expect(await sandbox.json(["archive", "verify", ...url], 1)).toMatchObject({ damaged: [{ status: "damaged" }] });
    await cp(join(kept, "_manifests"), join(folder, "_manifests"), { recursive: true, force: true });
    await edit(manifest, (bytes) => Buffer.from(bytes.toString().replace('"formatVersion": 1', '"formatVersion": 9')));
    const { code, stderr } = await sandbox.run(["archive", "list", ...url]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^aasm: unsupported: .*format version 9, and this software supports up to version 2\. Upgrade this software\.\n$/,
    );
  });
});

describe("places", () => {
  const aws = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "hunter2", AWS_REGION: "us-east-1" };
  const list = ["archive", "list", "--archive-url"];

  test("no archive at all, and URLs that are none", async () => {
    for (const command of ["list", "verify", "query", "restore"]) {
      const { code, stderr } = await sandbox.run(["archive", command]);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^aasm: no archive is configured; name one with --archive-url, or set storage\.retention/);
    }
    for (const [text, message] of [
      ["./archive", "a folder is written as file:///"],
      ["http://x/y", "begins with http://"],
    ] as const) {
      const { code, stderr } = await sandbox.run([...list, text]);
      expect({ code, said: stderr.includes(message) }).toEqual({ code: 2, said: true });
    }
  });

  test("a folder and an id that are not there", async () => {
    const { code, stderr } = await sandbox.run([...list, pathToFileURL(join(sandbox.folder, "nowhere")).href]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^aasm: not_found: .*nowhere/);
    for (const command of ["verify", "restore"]) {
      const unknown = await sandbox.run(["archive", command, "--id", "none", ...url]);
      expect(unknown.code).toBe(1);
      expect(unknown.stderr).toMatch(/^aasm: not_found: .* has no archive "none".*aasm archive list/);
    }
  });

  test("S3 that cannot be reached, or has no credentials", async () => {
    const env = { ...aws, AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1" };
    const away = await sandbox.spawn([...list, "s3://bucket/x"], { env });
    expect(away.code).toBe(1);
    expect(away.stderr).toBe(
      "aasm: unavailable: archive s3://bucket/x: the service cannot be reached. Check storage.retention.s3.endpoint and the network.\n",
    );
    const secret = await sandbox.spawn([...list, "s3://key:hunter2@bucket/x"], { env });
    expect(secret.code).toBe(2);
    expect(secret.stderr).toContain("AWS_ACCESS_KEY_ID");
    expect(secret.stderr).not.toContain("hunter2");
  });

  test("without the AWS SDK it says what to install", async () => {
    const hooks = `export async function resolve(name, context, next) {
      if (name !== "@aws-sdk/client-s3") return next(name, context);
      throw Object.assign(new Error("Cannot find package '@aws-sdk/client-s3'"), { code: "ERR_MODULE_NOT_FOUND" });
    }`;
    const loader = join(sandbox.folder, "without-sdk.mjs");
    const source = `data:text/javascript,${encodeURIComponent(hooks)}`;
    await writeFile(loader, `import { register } from "node:module"; register(${JSON.stringify(source)});`);
    const agent = { npm_config_user_agent: "yarn/4.0.0 npm/? node/v20" };
    const env = { ...aws, ...agent, NODE_OPTIONS: `--import ${pathToFileURL(loader).href}` };
    const { code, stderr } = await sandbox.spawn([...list, "s3://bucket/x"], { env });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'aasm: unsupported: archives in S3 need the AWS SDK, which is not installed. Run "yarn add @aws-sdk/client-s3".\n',
    );
  });
});
