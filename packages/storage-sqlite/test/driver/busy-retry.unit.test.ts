import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { retryWhileBusy } from "../../src/driver/busy-retry.js";
import { failureOf } from "../support/failure.js";

const busy = (): never => {
  throw new Database.SqliteError("database is locked", "SQLITE_BUSY");
};

describe("retryWhileBusy", () => {
  it("returns the first success", async () => {
    let attempts = 0;
    const result = await retryWhileBusy(() => (++attempts < 4 ? busy() : "done"), { timeoutMs: 5000, path: "x.db" });
    expect([result, attempts]).toEqual(["done", 4]);
  });

  it("gives up when the time is over, with the remedy", async () => {
    const error = await failureOf(() => retryWhileBusy(busy, { timeoutMs: 30, path: "/data/x.db" }));
    expect([error.code, error.retryable]).toEqual(["busy", true]);
    expect(error.message).toContain("/data/x.db: another process held the write lock for longer than 30 ms");
    expect(error.message).toContain("raise options.busyTimeoutMs");
  });

  it("tries once without a timeout", async () => {
    let attempts = 0;
    const attempt = (): never => {
      attempts++;
      return busy();
    };
    await failureOf(() => retryWhileBusy(attempt, { timeoutMs: 0, path: "x.db" }));
    expect(attempts).toBe(1);
  });

  it("passes other errors on at once", async () => {
    const other = new Error("other");
    const attempt = (): never => {
      throw other;
    };
    await expect(retryWhileBusy(attempt, { timeoutMs: 1000, path: "x.db" })).rejects.toBe(other);
  });

  it("leaves the event loop free while it waits", async () => {
    let fired = 0;
    const timer = setInterval(() => fired++, 1);
    const attempt = () => (fired < 20 ? busy() : "done");
    // What is waited for comes only if timers fire meanwhile.
    expect(await retryWhileBusy(attempt, { timeoutMs: 60_000, path: "x.db" })).toBe("done");
    clearInterval(timer);
  });

  it("ends when the signal does", async () => {
    const signal = AbortSignal.timeout(20);
    await expect(retryWhileBusy(busy, { timeoutMs: 60_000, path: "x.db", signal })).rejects.toThrow(/abort/i);
  });
});
