import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createPostgresSandbox, describePostgres, PROFILES } from "../support/postgres-sandbox.js";
import { createSandbox, type RunResult } from "../support/run-aasm.js";

const transcript = fileURLToPath(new URL("fixtures/hard-values.json", import.meta.url));
const IMPORT = ["audit", "import", transcript, "--format", "openai-chat"];
const ALL_NEW = { inserted: 5, duplicates: 0, rejected: 0 };
const ALL_KNOWN = { inserted: 0, duplicates: 5, rejected: 0 };

const local = await createSandbox();

describePostgres("moving from SQLite", PROFILES, async (profile) => {
  const remote = await createPostgresSandbox(profile, "cli_export");

  test("a transcript is stored once, however often it is imported", async () => {
    await remote.json(["migrate"]);
    expect(await remote.json(IMPORT)).toMatchObject(ALL_NEW);
    expect(await remote.json(IMPORT)).toMatchObject(ALL_KNOWN);
    await local.json([...IMPORT, "--path", `${profile}.db`]);
    expect(await local.json([...IMPORT, "--path", `${profile}.db`])).toMatchObject(ALL_KNOWN);
  });

  test.each(["jsonl", "csv"])("the export as %s has the same bytes, and goes back in", async (format) => {
    const args = ["audit", "export", "--format", format];
    const fromSqlite = ok(await local.run([...args, "--path", `${profile}.db`]));
    const fromPostgres = ok(await remote.run(args));
    expect(fromPostgres).toBe(fromSqlite);
    for (const part of ["1e+21", "0.1", "5e-324", "\\u0000", "\\ud800", "😀", "𝄞", "漢字"]) {
      // Within CSV the payload is JSON whose quotes are doubled; escapes are the same.
      expect(fromPostgres).toContain(part);
    }
    expect(await remote.json(["audit", "import", "-", "--format", format], 0, { input: fromSqlite })).toMatchObject(
      ALL_KNOWN,
    );
    expect(
      await local.json(["audit", "import", "-", "--format", format, "--path", `${profile}.db`], 0, {
        input: fromPostgres,
      }),
    ).toMatchObject(ALL_KNOWN);
  });

  test("filters on what jsonb cannot hold find the same events", async () => {
    for (const filter of [
      ["--payload", "/arguments/alpha/a/0=1e21"],
      ["--payload", "/arguments/alpha/a/2=0"],
      ["--payload", "/arguments/😀=key"],
      ["--payload", "/arguments/10=ten"],
      ["--tool", "annotate"],
      ["--session", "task-7/trial-2"],
    ]) {
      const count = await remote.json<{ count: number }>(["audit", "count", ...filter]);
      expect(count.count, filter.join(" ")).toBeGreaterThan(0);
      expect(await local.json(["audit", "count", ...filter, "--path", `${profile}.db`])).toEqual(count);
    }
  });
});

function ok({ code, stdout, stderr }: RunResult): string {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}
