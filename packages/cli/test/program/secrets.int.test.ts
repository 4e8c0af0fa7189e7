import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();
const PASSWORD = "hun#ter/2?secret@x";
const URLS = [`postgres://app:${PASSWORD}@db.internal/audit`, `redis://:${encodeURIComponent(PASSWORD)}@cache/0`];

/** No part of it, not even where a wrong reading of the URL would put it. */
const PARTS = /hun#|ter\/2|2\?secret|secret@x|hun%23|secret%40/;

const COMMANDS: readonly ((url: string) => string[])[] = [
  (url) => ["--database-url", url, "--mode", "sideways", "config", "show"],
  (url) => ["--mode", url, "config", "validate"],
  (url) => ["--backend", url, "status"],
  (url) => ["--path", url, "status"],
  (url) => ["--config", url, "status"],
  (url) => ["--databse-url", url, "status"],
  (url) => [`--databse-url=${url}`, "status"],
  (url) => [url],
  (url) => ["audit", url],
  (url) => ["audit", "import", url],
  (url) => ["audit", "query", "--limit", url],
  (url) => ["audit", "query", "--order", url],
  (url) => ["audit", "show", url],
  (url) => ["audit", "summarize", "--bucket", url],
  (url) => ["archive", "list", "--archive-url", url],
  (url) => ["policy", "show", url, url],
  (url) => ["metrics", "query", url, "--aggregate", url],
];

test.each(COMMANDS)("no form of output shows a URL's password (%#)", async (command) => {
  for (const url of URLS) {
    for (const flags of [[], ["--json"], ["--debug"], ["--json", "--debug"]]) {
      const { stdout, stderr } = await sandbox.run([...flags, ...command(url)]);
      expect(`${stdout}${stderr}`).not.toMatch(PARTS);
    }
  }
});

test.each([
  "storage.postgres",
  "storage.postgres.schema",
  "storage.redis.prefix",
  "mode",
  "storage.sqlite.path",
  "storage.dsn",
])("a configuration with a URL under %s is explained without it", async (key) => {
  await mkdir(join(sandbox.folder, "c"), { recursive: true });
  const path = join(sandbox.folder, "c", "config.yaml");
  const tree = key.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), URLS[0]);
  await writeFile(path, JSON.stringify(tree));
  for (const flags of [[], ["--json"], ["--debug"]]) {
    for (const command of [["config", "show"], ["config", "validate"], ["status"]]) {
      const { code, stdout, stderr } = await sandbox.run([...flags, "--config", path, ...command]);
      expect(code).not.toBe(0);
      expect(`${stdout}${stderr}`).not.toMatch(PARTS);
    }
  }
});

test("what could drive a terminal is escaped in every error about a configuration", async () => {
  const hostile = "\u001b[2J\u202e\u0007";
  const path = join(sandbox.folder, "hostile.yaml");
  const texts = [
    JSON.stringify({ [hostile]: 1 }),
    JSON.stringify({ mode: hostile }),
    JSON.stringify({ storage: { [hostile]: { [hostile]: hostile } } }),
    JSON.stringify({ storage: { backend: `./${hostile}.js` } }),
    JSON.stringify({ storage: { retention: { rules: [{ name: hostile, agent_id: hostile, warm_days: hostile }] } } }),
    JSON.stringify({ storage: { sqlite: { path: `/nowhere/${hostile}/x.db` } } }),
    `? { "${"\u202e"}": 1 }\n: x\n`,
    `mode: !${"\u202e"} x\n`,
  ];
  for (const text of texts) {
    await writeFile(path, text);
    for (const flags of [[], ["--json"], ["--debug"]]) {
      for (const command of [["config", "show"], ["status"]]) {
        const { stdout, stderr } = await sandbox.run([...flags, "--config", path, ...command]);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
        expect(`${stdout}${stderr}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      }
    }
  }
  const { stderr } = await sandbox.run(["--config", `/nowhere/${hostile}`, "status"], { env: { AA_MODE: hostile } });
  expect(stderr).toContain("\\x1b");
});
