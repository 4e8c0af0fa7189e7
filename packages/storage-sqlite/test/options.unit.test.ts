import { resolve } from "node:path";
import { DEFAULT_AUDIT_LIMITS } from "@agent-assembly/storage-core";
import { systemClock } from "@agent-assembly/storage-core/backend";
import { describe, expect, it } from "vitest";
import { parseSqliteOptions, type SqliteStorageOptions } from "../src/options.js";
import { failureOf } from "./support/failure.js";

describe("parseSqliteOptions", () => {
  it("fills in the defaults", () => {
    expect(parseSqliteOptions({ path: "data/local.db" })).toEqual({
      path: resolve("data/local.db"),
      migrate: "auto",
      governanceEvents: true,
      readOnly: false,
      busyTimeoutMs: 30_000,
      limits: DEFAULT_AUDIT_LIMITS,
      tailPollMs: 200,
      inlineScanBytes: 4 * 1024 * 1024,
      clock: systemClock,
    });
  });

  it("keeps what is given, and takes undefined for not given", () => {
    const clock = () => 0;
    const path = resolve("/x.db");
    const options = { path, migrate: "check", busyTimeoutMs: 0, limits: { maxAgeMs: 5 }, clock } as const;
    expect(parseSqliteOptions({ ...options, tailPollMs: undefined })).toMatchObject({
      ...options,
      limits: { ...DEFAULT_AUDIT_LIMITS, maxAgeMs: 5 },
      tailPollMs: 200,
    });
  });

  it.each<[string, unknown, string]>([
    ["no options", undefined, "options must be an object, got nothing"],
    ["no path", {}, "options.path must be the path of the database file, got nothing"],
    ["an empty path", { path: "" }, "got an empty string"],
    ["a path of blanks", { path: "  " }, "options.path must be"],
    ["a memory database", { path: ":memory:" }, "Use openMemoryStorage() of @agent-assembly/storage-core/memory"],
    ["a URI", { path: "file:///x.db" }, "fileURLToPath()"],
    ["U+0000", { path: "a\u0000b" }, "must not contain U+0000"],
    ["a misspelt option", { path: "x", busyTimeoutMS: 1 }, 'Did you mean "busyTimeoutMs"?'],
    ["a misspelt mode", { path: "x", migrate: "chek" }, 'Did you mean "check"?'],
    ["a bad timeout", { path: "x", busyTimeoutMs: -1 }, "options.busyTimeoutMs must be a whole number from 0"],
    ["a bad poll interval", { path: "x", tailPollMs: 0 }, "options.tailPollMs must be a whole number from 1"],
    ["a bad size", { path: "x", inlineScanBytes: 1.5 }, "options.inlineScanBytes must be a whole number from 0"],
    ["a bad limit", { path: "x", limits: { maxAge: 1 } }, 'Did you mean "maxAgeMs"?'],
    ["a bad clock", { path: "x", clock: 5 }, "options.clock must be a function, got an integer"],
  ])("refuses %s", async (_what, options, message) => {
    const error = await failureOf(() => parseSqliteOptions(options as SqliteStorageOptions));
    expect(error.code).toBe("invalid_argument");
    expect(error.message).toContain(message);
  });
});
