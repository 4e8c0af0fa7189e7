import { describe, expect, it } from "vitest";
import { splitStatements } from "../src/index.js";

describe("splitStatements", () => {
  it.each<[string, string, string[]]>([
    ["plain statements", "SELECT 1;\n SELECT 2 ;", ["SELECT 1", "SELECT 2"]],
    ["a last one without a semicolon", "SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]],
    ["nothing", " ;\n-- just; a comment\n", []],
    ["quoted text", "SELECT ';', 'it''s;';SELECT 2", ["SELECT ';', 'it''s;'", "SELECT 2"]],
    ["escapes", "SELECT E'\\';';SELECT 2", ["SELECT E'\\';'", "SELECT 2"]],
    ["a backslash in standard text", "SELECT '\\';SELECT 2", ["SELECT '\\'", "SELECT 2"]],
    ["quoted names", 'SELECT "a;b";SELECT 2', ['SELECT "a;b"', "SELECT 2"]],
    ["dollar quotes", "DO $x$ BEGIN; $$ ; END $x$; SELECT $$;$$", ["DO $x$ BEGIN; $$ ; END $x$", "SELECT $$;$$"]],
    ["parameters", "SELECT $1; SELECT a$b$c; SELECT 2", ["SELECT $1", "SELECT a$b$c", "SELECT 2"]],
    ["comments", "SELECT 1 -- one; two\n+ 2; /* a; /* b; */ c; */ SELECT 3", ["SELECT 1 + 2", "SELECT 3"]],
  ])("splits %s", (_what, sql, expected) => {
    const fold = (text: string): string => text.replaceAll(/\s+/g, " ");
    expect(splitStatements(sql).map(fold)).toEqual(expected.map(fold));
  });
});
