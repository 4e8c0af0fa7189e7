import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OpenArchiveOptions, RetentionPolicy, ScheduleOptions } from "@agent-assembly/retention";
import { isStorageError } from "@agent-assembly/storage-core";
import { afterAll, describe, expect, expectTypeOf, test } from "vitest";
import { type Config, loadConfig, type RetentionSettings, redactConfig, retentionSettings } from "../src/index.js";

const folder = await mkdtemp(join(tmpdir(), "aasm-retention-config-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function load(section: string): Promise<Config> {
  const path = join(folder, `config-${files++}.yaml`);
  await writeFile(path, `storage:\n  retention: ${section}\n`);
  return loadConfig({ path, env: {} });
}

async function problem(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (isStorageError(error, "invalid_argument")) return error.message;
    throw error;
  }
  throw new Error("it was accepted");
}

// The compiler checks these; a run does not need the package.
test("the settings are what the retention package takes", () => {
  expectTypeOf<RetentionSettings["policy"]>().toExtend<RetentionPolicy>();
  expectTypeOf<RetentionSettings["s3"]>().toExtend<NonNullable<OpenArchiveOptions["s3"]>>();
  expectTypeOf<Pick<RetentionSettings, "policy" | "schedule" | "dryRun" | "jitterMs">>().toExtend<ScheduleOptions>();
});

test("the defaults", async () => {
  expect(retentionSettings(await load("{}"))).toEqual({
    policy: {
      audit: { hotDays: 30, warmDays: 90, coldAction: "drop", rules: [], keepCounts: true },
      metrics: { hotDays: 30, warmDays: 90 },
    },
    schedule: "0 3 * * *",
    dryRun: false,
    jitterMs: 30_000,
    s3: {},
  });
});

test("every key has its place", async () => {
  const config = await load(`
    hot_days: 5
    warm_days: 10
    cold_action: archive
    keep_counts: false
    archive_url: s3://bucket/audit
    metrics: { hot_days: 1, warm_days: 2 }
    rules:
      - { name: people, team_id: hr, warm_days: 3, cold_action: drop }
      - { name: court, agent_id: [a, b], action: [tool_call], warm_days: forever }
    schedule: "30 2 * * MON"
    jitter_secs: 5
    dry_run: true
    s3: { endpoint: "http://127.0.0.1:9000", region: eu-central-1, force_path_style: true }`);
  expect(retentionSettings(config)).toEqual({
    policy: {
      audit: {
        hotDays: 5,
        warmDays: 10,
        coldAction: "archive",
        rules: [
          { name: "people", teamId: ["hr"], warmDays: 3, coldAction: "drop" },
          { name: "court", agentId: ["a", "b"], action: ["tool_call"], warmDays: "forever" },
        ],
        keepCounts: false,
      },
      metrics: { hotDays: 1, warmDays: 2 },
      archiveUrl: "s3://bucket/audit",
    },
    schedule: "30 2 * * MON",
    dryRun: true,
    jitterMs: 5000,
    s3: { endpoint: "http://127.0.0.1:9000", region: "eu-central-1", forcePathStyle: true },
  });
});

test("flags win, and are named in an error", async () => {
  const path = join(folder, "flags.yaml");
  await writeFile(path, "storage: { retention: { hot_days: 5, warm_days: 10 } }\n");
  const flags = { hotDays: 7, warmDays: 8, coldAction: "archive", archiveUrl: "file:///a" };
  expect((await loadConfig({ path, env: {}, flags })).storage.retention).toMatchObject({
    hot_days: 7,
    warm_days: 8,
    cold_action: "archive",
    archive_url: "file:///a",
  });
  expect(await problem(() => loadConfig({ path, env: {}, flags: { coldAction: "delete" } }))).toBe(
    'flag --cold-action: storage.retention.cold_action is "delete"; allowed: "drop", "archive"',
  );
});

describe("refusals name the key, its value and what is allowed", () => {
  const cases: [section: string, ...expected: string[]][] = [
    ["{ hot_days: -1 }", "storage.retention.hot_days is ", "is -1; allowed: a whole number from 1"],
    ["{ metrics: { hot_days: 90 } }", "storage.retention.metrics.warm_days is 90", "more than hot_days, which is 90"],
    ["{ metrics: { cold_action: archive } }", "unknown key storage.retention.metrics.cold_action"],
    ["{ archive_url: 'ftp://h/x' }", "storage.retention.archive_url is ", "starts with file:// or s3://"],
    ["{ schedule: '99 3 * * *' }", "storage.retention.schedule is ", '"99 3 * * *"', "five cron fields in UTC"],
    ["{ schedule: '0 3 * * * *' }", "five cron fields in UTC"],
    ["{ schedule: '0 0 30 2 *' }", '"0 0 30 2 *"', "that match a date"],
    ["{ jitter_secs: -1 }", "storage.retention.jitter_secs", "is -1", "from 0"],
    ["{ s3: { access_key: x } }", "unknown key storage.retention.s3.access_key", "endpoint, region, force_path_style"],
    ["{ s3: { endpoint: 'minio:9000' } }", "storage.retention.s3.endpoint", "http:// or https://"],
    ["{ rules: { name: x } }", "storage.retention.rules is an object", "allowed: a list"],
    [
      "{ rules: [{ name: a, team_id: t, warm_days: 1 }, { name: b, team_id: t, warm_days: 0 }] }",
      "storage.retention.rules[1].warm_days is ",
      "is 0; allowed: a whole number from 1",
    ],
    ["{ rules: [{ name: a, team_id: t, warm_days: ever }] }", "rules[0].warm_days", 'from 1 to 36500, or "forever"'],
    [
      "{ rules: [{ name: a, teamid: t, team_id: t, warm_days: 1 }] }",
      "unknown key storage.retention.rules[0].teamid; allowed",
      "allowed in storage.retention.rules[0]: name, team_id, agent_id",
      'Did you mean "team_id"?',
    ],
    ["{ rules: [{ name: a, warm_days: 1 }] }", "storage.retention.rules[0]", "team_id, agent_id or action"],
    ["{ rules: [{ name: a, team_id: [], warm_days: 1 }] }", "rules[0].team_id", "a list that is not empty"],
    ["{ rules: [{ name: a, team_id: 5, warm_days: 1 }] }", "rules[0].team_id", "is 5", "a name, or a list of names"],
    ["{ rules: [{ name: a, team_id: t, warm_days: 1, cold_action: x }] }", "rules[0].cold_action", '"drop", "archive"'],
    ["{ rules: [{ name: default, team_id: t, warm_days: 1 }] }", "rules[0].name", "a name other than"],
    [
      "{ rules: [{ name: a, team_id: t, warm_days: 1 }, { name: a, team_id: u, warm_days: 1 }] }",
      'rules[1].name is "a"',
      "rules[0] has this one",
    ],
    [
      "{ rules: [{ name: a, team_id: t, warm_days: 1, cold_action: archive }] }",
      'archive_url is missing, and rules[0].cold_action is "archive"',
    ],
  ];
  test.each(cases)("%s", async (section, ...expected) => {
    const message = await problem(() => load(section));
    for (const part of expected) expect(message).toContain(part);
  });
});

test.each(["s3://AKIAKEY:hunter2@bucket/x", "s3://bucket/x?secret=hunter2"])(
  "a secret in %s is masked when shown and refused when used, without being repeated",
  async (url) => {
    const config = await load(`{ archive_url: '${url}' }`);
    expect(JSON.stringify(redactConfig(config))).not.toContain("hunter2");
    const message = await problem(async () => retentionSettings(config));
    expect(message).toContain("storage.retention.archive_url");
    expect(message).toContain("AWS_ACCESS_KEY_ID");
    expect(message).not.toContain("hunter2");
  },
);
