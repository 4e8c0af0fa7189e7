import { Worker } from "node:worker_threads";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  errorInit,
  invalidArgument,
  isStorageError,
  StorageError,
  type StorageErrorInit,
  withContext,
} from "../src/errors.js";
import type { ErrorLocation, StorageErrorJson } from "../src/index.js";
import { openMemoryStorage } from "../src/memory/index.js";
import { readOnly, retrying } from "../src/wrappers/index.js";

const PLACE: ErrorLocation = { kind: "PostgreSQL", place: "db:5432/main" };

const full = new StorageError({
  code: "timeout",
  message: "the statement took longer than {option}",
  option: "options.statementTimeoutMs",
  location: PLACE,
  remedy: "Raise {option}, or try again.",
  operation: "audit.query",
  backend: "postgres",
});
const FULL_TEXT =
  "PostgreSQL db:5432/main: the statement took longer than options.statementTimeoutMs. " +
  "Raise options.statementTimeoutMs, or try again.";

describe("StorageError", () => {
  it("is recognised by brand, also when it comes from another copy of the package", () => {
    const foreign = Object.assign(new Error("x"), {
      code: "busy",
      [Symbol.for("@agent-assembly/storage-error")]: true,
    });
    expect(isStorageError(foreign)).toBe(true);
    expect(isStorageError(foreign, "busy")).toBe(true);
    expect(isStorageError(foreign, "full")).toBe(false);
    expect(isStorageError(new Error("x"))).toBe(false);
    expect(isStorageError(null)).toBe(false);
    expect(errorInit(foreign as unknown as StorageError)).toMatchObject({ code: "busy", message: "x" });
  });

  it.each([
    ["busy", true],
    ["unavailable", true],
    ["timeout", true],
    ["conflict", false],
    ["full", false],
    ["invalid_argument", false],
  ] as const)("%s is retryable: %s", (code, retryable) => {
    expect(new StorageError({ code, message: "m" }).retryable).toBe(retryable);
  });

  it("has its parts as members, and a message composed of them", () => {
    expect(full).toMatchObject({
      message: FULL_TEXT,
      option: "options.statementTimeoutMs",
      location: PLACE,
      remedy: "Raise options.statementTimeoutMs, or try again.",
    });
    expectTypeOf(full.option).toEqualTypeOf<string | undefined>();
    expectTypeOf(full.location).toEqualTypeOf<ErrorLocation | undefined>();
    expectTypeOf(full.remedy).toEqualTypeOf<string | undefined>();
    expectTypeOf(full.toJSON()).toEqualTypeOf<StorageErrorJson>();
    expectTypeOf(errorInit(full)).toEqualTypeOf<StorageErrorInit>();
  });

  it.each<[Partial<StorageErrorInit>, string]>([
    [{}, "it failed"],
    [{ remedy: "Try again." }, "it failed. Try again."],
    [{ message: "it failed.", remedy: "Try again." }, "it failed. Try again."],
    [{ location: { kind: "Redis" } }, "Redis: it failed"],
    [
      { location: { kind: "configuration file", place: "/c.yaml", line: 3, column: 7 } },
      "configuration file /c.yaml, line 3, column 7: it failed",
    ],
    [{ message: "{option} is bad", option: "page.limit" }, "page.limit is bad"],
    [{ message: "{option} is bad", option: "a.$&" }, "a.$& is bad"],
  ])("%j reads: %s", (parts, text) => {
    expect(new StorageError({ code: "internal", message: "it failed", ...parts }).message).toBe(text);
  });

  it("names the argument that is invalid", () => {
    expect(invalidArgument("page.limit", "must be a whole number", "Leave it out.")).toMatchObject({
      code: "invalid_argument",
      option: "page.limit",
      remedy: "Leave it out.",
      message: "page.limit must be a whole number. Leave it out.",
    });
  });

  it("can be copied under another name of its option", () => {
    const renamed = new StorageError({ ...errorInit(full), option: "--timeout" });
    expect(renamed).toMatchObject({
      code: "timeout",
      operation: "audit.query",
      remedy: "Raise --timeout, or try again.",
    });
    expect(renamed.message).toBe(
      "PostgreSQL db:5432/main: the statement took longer than --timeout. Raise --timeout, or try again.",
    );
  });

  it("becomes JSON with its message, without cause and stack", () => {
    const { cause: _, ...init } = errorInit(full);
    expect(JSON.parse(JSON.stringify(new StorageError({ ...init, cause: new Error("secret") })))).toEqual({
      name: "StorageError",
      code: "timeout",
      message: FULL_TEXT,
      option: "options.statementTimeoutMs",
      location: PLACE,
      remedy: "Raise options.statementTimeoutMs, or try again.",
      operation: "audit.query",
      backend: "postgres",
      retryable: true,
    });
  });

  it("reaches another thread and returns the same", async () => {
    const echo = `
      const { parentPort } = require("node:worker_threads");
      parentPort.once("message", (init) => parentPort.postMessage(init));
    `;
    const worker = new Worker(echo, { eval: true });
    const returned = new Promise<StorageErrorInit>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    worker.postMessage(errorInit(full));
    const again = new StorageError(await returned);
    await worker.terminate();
    expect(again.toJSON()).toEqual(full.toJSON());
    expect(isStorageError(again, "timeout")).toBe(true);
  });

  it("keeps its parts through every wrapper", async () => {
    await using storage = openMemoryStorage();
    for (const wrapped of [readOnly(storage), retrying(storage), retrying(readOnly(storage))]) {
      await expect(wrapped.audit.query({}, { limit: 0 })).rejects.toMatchObject({
        code: "invalid_argument",
        option: "page.limit",
        operation: "audit.query",
        backend: "memory",
        message: expect.stringMatching(/^page\.limit must be/),
      });
    }
  });
});

describe("withContext", () => {
  it("adds operation and backend without losing anything", () => {
    const cause = Object.assign(new Error("driver"), { code: "ENOSPC" });
    const bare = new StorageError({
      code: "full",
      message: "no room in {option}",
      option: "x",
      remedy: "Free some.",
      cause,
    });
    const told = withContext(bare, { operation: "audit.append", backend: "sqlite" });
    expect(told).toMatchObject({
      code: "full",
      message: "no room in x. Free some.",
      option: "x",
      remedy: "Free some.",
      operation: "audit.append",
      backend: "sqlite",
      cause: { name: "Error", code: "ENOSPC" },
    });
    expect(told.cause).toBe(bare.cause);
  });

  it("returns an error that lacks nothing as it is", () => {
    expect(withContext(full, { operation: "audit.append", backend: "postgres", location: PLACE })).toBe(full);
  });

  it.each<[string, Partial<StorageErrorInit>, string]>([
    [
      "names the place of its kind",
      { code: "internal", location: { kind: "PostgreSQL" } },
      "PostgreSQL db:5432/main: m",
    ],
    ["names the database of an error about it", { code: "schema_newer" }, "PostgreSQL db:5432/main: m"],
    ["adds no database to an error about a call", { code: "not_found" }, "m"],
    [
      "keeps another location",
      { code: "timeout", location: { kind: "archive", place: "s3://b" } },
      "archive s3://b: m",
    ],
    ["keeps the error of another backend", { code: "timeout", backend: "archive" }, "m"],
  ])("%s", (_what, parts, text) => {
    const error = new StorageError({ code: "internal", message: "m", ...parts });
    expect(withContext(error, { operation: "audit.query", backend: "postgres", location: PLACE }).message).toBe(text);
  });

  it("turns an unknown failure into internal without repeating its message, which may hold data", () => {
    const told = withContext(new TypeError("secret payload"), { operation: "audit.append", backend: "x" });
    expect(told.code).toBe("internal");
    expect(told.message).not.toContain("secret");
  });
});
