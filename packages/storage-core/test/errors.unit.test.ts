import { describe, expect, it } from "vitest";
import { isStorageError, StorageError, withContext } from "../src/errors.js";

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

  it("gains operation and backend without losing code, cause and message", () => {
    const cause = new Error("driver");
    const bare = new StorageError({ code: "full", message: "no room", cause });
    const told = withContext(bare, { operation: "audit.append", backend: "sqlite" });
    expect(told).toMatchObject({
      code: "full",
      message: "no room",
      operation: "audit.append",
      backend: "sqlite",
      cause,
    });
  });

  it("turns an unknown failure into internal without repeating its message, which may hold data", () => {
    const told = withContext(new TypeError("secret payload"), { operation: "audit.append", backend: "x" });
    expect(told.code).toBe("internal");
    expect(told.message).not.toContain("secret");
  });
});
