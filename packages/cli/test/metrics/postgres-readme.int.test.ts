import { readFile } from "node:fs/promises";
import { openStorage } from "@agent-assembly/storage";
import { beforeAll, describe, expect, test } from "vitest";
import { recordSample } from "../../src/commands/demo/record.js";
import { createPostgresSandbox, describePostgres } from "../support/postgres-sandbox.js";

/** When the README's data was recorded. */
const RECORDED = Date.UTC(2026, 2, 14, 18);

const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
const section = /^## Metrics\n([\s\S]*?)^## /m.exec(readme)?.[1] ?? "";

/** Commands of the section, each with what it prints. */
const printed = [...section.matchAll(/^```\n\$ aasm (.*)\n([\s\S]*?)^```$/gm)].map(
  ([, command, output]) => [command as string, output as string] as const,
);

test("the README answers three questions with commands", () => {
  expect(printed.map(([command]) => command.split(" ", 3).join(" "))).toEqual([
    "metrics query cost_usd",
    "metrics anomalies denials",
    "metrics plot tokens",
  ]);
});

describePostgres("the README", ["postgres"], async (profile) => {
  const sandbox = await createPostgresSandbox(profile, "cli_readme");

  beforeAll(async () => {
    await sandbox.json(["migrate"]);
    const storage = await openStorage({ backend: "postgres", url: sandbox.url, migrate: "off", timescaledb: "off" });
    await recordSample(storage, RECORDED);
    await storage.close();
  });

  describe("prints", () => {
    test.each(printed)("aasm %s", async (command, output) => {
      const result = await sandbox.run(command.split(" "), { env: { LC_ALL: "C.UTF-8" } });
      expect(result).toEqual({ code: 0, stdout: output, stderr: "" });
    });
  });
});
