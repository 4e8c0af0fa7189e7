import { describe, expect, test } from "vitest";
import { parseTimeAhead, toRange } from "../../src/args/time.js";
import { parseArchiveUrl, parseText } from "../../src/args/values.js";
import { toPolicyFlags } from "../../src/commands/retention/settings.js";
import { UsageError } from "../../src/exit.js";

const NOW = Date.parse("2026-03-01T12:00:00Z");

test("options become keys of the configuration, those that were given alone", () => {
  expect(toPolicyFlags({})).toEqual({});
  expect(
    toPolicyFlags({ hotDays: "5", warmDays: "10", coldAction: "archive", archiveUrl: "s3://bucket/prefix" }),
  ).toEqual({ hotDays: 5, warmDays: 10, coldAction: "archive", archiveUrl: "s3://bucket/prefix" });
  for (const [options, message] of [
    [{ hotDays: "-1" }, '--hot-days is "-1"; allowed: a whole number from 1 to 36500'],
    [{ warmDays: "forever" }, "--warm-days"],
    [{ coldAction: "delete" }, '--cold-action is "delete"; allowed: drop, archive.'],
  ] as const) {
    expect(() => toPolicyFlags(options)).toThrow(message);
    expect(() => toPolicyFlags(options)).toThrow(UsageError);
  }
});

describe("archive URLs", () => {
  test.each(["file:///var/archive", "s3://bucket", "s3://bucket/a/b"])("%s", (url) => {
    expect(parseArchiveUrl("--archive-url", url)).toBe(url);
  });

  test.each([
    ["/var/archive", /is not a URL; .* a folder is written as file:\/\/\/var\/archive$/],
    ["ftp://h/x", /begins with ftp:\/\//],
    ["file://host/x", /names no absolute folder/],
    ["s3:///x", /names no bucket/],
    ["s3://key:hunter2@bucket", /contains credentials.*AWS_ACCESS_KEY_ID/],
    ["s3://bucket?key=hunter2", /contains credentials, a query/],
  ])("%s is refused without being repeated", (url, message) => {
    let thrown: Error | undefined;
    try {
      parseArchiveUrl("--archive-url", url);
    } catch (error) {
      thrown = error as Error;
    }
    expect(thrown).toBeInstanceOf(UsageError);
    expect(thrown?.message).toMatch(message);
    expect(thrown?.message).not.toContain("hunter2");
  });
});

test("a time may lie ahead", () => {
  expect(parseTimeAhead("--at", "+30d", NOW).toISOString()).toBe("2026-03-31T12:00:00.000Z");
  expect(parseTimeAhead("--at", "2h", NOW).toISOString()).toBe("2026-03-01T10:00:00.000Z");
  expect(() => parseTimeAhead("--at", "+soon", NOW)).toThrow(UsageError);
});

test("a range has an order", () => {
  expect(toRange({}, NOW)).toEqual({});
  expect(toRange({ from: "2026-01-01", to: "1d" }, NOW)).toEqual({
    from: new Date("2026-01-01T00:00:00Z"),
    to: new Date("2026-02-28T12:00:00Z"),
  });
  expect(() => toRange({ from: "1d", to: "2d" }, NOW)).toThrow("--from 1d is not before --to 2d");
});

test.each(["", "  ", "x".repeat(513), "nul\u0000", "\ud800"])("%j is no reason", (text) => {
  expect(() => parseText("--reason", text, "why it is kept")).toThrow(
    /^--reason is .*; allowed: why it is kept, 1 to 512/,
  );
});
