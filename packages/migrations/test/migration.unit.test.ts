import { isStorageError } from "@agent-assembly/storage-core";
import { describe, expect, it } from "vitest";
import { parseMigration } from "../src/index.js";

const problem = (fileName: string, sql: string): string => {
  try {
    parseMigration(fileName, sql);
  } catch (error) {
    if (isStorageError(error, "migration_failed")) return error.message;
    throw error;
  }
  return "";
};

describe("parseMigration", () => {
  it("reads version, name and flags", () => {
    const step = parseMigration("0012_add_region.sql", "-- Why.\n--! breaking\n\n--! no-transaction\nSELECT 1;");
    expect(step).toMatchObject({ version: 12, name: "0012_add_region.sql" });
    expect([...step.flags]).toEqual(["breaking", "no-transaction"]);
  });

  it("has a checksum that line endings and a byte-order mark do not change", () => {
    const lf = parseMigration("0001_a.sql", "SELECT 1;\nSELECT 2;\n");
    const crlf = parseMigration("0001_a.sql", "\uFEFFSELECT 1;\r\nSELECT 2;\r\n");
    expect(crlf.checksum).toBe(lf.checksum);
    expect(lf.checksum).toMatch(/^[0-9a-f]{64}$/);
    expect(parseMigration("0001_a.sql", "SELECT 3;").checksum).not.toBe(lf.checksum);
  });

  it("takes flags from the header only", () => {
    expect(parseMigration("0001_a.sql", "SELECT 1;\n--! breaking\n").flags.size).toBe(0);
  });

  it.each(["1_a.sql", "0000_a.sql", "0001.sql", "0001_A.sql", "0001_a.txt", "x/0001_a.sql"])(
    "refuses the file name %s",
    (name) => expect(problem(name, "SELECT 1;")).toContain(`migration ${name} does not have the name of a migration`),
  );

  it("names an unknown flag and the known ones", () => {
    expect(problem("0001_a.sql", "--! no-transactions\nSELECT 1;")).toBe(
      'migration 0001_a.sql has the unknown flag "no-transactions"; known: breaking, no-transaction, replaces CHECKSUM',
    );
  });

  it("refuses a file without statements", () => {
    expect(problem("0001_a.sql", "-- nothing\n")).toContain("contains no statement");
  });

  it("separates statements at breakpoint lines and nowhere else", () => {
    const { statements } = parseMigration(
      "0001_a.sql",
      "-- Why.\n--! no-transaction\nSELECT ';--> statement-breakpoint;';\r\n --> statement-breakpoint \r\n" +
        "-- Then.\nDO $x$ BEGIN; PERFORM 1; END $x$;\n--> statement-breakpoint\n-- nothing;\n--> statement-breakpoint\nSELECT 2",
    );
    expect(statements).toEqual([
      "SELECT ';--> statement-breakpoint;';",
      "DO $x$ BEGIN; PERFORM 1; END $x$;",
      "SELECT 2",
    ]);
  });

  it.each([
    ["a semicolon in quotes", "SELECT ';', 'it''s; x' AS \"a;b\", $$;$$, $t$ $$; $t$;"],
    ["a semicolon in a comment", "SELECT 1 -- one; two\n /* it's; */ + 2; -- three"],
    ["quotes in comments", "SELECT 1 -- it's\n; -- it's"],
  ])("takes %s for a part of its statement", (_what, sql) => {
    expect(parseMigration("0001_a.sql", `--! no-transaction\n${sql}`).statements).toHaveLength(1);
  });

  it("refuses a no-transaction file that lacks a breakpoint", () => {
    const sql = "DROP INDEX i;\n--> statement-breakpoint\nDROP INDEX j;\nCREATE INDEX j ON a (b);\n";
    expect(problem("0001_a.sql", `-- Why.\n--! no-transaction\n${sql}`)).toBe(
      "migration 0001_a.sql is flagged no-transaction and holds several statements in the part that begins with " +
        '"DROP INDEX j;". Write a line "--> statement-breakpoint" between any two statements.',
    );
    expect(problem("0001_a.sql", sql)).toBe("");
  });
});
